"""scripts/setup.sh with a stand-in for uv that writes down what it is asked."""

import os
import shutil
import subprocess
import sys

import pytest

from support.paths import ROOT

UV = """#!/bin/bash
echo "$*" >> "$LOG"
[[ $1 == --version ]] && echo "uv ${UV_VERSION:-0.13.9} (stand-in)"
case "$1 $2" in
  "venv "*) mkdir -p .venv/bin; cp "$BIN/python3.10" .venv/bin/python ;;
  "pip sync") [[ -z ${FAIL:-} ]] ;;
esac
"""
RIGHT_PYTHON = '#!/bin/bash\n[[ $2 == *"(3, 10)"* ]] && exit 0\nexec "$REAL" "$@"\n'
WRONG_PYTHON = "#!/bin/bash\nexit 127\n"


@pytest.fixture
def checkout(tmp_path):
    """A checkout with the script alone, a PATH with the stand-ins, and a way to run it."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    binaries = tmp_path / "bin"
    binaries.mkdir()
    log = tmp_path / "log"

    def put(name, text):
        (binaries / name).write_text(text)
        (binaries / name).chmod(0o755)

    put("uv", UV)
    put("python3.10", RIGHT_PYTHON)

    def run(**more):
        log.write_text("")
        environment = {
            "PATH": f"{binaries}:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "LOG": str(log),
            "BIN": str(binaries),
            "REAL": sys.executable,
        }
        done = subprocess.run(
            [tmp_path / "scripts" / "setup.sh"],
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done, log.read_text().splitlines()

    run.put, run.root = put, tmp_path
    return run


def _verbs(log):
    return [" ".join(line.split()[:2]) for line in log if not line.startswith("--version")]


def test_builds_and_stamps(checkout):
    done, log = checkout()
    assert done.returncode == 0, done.stderr
    assert _verbs(log) == ["venv --quiet", "pip sync", "pip install"]
    assert (checkout.root / ".venv" / ".complete").exists()
    assert not (checkout.root / ".venv" / ".unfinished").exists()


def test_second_run_keeps_the_environment(checkout):
    checkout()
    done, log = checkout()
    assert done.returncode == 0
    assert _verbs(log) == ["pip sync", "pip install"]


def test_interrupted_run_is_rebuilt_from_nothing(checkout):
    checkout()
    done, _ = checkout(FAIL="1")
    assert done.returncode != 0
    assert not (checkout.root / ".venv" / ".complete").exists()
    done, log = checkout()
    assert done.returncode == 0
    assert _verbs(log) == ["venv --quiet", "pip sync", "pip install"]
    assert (checkout.root / ".venv" / ".complete").exists()


def test_environment_of_another_python_is_rebuilt(checkout):
    checkout()
    python = checkout.root / ".venv" / "bin" / "python"
    python.write_text(WRONG_PYTHON)
    done, log = checkout()
    assert done.returncode == 0
    assert _verbs(log)[0] == "venv --quiet"


def test_python_on_path_must_run(checkout):
    checkout.put("python3.10", WRONG_PYTHON)
    pyenv = checkout.root / ".pyenv" / "versions" / "3.10.99" / "bin"
    pyenv.mkdir(parents=True)
    (pyenv / "python3.10").write_text(RIGHT_PYTHON)
    (pyenv / "python3.10").chmod(0o755)
    done, log = checkout(BIN=str(pyenv))
    assert done.returncode == 0, done.stderr
    assert any(f"--python {pyenv}/python3.10" in line for line in log)


def test_uv_fetches_python_where_there_is_none(checkout):
    checkout.put("python3.10", WRONG_PYTHON)
    _, log = checkout()
    assert _verbs(log)[:2] == ["python install", "venv --quiet"]


def test_named_python_goes_first(checkout):
    other = checkout.root / "other"
    other.write_text(RIGHT_PYTHON)
    other.chmod(0o755)
    _, log = checkout(PYTHON=str(other))
    assert any(f"--python {other}" in line for line in log)
    done, log = checkout(PYTHON="/nowhere/python")
    assert "which is no Python 3.10" in done.stderr
    assert done.returncode == 0


def test_files_must_have_the_hashes_of_the_lock(checkout):
    _, log = checkout()
    (sync,) = [line for line in log if line.startswith("pip sync")]
    assert sync.endswith("requirements.lock")
    assert "--require-hashes" in sync.split()


@pytest.mark.parametrize("version", ["0.7.22", "0.99.0", "1.0.0"])
def test_uv_of_an_unknown_version_is_left_alone(checkout, version):
    private = checkout.root / ".venv-tools" / "bin" / "uv"
    private.parent.mkdir(parents=True)
    private.write_text(f'#!/bin/bash\nUV_VERSION=0.13.9 exec "{checkout.root}/bin/uv" "$@" --private\n')
    private.chmod(0o755)
    done, log = checkout(UV_VERSION=version)
    assert done.returncode == 0, done.stderr
    assert all(line.endswith("--private") for line in log if not line.startswith("--version"))
    done, log = checkout()
    assert not any(line.endswith("--private") for line in log)


def test_shell_syntax():
    for script in (ROOT / "scripts" / "setup.sh", ROOT / ".ci" / "run"):
        subprocess.run(["bash", "-n", script], check=True, timeout=20)
        assert os.access(script, os.X_OK)
