"""Where things are."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
EXPORTS = ROOT / "netx_exports"
#: Data of others that is not part of the project; tests that need it are skipped where it is absent.
SHARED = ROOT.parent / "shared" / "data"
MNIST = SHARED / "mnist"
