"""``lava-ahp inspect --target loihi2``: each limit, and the exit code."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import netx
from lava_ahp.cli import main
from lava_ahp.loihi2.pairing import pair

from support.adaptive import recurrent


def inspect(path, *options):
    return CliRunner().invoke(main, ["inspect", str(path), "--target", "loihi2", *options])


@pytest.fixture(scope="module")
def network():
    return recurrent(np.random.default_rng(0))


def test_ahp_neurons_exceed(network, tmp_path):
    netx.write(network, tmp_path / "a.net")
    found = inspect(tmp_path / "a.net")
    assert found.exit_code == 1
    line = "EXCEEDED  AHP neurons, hidden: found 4, allowed 0: LIF neurons only; fix: lava-ahp lower F.net -o G.net"
    assert line in found.stdout.splitlines()


def test_a_lowered_network_does_not(network, tmp_path):
    netx.write(pair(network, scale=1).network, tmp_path / "b.net")
    found = inspect(tmp_path / "b.net")
    assert found.exit_code == 0
    assert "nothing has run on a chip" in found.stdout.splitlines()[-1]
    assert "EXCEEDED" not in found.stdout


def test_json(network, tmp_path):
    netx.write(network, tmp_path / "a.net")
    found = inspect(tmp_path / "a.net", "--json")
    assert found.exit_code == 1
    result = json.loads(found.stdout)
    assert (result["network"], result["target"], result["fits"]) == ("a.net", "loihi2", False)
    assert {"limit", "where", "observed", "allowed", "exceeded", "fix", "known"} == result["limits"][0].keys()
    names = {x["limit"] for x in result["limits"]}
    assert {
        "threshold",
        "bias",
        "weights",
        "reset interval",
        "neurons on a core",
        "axons into a core",
        "cores",
    } <= names
