"""Lava in a program that has already used multiprocessing."""

import subprocess
import sys


def test_lava_can_be_imported_after_multiprocessing_was_used():
    code = (
        "import multiprocessing; multiprocessing.Queue(); import lava_ahp.process; "
        "assert multiprocessing.get_start_method() == 'fork'"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stderr
