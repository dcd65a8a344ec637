"""A bundle in a Python 3.10 of its own with lava-nc, h5py and numpy, and nothing else."""

import os
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from lava_ahp.cli import main

from support.chip_bundles import small_file, unpack
from support.paths import ROOT


def _uv():
    private = ROOT / ".venv-tools" / "bin" / "uv"
    return shutil.which("uv") or (str(private) if private.exists() else None)


@pytest.mark.slow
@pytest.mark.skipif(_uv() is None, reason="found no uv; make setup installs one")
def test_a_bundle_runs_with_lava_alone(tmp_path):
    outside = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}

    def call(*command, cwd=tmp_path):
        done = subprocess.run(
            [str(c) for c in command], cwd=cwd, env=outside, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    small_file(tmp_path / "s.net")
    assert CliRunner().invoke(main, ["bundle", str(tmp_path / "s.net"), "-o", str(tmp_path / "b.zip")]).exit_code == 0
    folder, python = unpack(tmp_path / "b.zip"), tmp_path / "venv" / "bin" / "python"
    call(_uv(), "venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
    call(_uv(), "pip", "install", "--quiet", "--python", python, "lava-nc==0.10.0", "h5py", "numpy<2")
    missing = "import importlib.util as u; print([m for m in ('lava_ahp', 'torch', 'numba') if u.find_spec(m)])"
    assert call(python, "-c", missing) == "[]\n"
    assert "outputs      equal in all 2 samples" in call(python, "run.py", "--sim", cwd=folder)
    call("sha256sum", "--check", "--quiet", "SHA256SUMS", cwd=folder)
