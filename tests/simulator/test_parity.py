"""The simulator against dynamics.run and the scalar oracle: every state, every step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import Connection, Events, Network, Neuron, Population, dynamics
from lava_ahp.simulator import simulate

from support.oracle_runs import oracle_history
from support.strategies import networks, saturating_ahp, stimuli


def simulate_all(network, spikes, **options):
    names = list(network.names)
    return simulate(network, spikes, rasters=names, states=names, **options)


def assert_same(found, expected):
    np.testing.assert_array_equal(found.steps, expected.steps)
    np.testing.assert_array_equal(found.readout, expected.readout)
    assert found.readout.dtype == np.int32
    for name, counts in expected.counts.items():
        np.testing.assert_array_equal(found.counts[name], counts, err_msg=name)
        np.testing.assert_array_equal(found.spikes[name], expected.spikes[name], err_msg=name)
        for key in "uav":
            np.testing.assert_array_equal(found.states[name][key], expected.states[name][key], err_msg=f"{name} {key}")


# Up to 40 neurons, so that rows of weights fill several vectors and are both dense and sparse.
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_equals_dynamics(data):
    network = data.draw(networks(max_size=40))
    events = data.draw(stimuli(network))
    assert_same(simulate_all(network, events), dynamics.run(network, events))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_equals_the_oracle(data):
    network = data.draw(networks())
    events = data.draw(stimuli(network, max_samples=2))
    trace = simulate_all(network, events)
    for sample, steps in enumerate(events.steps):
        for name, expected in oracle_history(network, events, sample).items():
            for k, key in enumerate("uav"):
                np.testing.assert_array_equal(trace.states[name][key][sample, :steps], expected[..., k], err_msg=name)
            np.testing.assert_array_equal(trace.spikes[name][sample, :steps], expected[..., 3], err_msg=name)


def test_current_wraps_and_voltage_saturates():
    cell = Neuron(threshold=131071, current_decay=0, input_exponent=7)
    network = Network(
        (Population("input", 1), Population("cell", 1, cell)),
        (Connection("input", "cell", [[128]], exponent=2),),
        output="cell",
    )
    # 128 * 2**(2 + 13) = 2**22 per step: u reaches 2**23, which is allowed, and then wraps.
    trace = simulate_all(network, np.ones((1, 5, 1), bool))
    assert trace.states["cell"]["u"][0, :, 0].tolist() == [0, 2**22, 2**23, -(2**22), 0]
    assert_same(trace, dynamics.run(network, np.ones((1, 5, 1), bool)))
    inhibited = Network(network.populations, (Connection("input", "cell", [[-128]], exponent=2),), output="cell")
    trace = simulate_all(inhibited, np.ones((1, 4, 1), bool))
    assert trace.states["cell"]["v"][0, :, 0].tolist() == [0, -(2**22), -(2**22) + 2**23, 0]


def test_ahp_current_saturates():
    network, events = saturating_ahp()
    trace = simulate_all(network, events)
    assert trace.states["p0"]["a"].min() == -(2**23) + 1
    assert_same(trace, dynamics.run(network, events))


def test_connections_that_cancel_and_share_targets():
    # Two connections between the same neurons: 100 - 100 cancels, in a dense row and in a list.
    cell = Neuron(threshold=5)
    ones = np.full((32, 1), 100)
    one = np.zeros((32, 1), int)
    one[7] = 2
    network = Network(
        (Population("input", 1), Population("cells", 32, cell)),
        (
            Connection("input", "cells", ones),
            Connection("input", "cells", -ones),
            Connection("input", "cells", one, exponent=3, delay=2),
        ),
        output="cells",
    )
    events = Events.from_lists([[(0, 0)]], 1, 4)
    trace = simulate_all(network, events)
    assert_same(trace, dynamics.run(network, events))
    assert trace.counts["cells"][0].tolist() == [0] * 7 + [1] + [0] * 24


@pytest.mark.parametrize("readout_steps", [1, 5, 12, 30])
def test_readout_keeps_the_last_steps_of_every_sample(readout_steps):
    cell = Neuron(threshold=131071, bias=3)
    network = Network((Population("input", 1), Population("cell", 1, cell)), (), output="cell")
    events = Events.from_lists([[], []], 1, [12, 5])
    found = simulate(network, events, readout_steps=readout_steps).readout[:, :, 0]
    for row, steps in zip(found, (12, 5), strict=True):
        expected = [3 * (t + 1) for t in range(max(0, steps - readout_steps), steps)]
        assert row.tolist() == [0] * (readout_steps - len(expected)) + expected
