"""Networks whose connections share weights: compiled once, and populations at rest cost no update."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import dynamics
from lava_ahp.simulator import simulate
from lava_ahp.simulator.circuit import compile_circuit

from support.oracle_runs import oracle_history
from support.relational import Sizes, relational_network, stories
from support.strategies import shared_networks, stimuli


def assert_equals_dynamics(network, events):
    names = list(network.names)
    found = simulate(network, events, rasters=names, states=names)
    expected = dynamics.run(network, events)
    np.testing.assert_array_equal(found.readout, expected.readout)
    for name in names:
        np.testing.assert_array_equal(found.spikes[name], expected.spikes[name], err_msg=name)
        for key in "uav":
            np.testing.assert_array_equal(found.states[name][key], expected.states[name][key], err_msg=f"{name} {key}")
    return found


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_equals_dynamics_on_shared_weights(data):
    network = data.draw(shared_networks(max_size=40))
    assert_equals_dynamics(network, data.draw(stimuli(network)))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_equals_the_oracle_on_shared_weights(data):
    network = data.draw(shared_networks())
    events = data.draw(stimuli(network, max_samples=1))
    names = list(network.names)
    trace = simulate(network, events, rasters=names, states=names)
    for name, expected in oracle_history(network, events, 0).items():
        for k, key in enumerate("uav"):
            np.testing.assert_array_equal(trace.states[name][key][0], expected[..., k], err_msg=name)
        np.testing.assert_array_equal(trace.spikes[name][0], expected[..., 3], err_msg=name)


@pytest.mark.parametrize("slots", [1, 3])
def test_a_relational_network_equals_dynamics(slots):
    events = stories(slots, present=list(range(1, slots + 1)))
    found = assert_equals_dynamics(relational_network(slots), events)
    assert found.counts["sentence0"].any()
    # The pairs of absent sentences are silent.
    assert slots == 1 or (found.counts["first0_0"][-1].any() and not found.counts["first0_0"][0].any())


def test_memory_grows_with_the_distinct_weights():
    sizes = Sizes(vocabulary=20, encoder=40, pair=(32, 32), after=(32,), answers=10)
    small, large = (relational_network(slots, sizes) for slots in (2, 12))
    weights = [compile_circuit(network).dense_weights.nbytes for network in (small, large)]
    assert large.synapses > 15 * small.synapses
    # Each pair of ages has one more row.
    assert weights[1] < 2 * weights[0] + 4 * 32 * 12 * 12 * 4
