"""The AHP classifier, and the networks that equal it."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from lava_ahp import dynamics, proof
from lava_ahp.errors import DataError, SpecError
from lava_ahp.models import AHPClassifier, AHPConfig, to_network
from lava_ahp.network import Events
from lava_ahp.slayer.block import Dense, Readout, Recurrent
from lava_ahp.training import golden

AHP = {
    "threshold": 1.0,
    "voltage_decay": 0.05,
    "ahp_decay": [0.01, 0.02, 0.05, 0.1, 0.2],
    "ahp_strength": [0, 0, 0.1, 0.2, 0.3],
}
CUBA = {"threshold": 1.0, "current_decay": 0.3, "voltage_decay": 0.1}


def spikes(seed, samples, channels, steps, rate=0.3):
    return torch.from_numpy(np.random.default_rng(seed).random((samples, channels, steps)) < rate).float()


def model(hidden=(13, 7), **changed):
    config = AHPConfig(hidden=hidden, ahp_tau=(5, 50), input_gain=2, recurrent_gain=1, ahp_fraction=0.6, **changed)
    return AHPClassifier(config, 6, 4, torch.Generator().manual_seed(3))


@pytest.mark.parametrize(
    ("hidden", "changed"),
    [
        ((15,), {}),
        ((13, 7), {}),
        ((5, 6, 7), {}),
        ((13, 7), {"form": "paired", "groups": 3}),
        ((13, 7), {"recurrent_delay": (1, 20)}),
        ((13, 7), {"form": "paired", "recurrent_delay": (1, 20), "learn": ("recurrent_delay",)}),
        ((13, 7), {"recurrent_delay": (1, 20), "input_delay": (1, 9)}),
        ((13, 7), {"form": "paired", "input_delay": (1, 9), "learn": ("input_delay",)}),
    ],
)
def test_network_of_a_classifier_answers_as_it_does(hidden, changed):
    classifier = model(hidden, **changed)
    network = classifier.network(task={"name": "none"}, provenance={"seed": 3})
    names = ["hidden"] if len(hidden) == 1 else [f"hidden{k + 1}" for k in range(len(hidden))]
    assert [p.name for p in network.populations] == ["input", *names, "readout"]
    assert (network.task["name"], network.provenance["seed"]) == ("none", 3)
    x = spikes(1, 3, 6, 50)
    states = classifier.states(x)
    output = classifier(x)
    trace = dynamics.run(network, x.transpose(1, 2).numpy())
    for name in [*names, "readout"]:
        assert trace.states[name]["v"].any()
        for key in "uav":
            np.testing.assert_array_equal(getattr(states[name], key).detach().numpy(), trace.states[name][key])
    assert list(output.spikes) == names
    for name, raster in output.spikes.items():
        assert raster.any()
        np.testing.assert_array_equal(raster.detach().transpose(1, 2).numpy(), trace.spikes[name])
    np.testing.assert_array_equal(output.readout.detach().transpose(1, 2).numpy() * 4096, trace.readout)


def test_golden_is_the_run_of_the_network_for_samples_of_different_lengths():
    classifier = model()
    rng = np.random.default_rng(5)
    steps = [40, 7, 1, 23]
    events = Events.from_lists([np.argwhere(rng.random((n, 6)) < 0.4) for n in steps], 6, steps)
    record = golden(classifier, events, np.arange(4))
    network = classifier.network()
    trace = dynamics.run(network, events)
    assert record.events is events
    np.testing.assert_array_equal(record.trace.readout, trace.readout)
    assert record.trace.readout.dtype == np.int32
    assert set(record.trace.spikes) == set(trace.spikes) == {"hidden1", "hidden2", "readout"}
    for name in trace.spikes:
        np.testing.assert_array_equal(record.trace.spikes[name], trace.spikes[name])
        np.testing.assert_array_equal(record.trace.counts[name], trace.counts[name])
        assert set(record.sums[name]) == set("uav")
    check = proof.compare("states", record, trace, ("the record", "dynamics"), network)
    assert check.passed, check


def test_a_readout_at_its_threshold_spikes_and_resets_as_on_the_chip():
    block = Readout({"voltage_decay": 0.0, "input_exponent": 7}, 8, 2)
    with torch.no_grad():
        block.synapse.weight.fill_(0.5)
    x = torch.ones(1, 8, 20)
    trace = dynamics.run(to_network(torch.nn.Sequential(block)), x.transpose(1, 2).numpy())
    assert trace.spikes["layer1"].any()
    np.testing.assert_array_equal(block(x).detach().transpose(1, 2).numpy() * 4096, trace.readout)


def mixed(order):
    """A sequence of our blocks and lava-dl's, fresh, since lava-dl's recurrent block keeps its state between calls."""
    from lava.lib.dl.slayer.block import cuba

    make = {
        "ahp": lambda: Recurrent(AHP, 5, 5, weight_scale=4),
        "dense": lambda: Dense(AHP, 5, 5, weight_scale=6),
        "cuba": lambda: cuba.Dense(dict(CUBA), 5, 5, weight_scale=6),
        "cuba_rec": lambda: cuba.Recurrent(dict(CUBA), 5, 5, weight_scale=4),
    }
    torch.manual_seed(11)
    return torch.nn.Sequential(*(make[name]() for name in order), Readout({"voltage_decay": 0.05}, 5, 3))


@pytest.mark.parametrize(
    "order", [("ahp",), ("cuba",), ("ahp", "cuba", "dense"), ("cuba_rec", "ahp"), ("dense", "cuba_rec", "cuba")]
)
def test_mixed_sequences_of_ours_and_lava_dl_keep_time(order):
    blocks = mixed(order)
    x = spikes(2, 4, 5, 60, rate=0.5)
    with torch.no_grad():
        out = blocks(x)
        network = to_network(blocks)
    trace = dynamics.run(network, x.transpose(1, 2).numpy())
    assert all(trace.spikes[f"layer{k + 1}"].any() for k in range(len(order)))
    np.testing.assert_array_equal(out.transpose(1, 2).numpy() * 4096, trace.readout)


def test_gradients_reach_the_first_of_mixed_blocks():
    blocks = mixed(("ahp", "cuba", "dense"))
    blocks(spikes(3, 4, 5, 60, rate=0.5)).sum().backward()
    assert blocks[0].input_synapse.weight.grad.abs().max() > 0


def test_blocks_that_a_network_cannot_say():
    from lava.lib.dl.slayer.block import cuba

    with pytest.raises(SpecError, match=r"cuba.Affine: allowed our Dense, Recurrent and Readout"):
        to_network(torch.nn.Sequential(cuba.Affine(dict(CUBA), 3, 4)))
    with pytest.raises(SpecError, match="a learned delay"):
        to_network(torch.nn.Sequential(cuba.Dense(dict(CUBA), 3, 4, delay=True)))
    with pytest.raises(SpecError, match="no blocks"):
        to_network(torch.nn.Sequential())


def test_time_constants_and_shares_are_drawn_as_asked():
    config = AHPConfig(hidden=(200,), membrane_tau=(8, 40), ahp_tau=(40, 1000), ahp_charge=(2, 10), ahp_fraction=0.75)
    neuron = AHPClassifier(config, 3, 2, torch.Generator().manual_seed(0)).hidden[0].neuron.to_network_neuron()
    assert 4096 / 40 - 1 <= neuron.voltage_decay.min() < 120 < 400 < neuron.voltage_decay.max() <= 4096 / 8 + 1
    assert 4096 / 1000 - 1 <= neuron.ahp_decay.min() < 8 < 60 < neuron.ahp_decay.max() <= 4096 / 40 + 1
    has_ahp = neuron.ahp_weight > 0
    assert has_ahp.sum() == 150
    charge = neuron.ahp_weight[has_ahp] * 4096 / neuron.ahp_decay[has_ahp] / (64 * neuron.threshold)
    assert 1.7 < charge.min() < 3 < 8 < charge.max() < 11.5


def test_delays_are_drawn_as_asked_and_change_nothing_else():
    plain, delayed = model((40,)), model((40,), recurrent_delay=(3, 9))
    assert set(delayed.hidden[0].recurrent_delay.tolist()) == set(range(3, 10))
    assert plain.hidden[0].recurrent_delay is None
    for name, value in plain.hidden[0].neuron.state_dict().items():
        assert torch.equal(value, delayed.hidden[0].neuron.state_dict()[name]), name


def test_input_delays_are_those_of_channels_and_of_the_layer_below():
    first, second = model(recurrent_delay=(2, 4), input_delay=(3, 5)).hidden
    assert [len(block.input_delay) for block in (first, second)] == [6, 13]
    assert set(second.input_delay.tolist()) == {3, 4, 5}
    plain = model(recurrent_delay=(2, 4)).hidden[0]
    assert torch.equal(first.recurrent_delay, plain.recurrent_delay)


@pytest.mark.parametrize("name", ["recurrent_delay", "input_delay"])
def test_a_model_with_delays_starts_from_one_without(name):
    first, learned = model(), model(learn=(name,), **{name: (1, 9)})
    x = spikes(2, 3, 6, 40)
    learned.start_from(first)
    assert torch.equal(learned(x).readout, first(x).readout)
    getattr(learned.hidden[0], name).data += 2
    again = model(**{name: (1, 9)})
    again.start_from(learned)
    assert torch.equal(again(x).readout, learned(x).readout)
    with pytest.raises(DataError, match=f"found {name}, allowed one step; give model.{name} a range"):
        first.start_from(learned)
    paired = model(form="paired", **{name: (1, 9)})
    paired.start_from(learned)
    assert getattr(paired.hidden[0], name).tolist() == getattr(learned.hidden[0], name).tolist()


@pytest.mark.parametrize("name", ["recurrent_delay", "input_delay"])
def test_delays_learn_and_stay_in_their_range(name):
    classifier = model(learn=(name, "ahp_strength"), **{name: (1, 2)})
    before = getattr(classifier.hidden[0], name).detach().clone()
    torch.nn.functional.cross_entropy(classifier(spikes(1, 8, 6, 60)).readout[..., -1], torch.arange(8) % 4).backward()
    torch.optim.Adam(classifier.parameters(), lr=3.0).step()
    classifier.clamp()
    after = getattr(classifier.hidden[0], name).detach()
    assert (after != before).any()
    assert 1 <= after.min() <= after.max() <= 63


def test_a_seed_makes_the_same_model():
    first, second = (model().state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    "changed",
    [
        {"hidden": ()},
        {"hidden": (0,)},
        {"ahp_tau": (9, 3)},
        {"membrane_tau": (0.5, 3)},
        {"learn": ("tau",)},
        {"recurrent_delay": (0, 5)},
        {"recurrent_delay": (5, 64)},
        {"recurrent_delay": (9, 3)},
    ],
)
def test_configurations_that_make_no_sense(changed):
    with pytest.raises(ValidationError):
        AHPConfig(**changed)
