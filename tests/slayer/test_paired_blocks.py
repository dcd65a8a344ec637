"""Blocks of LIF neurons in groups, whose synapses come in pairs."""

import h5py
import numpy as np
import pytest
import torch

from lava_ahp import dynamics
from lava_ahp.errors import SpecError
from lava_ahp.models import to_network
from lava_ahp.slayer.block import Readout
from lava_ahp.slayer.paired import PairedRecurrent

LEARNED = ("threshold", "voltage_decay", "ahp_decay", "ahp_strength")


def block(neurons=12, groups=3, **changed):
    rng = np.random.default_rng(0)
    params = {
        "threshold": rng.integers(60, 200, neurons) / 64,
        "voltage_decay": rng.uniform(0.02, 0.2, neurons),
        "ahp_decay": rng.uniform(0.002, 0.05, neurons),
        "ahp_strength": rng.uniform(0, 4, neurons),
        "groups": groups,
        "requires_grad": LEARNED,
        **changed.pop("params", {}),
    }
    torch.manual_seed(1)
    return PairedRecurrent(params, 5, neurons, weight_scale=3, **changed)


def spikes():
    return torch.from_numpy(np.random.default_rng(1).random((3, 5, 60)) < 0.4).float()


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"lag": 1},
        {"lag": 5, "extra_delay": 7},
        {"extra_delay": np.arange(12)},
        {"scale": 0},
        {"scale": 1, "lag": 5},
        {"scale": 3, "extra_delay": np.arange(12)},
        {"recurrent_delay": np.arange(1, 13), "learn_delay": True},
        {"recurrent_delay": 58, "scale": 1, "lag": 5},
        {"scale": 0, "even": True},
        {"input_delay": np.arange(3, 8), "learn_input_delay": True, "extra_delay": np.arange(12)},
        {"input_delay": 58, "scale": 1, "lag": 5},
    ],
)
def test_a_chain_is_the_network_that_it_becomes(changed):
    chain = torch.nn.Sequential(block(**changed), Readout({"voltage_decay": 0.05}, 12, 4))
    network = to_network(chain)
    assert not any(p.neuron.has_ahp for p in network)
    with torch.no_grad():
        hidden, out = chain[0](spikes()), chain(spikes())
        states = chain[0].states(spikes())
    assert hidden.any()
    trace = dynamics.run(network, spikes().transpose(1, 2).numpy())
    np.testing.assert_array_equal(hidden.transpose(1, 2), trace.spikes["layer1"])
    np.testing.assert_array_equal(out.transpose(1, 2) * 4096, trace.readout)
    for name in "uav":
        np.testing.assert_array_equal(getattr(states, name), trace.states["layer1"][name], err_msg=name)


@pytest.mark.parametrize("groups", [1, 3, 50])
def test_groups_have_equal_constants_and_keep_them_in_training(groups):
    trained = block(groups=groups)

    def distinct():
        neuron = trained.neuron.to_network_neuron()
        values = (neuron.threshold, neuron.current_decay, neuron.voltage_decay)
        return np.unique(np.stack([np.broadcast_to(x, 12) for x in values]), axis=1).T

    before, q = distinct(), trained.neuron.autapse()
    assert len(before) <= groups
    optimizer = torch.optim.Adam(trained.parameters(), lr=0.3)
    for _ in range(5):
        optimizer.zero_grad()
        trained(spikes()).sum().backward()
        optimizer.step()
        trained.neuron.clamp()
    assert len(distinct()) <= groups
    assert not np.array_equal(distinct(), before)
    moved = trained.neuron.autapse() != q
    # Each neuron has an autapse of its own.
    assert moved.any()
    assert len(torch.unique(trained.neuron.autapse())) > 3


def test_a_weight_without_a_partner_is_clipped():
    clipped = block()
    with torch.no_grad():
        clipped.input_synapse.weight.fill_(-9)
        clipped.recurrent_synapse.weight.fill_(9)
    weights = clipped.weights()
    assert (weights.feedforward == -254).all()
    assert (weights.recurrent == 254).all()
    assert min(c.weights.range[0] for c in to_network(torch.nn.Sequential(clipped)).connections) == -254


@pytest.mark.parametrize(("even", "pieces"), [(False, 3), (True, 2)])
def test_even_second_weights_are_one_connection(even, pieces):
    network = to_network(torch.nn.Sequential(block(scale=0, even=even)))
    assert sum(c.source == "input" for c in network.connections) == pieces


@pytest.mark.parametrize("odd", [-1, 3])
def test_a_group_out_of_range_is_not_loaded(odd):
    values = block(groups=3).state_dict()
    values["neuron.group"] = values["neuron.group"].clone()
    values["neuron.group"][4] = odd
    with pytest.raises(ValueError, match=r"neuron\.group: found .*, allowed 0\.\.2"):
        block(groups=3).load_state_dict(values)


def test_what_does_not_fit_says_so(tmp_path):
    with pytest.raises(SpecError, match=r"^block lag: found 0, allowed 1\.\.62 with these delays$"):
        block(lag=0)
    with pytest.raises(SpecError, match=r"^block lag: found 3, allowed 1\.\.2 with these delays$"):
        block(lag=3, extra_delay=60)
    with pytest.raises(SpecError, match=r"^block lag: found 3, allowed 1\.\.2 with these delays$"):
        block(lag=3, recurrent_delay=61)
    with pytest.raises(SpecError, match=r"^block lag: found 3, allowed 1\.\.2 with these delays$"):
        block(lag=3, input_delay=60, extra_delay=1)
    with pytest.raises(SpecError, match=r"^neuron groups: found 0, allowed 1 or more$"):
        block(groups=0)
    with pytest.raises(SpecError, match=r"^neuron ahp_decay: found 0\.0, allowed 0\.000244141\.\.1$"):
        block(params={"ahp_decay": 0.0})
    with pytest.raises(SpecError, match=r"^neuron voltage_decay: found 1\.0, allowed 0\.\.0\.999756$"):
        block(params={"voltage_decay": 1.0})
    with pytest.raises(SpecError, match=r"^neuron ahp_strength: found 512\.0, allowed 0\.\.511\.984$"):
        block(params={"ahp_strength": 512.0})
    with pytest.raises(SpecError, match=r"^block scale: found 8, allowed 0\.\.7$"):
        block(scale=8)
    with h5py.File(tmp_path / "block.net", "w") as file, pytest.raises(SpecError, match="block PairedRecurrent"):
        block().export_hdf5(file.create_group("layer"))
