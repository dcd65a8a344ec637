"""``import-nir`` and ``export-nir``."""

import json
import sys

import pytest
from click.testing import CliRunner

import lava_ahp
from lava_ahp.cli import main

from support.nir_networks import chain


@pytest.fixture
def file(tmp_path):
    lava_ahp.write(chain(ahp=False), tmp_path / "toy.net")
    return tmp_path / "toy.net"


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_out_and_in_again(file):
    pytest.importorskip("nir", reason="the package nir is not installed (pip install 'lava-ahp[nir]')")
    folder = file.parent
    done = invoke("export-nir", file, "-o", folder / "toy.nir")
    assert done.exit_code == 0, done.output
    assert "nodes" in done.output
    assert "dt 0.0001 s" in done.output
    done = invoke("import-nir", folder / "toy.nir", "-o", folder / "back.net")
    assert done.exit_code == 0, done.output
    assert "are restored" in done.output
    assert (folder / "back.net").read_bytes() == file.read_bytes()
    done = invoke("import-nir", folder / "toy.nir", "-o", folder / "other.net", "--dt", "5e-5", "--json", "-")
    result = json.loads(done.stdout)
    assert result["exact"] is False
    assert result["loss"]["weights"][0]["target"] == "hidden_neuron"
    done = invoke("import-nir", folder / "toy.nir", "-o", folder / "other.net", "--reset", "subtract")
    assert done.exit_code == 2
    assert "a reset by subtraction" in done.output


@pytest.mark.parametrize("command", ["import-nir", "export-nir"])
def test_without_the_package_the_exit_code_is_3(file, command, monkeypatch):
    monkeypatch.setitem(sys.modules, "nir", None)
    done = invoke(command, file, "-o", file.parent / "x")
    assert done.exit_code == 3
    assert "pip install 'lava-ahp[nir]'" in done.output
