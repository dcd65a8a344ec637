"""Test vectors are what the oracle computes, and the single neurons do reach the corners of the arithmetic."""

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

import lava_ahp
from lava_ahp.cli import main
from lava_ahp.errors import DataError
from lava_ahp.loihi2 import corner_cases
from lava_ahp.network import Events

import oracle
from support.adaptive import recurrent
from support.chip_bundles import small_file

#: The oracle's names of parameters.
NAMES = {"current_decay": "du", "ahp_decay": "da", "voltage_decay": "dv", "ahp_weight": "w_ahp", "threshold": "vth",
         "bias": "bias", "input_exponent": "e"}  # fmt: skip


def parameters(group, neuron):
    return {short: int(group[name][neuron]) for name, short in NAMES.items()}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    rng = np.random.default_rng(1)
    network = recurrent(rng, size=5, delay=3, bias=2, input_exponent=rng.integers(-2, 2, 5))
    spikes = [np.argwhere(rng.random((steps, 4)) < 0.5) for steps in (25, 9)]
    path = tmp_path_factory.mktemp("vectors") / "v.h5"
    found = lava_ahp.write_vectors(network, path, events=Events.from_lists(spikes, 4, [25, 9]))
    assert found.values == 4 * (25 + 9) * 7
    with h5py.File(path) as opened:
        yield opened


def test_single_neurons_equal_the_oracle(file):
    group = file["neurons"]
    for case, name in enumerate(group["name"].asstr()[()]):
        state, drive = (0, 0, 0, 0), group["drive"][case].tolist()
        states = [state := oracle.neuron_step(*state, d, **parameters(group, case)) for d in drive]
        found = np.stack([group[key][case] for key in "uavs"], axis=1)
        np.testing.assert_array_equal(found, states, err_msg=name)


def test_the_network_equals_the_oracle(file):
    net, order = file["network"], {}
    for key, group in net["populations"].items():
        order[group.attrs["name"]] = key
    populations = {
        name: [parameters(net["populations"][key], k) for k in range(len(net["populations"][key]["threshold"]))]
        for name, key in order.items()
    }
    synapses = [
        (c.attrs["source"], int(j), c.attrs["target"], int(i), int(w), int(c.attrs["exponent"]), int(d))
        for c in net["connections"].values()
        for j, i, w, d in zip(*(c[k][()] for k in ("source", "target", "weight", "delay")), strict=True)
    ]
    events, spiked = file["input"], 0
    for sample, steps in enumerate(events["steps"][()].tolist()):
        own = events["sample"][()] == sample
        inputs = set(zip(events["step"][own].tolist(), events["channel"][own].tolist(), strict=True))
        expected = oracle.run(populations, synapses, inputs, steps)
        for name, key in order.items():
            assert file["expected"][key].attrs["name"] == name
            found = np.stack([file["expected"][key][k][sample, :steps] for k in "uavs"], axis=2)
            np.testing.assert_array_equal(found, expected[name])
            spiked += found[..., 3].sum()
    assert spiked > 10


def test_the_arithmetic_is_stated(file):
    assert file.attrs["rounding"] == "toward zero"
    assert (file.attrs["state_bits"], file.attrs["decay_bits"]) == (24, 12)
    assert file.attrs["made_by"] == f"lava-ahp {lava_ahp.__version__}"


def case(text):
    (found,) = [k for k, c in enumerate(corner_cases.cases()) if c.name == text]
    return found


def test_corners_are_reached(file):
    u, a, v, s = (file["neurons"][key][()].astype(np.int64) for key in "uavs")
    limit = 2**23
    assert u[case("u reaches 2**23, which stays, and wraps one unit above"), :2].tolist() == [limit, 64 - limit]
    assert u[case("u wraps at -2**23 to 2**23"), 0] == limit
    assert v[case("v saturates at -(2**23 - 1) and stays"), 3] == 1 - limit
    assert s[case("v saturates at 2**23 - 1: a spike at any threshold")].any()
    saturated = case("a saturates at -(2**23 - 1)")
    assert a[saturated].min() == 1 - limit
    assert s[saturated, 66]
    for text, spikes in (("equal to", 0), ("one unit above", 3), ("one unit below", 0)):
        (found,) = [k for k, c in enumerate(corner_cases.cases()) if f"v {text} the threshold" in c.name]
        assert s[found, :3].sum() == spikes, text
    assert v[case("v equal to the threshold: no spike"), 0] == 6400
    decays = {key: set(file["neurons"][key][()].tolist()) for key in ("current_decay", "voltage_decay", "ahp_decay")}
    assert all({0, 4096} <= found for found in decays.values())
    # Toward zero: down would keep -1 for ever.
    assert v[case("a bias of -1 decays to 0: rounded toward zero, not down"), -1] == -1
    assert {item.name for item in corner_cases.cases()} == set(file["neurons"]["name"].asstr()[()])


def test_command(tmp_path):
    network, out = small_file(tmp_path / "s.net"), tmp_path / "v.h5"
    found = CliRunner().invoke(main, ["vectors", str(network), "-o", str(out), "--samples", "1"])
    assert found.exit_code == 0, found.output
    assert "1 golden sample inside the file: 480 states" in found.output
    with h5py.File(out) as file:
        assert file["input"]["steps"][()].tolist() == [12]
    again = CliRunner().invoke(main, ["vectors", str(network), "-o", str(network)])
    assert again.exit_code == 2


def test_without_samples(tmp_path):
    with pytest.raises(DataError, match="network: names no task"):
        lava_ahp.write_vectors(recurrent(np.random.default_rng(0)), tmp_path / "v.h5")
