"""scripts/smoke.py, which tries the wheel on every Python: what it refuses, with stand-ins for uv and Python."""

import importlib.util
import io
import sys
import tarfile
import zipfile

import pytest

from support.paths import ROOT

NAME = "lava_ahp-0.1.0"


@pytest.fixture
def smoke(tmp_path, monkeypatch):
    specification = importlib.util.spec_from_file_location("smoke", ROOT / "scripts" / "smoke.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "WORK", tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return module


def _executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def _uv_that_builds(smoke, readme="", without=()):
    """A stand-in for ``uv build`` that finds both files made."""
    dist = smoke.WORK / "dist"
    dist.mkdir()
    with zipfile.ZipFile(dist / f"{NAME}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{NAME}.dist-info/METADATA", readme)
        for name in set(smoke.IN_WHEEL) - set(without):
            wheel.writestr(name, "")
    with tarfile.open(dist / f"{NAME}.tar.gz", "w:gz") as sdist:
        for name in set(smoke.IN_SDIST) - set(without):
            sdist.addfile(tarfile.TarInfo(f"{NAME}/{name}"), io.BytesIO())
    return _executable(smoke.WORK / "uv", "#!/bin/sh\n")


def test_wheel_is_built_and_looked_into(smoke):
    uv = _uv_that_builds(smoke, readme="[paper](https://doi.org/10.1038/s42256-022-00480-w), `docs/`")
    assert smoke.build(uv).name == f"{NAME}-py3-none-any.whl"


@pytest.mark.parametrize("name", ["lava_ahp/py.typed", "lava_ahp/hw_profiles/loihi2.toml", "tests/oracle.py"])
def test_missing_file_is_named(smoke, name):
    uv = _uv_that_builds(smoke, without=[name])
    with pytest.raises(smoke.Failed, match=f"lacks {name}"):
        smoke.build(uv)


def test_link_that_leads_nowhere_is_named(smoke):
    uv = _uv_that_builds(smoke, readme="[docs](docs/index.md)")
    with pytest.raises(smoke.Failed, match=r"docs/index\.md"):
        smoke.build(uv)


def test_python_on_path_must_run(smoke, tmp_path, monkeypatch):
    _executable(tmp_path / "shims" / "python3.12", "#!/bin/sh\nexit 127\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'shims'}:/usr/bin:/bin")
    runs = _executable(tmp_path / ".pyenv/versions/3.12.9/bin/python3.12", "#!/bin/sh\n")
    assert smoke.find_python("uv", "3.12") == runs


@pytest.mark.parametrize(("code", "found"), [(0, "3.12"), (1, None)])
def test_missing_python_is_fetched_where_uv_can(smoke, tmp_path, monkeypatch, code, found):
    uv = _executable(tmp_path / "uv", f"#!/bin/sh\nexit {code}\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    assert smoke.find_python(uv, "3.12") == found


def test_failed_command_shows_its_output(smoke):
    with pytest.raises(smoke.Failed, match="exit code 3\nno such network"):
        smoke.call(sys.executable, "-c", "print('no such network'); raise SystemExit(3)")


def test_commands_do_not_see_this_checkout(smoke, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert smoke.call(sys.executable, "-c", "import os; print(os.environ.get('PYTHONPATH'))") == "None\n"


@pytest.mark.parametrize("problem", ["no", "one", "none here"])
def test_exit_code(smoke, monkeypatch, capsys, problem):
    def tried(uv, version, python, wheel):
        if version == "3.11" and problem == "one":
            raise smoke.Failed("deploy wrote no report.html")
        return f"python {version}  passed"

    monkeypatch.setattr(smoke, "find_uv", lambda: "uv")
    monkeypatch.setattr(smoke, "build", lambda uv: None)
    monkeypatch.setattr(smoke, "find_python", lambda uv, version: None if problem == "none here" else version)
    monkeypatch.setattr(smoke, "smoke", tried)
    assert smoke.main(["3.10", "3.11"]) == (problem != "no")
    last = capsys.readouterr().out.splitlines()[-1]
    assert (
        last
        == {"no": "wheel: 2 of 2", "one": "wheel: 1 of 2", "none here": "wheel: 0 of 0"}[problem] + " Pythons passed"
    )
