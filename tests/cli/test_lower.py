"""``lava-ahp lower`` on a small network."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import netx
from lava_ahp.cli import main

from support.adaptive import of_digits


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("lower") / "a.net"
    netx.write(of_digits(np.random.default_rng(0)), path)
    return path


def test_lower_and_run(file, tmp_path):
    out = tmp_path / "b.net"
    found = invoke("lower", file, "-o", out, "--samples", 20, "--groups", 3)
    assert found.exit_code == 0, found.output
    assert "hidden: 3 LIF processes, of 11 before" in found.stdout
    assert "lag in steps: hidden 5" in found.stdout
    shown = found.stdout.splitlines()[-1]
    accuracy = invoke("run", out, "--samples", 20).stdout
    assert shown.split()[1] in accuracy


def test_json(file, tmp_path):
    found = invoke("lower", file, "-o", tmp_path / "b.net", "--samples", 20, "--scale", 1, "--lag", 3, "--json", "-")
    result = json.loads(found.stdout)
    assert result["scale"] == 1
    assert result["lag"] == {"hidden": 3}
    assert 0 < result["current_share"] < 0.75
    assert {"accuracy_before", "accuracy_after", "synops_before", "synops_after", "groups"} <= result.keys()


def test_help_has_an_example():
    text = invoke("lower", "--help").stdout
    assert "Example:" in text
    assert "lava-ahp lower runs/demo/network.net" in text


def test_the_source_is_not_overwritten(file):
    before = file.read_bytes()
    assert invoke("lower", file, "-o", file).exit_code == 2
    assert file.read_bytes() == before
