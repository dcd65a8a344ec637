"""Lava in a program that has used Python's processes before."""

import subprocess
import sys


def test_lava_is_imported_after_processes_were_used():
    code = (
        "import multiprocessing; multiprocessing.Queue(); import lava_ahp.process; "
        "assert multiprocessing.get_start_method() == 'fork'"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stderr
