"""SHA-256 of the weights and of the state for resuming, so that a file damaged later is refused.

The digest of a file is recorded before the file is replaced; until then, the present file's is kept too.
Whichever of the two files a kill leaves behind, its digest is recorded.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from lava_ahp import files
from lava_ahp.errors import DataError

#: Digests by file name: of the file that is there, and of the one that replaces it.
FILE = "checksums.json"
#: Written when training is over; older runs have no other checksum.
_MANIFEST = "manifest.json"


def announce(path: Path, content: bytes) -> None:
    """Record the digest of a file that is about to be written.

    Args:
        path: the file.
        content: its new content.
    """
    record = path.parent / FILE
    recorded = files.read_json(record)
    present = [files.sha256(path)] if path.is_file() else []
    if path.name in recorded:
        # A damaged file stays refused until it is replaced.
        present = [digest for digest in present if digest in _listed(recorded[path.name])]
    files.write_json(record, {**recorded, path.name: [*present, hashlib.sha256(content).hexdigest()]})


def check(path: Path) -> None:
    """Compare a file with its recorded digest; a missing file, or one without a record beside it, passes.

    Raises:
        DataError: the file has changed since it was written.
    """
    allowed, source = _recorded(path)
    if allowed and path.is_file() and (found := files.sha256(path)) not in allowed:
        expected = " or ".join(str(digest)[:12] for digest in allowed)
        raise DataError(
            f"{path}: damaged (SHA-256 found {found[:12]}, allowed {expected} as in {source}); "
            "remove it and train again"
        )


def _recorded(path: Path) -> tuple[list[Any], str]:
    recorded = files.read_json(path.parent / FILE)
    if path.name in recorded:
        return _listed(recorded[path.name]), FILE
    manifest = files.read_json(path.parent / _MANIFEST)
    return (_listed(manifest.get("sha256")) if manifest.get("file") == path.name else []), _MANIFEST


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
