"""Parts of equal constants compute what the whole network does; the quench reaches every neuron of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import dynamics
from lava_ahp.errors import SpecError
from lava_ahp.loihi2.pairing import pair
from lava_ahp.loihi2.partition import DRIVE_MAX, partition
from lava_ahp.loihi2.schedule import Schedule
from lava_ahp.network import Connection, Events, Network, Neuron, Population

from support.adaptive import recurrent
from support.strategies import SEEDS


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, groups=st.integers(1, 8), mixed=st.booleans())
def test_parts_compute_what_the_whole_does(seed, groups, mixed):
    rng = np.random.default_rng(seed)
    delay = rng.integers(1, 5, (8, 4)) if mixed else 2
    network = recurrent(rng, current_decay=1316)
    first = Connection("input", "hidden", network.connections[0].weights, delay=delay)
    network = Network(network.populations, (first, *network.connections[1:]), network.output)
    whole = pair(network, scale=1, groups=groups).network
    split = partition(whole)
    spikes = rng.random((2, 40, 4)) < 0.2
    expected = dynamics.run(whole, spikes)
    found = dynamics.run(split.network, np.pad(spikes, ((0, 0), (0, 0), (0, 1))))
    for name, parts in split.members.items():
        assert len(parts) <= max(groups, 1)
        np.testing.assert_array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(whole[name].size))
        for part, own in parts.items():
            for key in "uv":
                np.testing.assert_array_equal(found.states[part][key], expected.states[name][key][..., own])
            np.testing.assert_array_equal(found.spikes[part], expected.spikes[name][..., own])


def test_every_part_has_one_constant_each():
    network = partition(pair(recurrent(np.random.default_rng(0)), scale=0).network).network
    assert all(p.neuron.size == p.size and len(np.unique(p.parameters()["current_decay"])) == 1 for p in network)


def test_the_quench_reaches_every_neuron():
    whole = pair(recurrent(np.random.default_rng(0)), scale=0).network
    split = partition(whole)
    spikes = np.zeros((1, 2, 5), bool)
    spikes[0, 0, split.quench_channel] = True
    trace = dynamics.run(split.network, spikes)
    assert all((states["u"][0, 1] == -255 * 2**7 * 64).all() for states in trace.states.values())


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        (
            {"ahp_weight": 5, "current_decay": 1},
            r"population p: found 2 AHP neurons, .* \(lava-ahp lower F.net -o G.net\)",
        ),
        ({"input_exponent": 1, "current_decay": 1}, "found 2 neurons with an input_exponent"),
        ({"current_decay": np.array([0, 1])}, "found 1 neurons with current_decay 0"),
        ({"voltage_decay": 4096}, "found 2 neurons with voltage_decay 4096"),
    ],
)
def test_other_neurons_are_refused_with_the_command_that_helps(neuron, message):
    network = Network(
        (Population("input", 1), Population("p", 2, Neuron(threshold=1, **neuron))),
        (Connection("input", "p", [[2], [2]]),),
        "p",
    )
    with pytest.raises(SpecError, match=message):
        partition(network)


def test_more_than_lava_wraps_is_refused():
    def network(sources):
        return Network(
            (Population("input", sources), Population("p", 1, Neuron(threshold=1))),
            (Connection("input", "p", np.full((1, sources), 254), exponent=7),),
            "p",
        )

    most = DRIVE_MAX // (254 * 2**7 * 64)
    assert partition(network(most)).network.neurons == 1
    with pytest.raises(SpecError, match=r"population p: its synapses could bring \d+ in one step, allowed 16777216"):
        partition(network(most + 1))


@given(lengths=st.lists(st.integers(1, 300), min_size=1, max_size=4), delay=st.integers(1, 63))
def test_intervals_are_powers_of_two_and_hold_sample_quench_and_silence(lengths, delay):
    events = Events.from_lists([np.zeros((0, 2), int)] * len(lengths), 2, lengths)
    found = Schedule.of(events, delay)
    assert found.interval & (found.interval - 1) == 0
    # The quench arrives after the sample, and one step before the silence.
    assert found.quench + 1 >= max(lengths)
    assert found.quench + 2 == found.interval - delay
    assert found.interval // 2 < max(lengths) - 1 + delay + 2


def test_paper_network_fits_1024_steps():
    events = Events.from_lists([np.array([[839, 1]])], 3, 840)
    found = Schedule.of(events, 6)
    assert (found.interval, found.quench) == (1024, 1016)
    spikes = found.spikes(events)
    assert spikes.shape == (4, 1024)
    assert np.argwhere(spikes).tolist() == [[1, 839], [3, 1016]]
