"""The public face: light to import, hidden by no module, and the README's examples run as they stand."""

import importlib
import pkgutil
import re
import subprocess
import sys
from types import MappingProxyType

import pytest

import lava_ahp

from support.paths import ROOT

FUNCTIONS = [
    "ask",
    "deploy",
    "doctor",
    "evaluate",
    "export",
    "lower",
    "profile",
    "read",
    "simulate",
    "sweep",
    "train",
    "verify",
    "write",
]


def test_import_is_light():
    code = """
import sys
import lava_ahp
print(sorted({"numpy", "torch", "lava", "sklearn", "h5py"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", lava_ahp.__all__)
def test_every_name_is_what_it_says(name):
    assert getattr(lava_ahp, name).__name__ == name
    assert getattr(lava_ahp, name).__doc__
    assert name in dir(lava_ahp)


def test_no_module_hides_a_public_name():
    modules = {module.name for module in pkgutil.iter_modules(lava_ahp.__path__)}
    assert not modules & set(lava_ahp.__all__)
    for name in FUNCTIONS:
        importlib.import_module(getattr(lava_ahp, name).__module__)
        assert callable(getattr(lava_ahp, name))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'compile'"):
        lava_ahp.compile  # noqa: B018


def blocks():
    return re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_first_example_is_short():
    lines = [line for line in blocks()[0].splitlines() if line and not line.startswith("import")]
    assert len(lines) <= 10


@pytest.mark.parametrize("number", range(len(blocks())))
def test_the_examples_of_the_readme_run(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks()[number], f"README example {number}", "exec"), {})
    said = capsys.readouterr().out
    if number == 0:
        assert re.search(r"timeseries test: \d+ of 120 right, \d+\.\d+ %", said)
        assert "equal" in said
        assert "loihi2" in said
        accuracy = float(re.search(r"right, ([\d.]+) %", said)[1])
        assert accuracy > 90
    else:
        assert said == "steps between spikes: [ 3  4  8 15 20 19 20]\n"


def test_what_is_returned_prints_well():
    network = lava_ahp.read(ROOT / "netx_exports" / "smnist_ahp240_sparse.net")
    profile = lava_ahp.profile(ROOT / "netx_exports" / "smnist_ahp240_sparse.net", samples=1)
    assert "240" in network._repr_html_()
    assert "loihi2 (modelled):" in repr(profile)
    assert "<table" in profile._repr_html_()
    events = lava_ahp.read_golden(ROOT / "netx_exports" / "smnist_ahp240_sparse.net").events.select([0])
    trace = lava_ahp.simulate(network, events, rasters=None, states=["hidden"])
    assert "hidden" in repr(trace)
    assert trace.plot().axes


def test_settings_may_be_any_mapping(tmp_path):
    settings = MappingProxyType({"training.epochs": 0})
    with pytest.raises(lava_ahp.DataError, match=r"training\.epochs: found 0"):
        lava_ahp.train("digits", out=tmp_path / "run", settings=settings)
