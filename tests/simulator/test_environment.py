"""Numba refuses some values of its environment variables: one line, not a traceback."""

import os
import subprocess
import sys


def test_a_wrong_environment_variable_is_one_line():
    code = """
from lava_ahp.errors import BackendUnavailable
try:
    import lava_ahp.simulator
except BackendUnavailable as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "NUMBA_NUM_THREADS": "0"}, capture_output=True, text=True
    )
    assert done.stdout.startswith("numba: does not start (")
    assert done.stdout.endswith("; correct or unset the variables NUMBA_*\n")
    assert len(done.stdout.splitlines()) == 1
