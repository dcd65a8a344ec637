"""Networks, spikes and comparisons for the tests of the Lava engine."""

import numpy as np

from lava_ahp import Connection, Network, Neuron, Population


def classifier(rng, *, odd=False):
    """80 inputs, 240 recurrent neurons (half LIF, half AHP) and 10 readouts; a fifth of the weights are non-zero."""

    def weights(*shape):
        values = rng.integers(-60, 61, shape) * (1 if odd else 2)
        return values * (rng.random(shape) < 0.2)

    hidden = Neuron(threshold=127, voltage_decay=204, ahp_decay=5, ahp_weight=np.repeat([0, 384], 120))
    return Network(
        (
            Population("input", 80),
            Population("hidden", 240, hidden),
            Population("readout", 10, Neuron(131071, 4096, 204)),
        ),
        (
            Connection("input", "hidden", weights(240, 80)),
            Connection("hidden", "hidden", weights(240, 240)),
            Connection("hidden", "readout", weights(10, 240)),
        ),
        output="readout",
    )


def random_spikes(rng, shape, rate):
    """``bool (sample, time, channel)``."""
    return rng.random(shape) < rate


def assert_same(trace, expected):
    """Assert that every spike, state and readout of two traces are equal."""
    for name, states in expected.states.items():
        for key, values in states.items():
            np.testing.assert_array_equal(trace.states[name][key], values, err_msg=f"{name} {key}")
        np.testing.assert_array_equal(trace.spikes[name], expected.spikes[name], err_msg=f"{name} spikes")
        np.testing.assert_array_equal(trace.counts[name], expected.counts[name], err_msg=f"{name} counts")
    np.testing.assert_array_equal(trace.readout, expected.readout)
    np.testing.assert_array_equal(trace.steps, expected.steps)
