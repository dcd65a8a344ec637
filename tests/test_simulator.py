"""The simulator against dynamics.run and the scalar oracle: every state, every step."""

import numpy as np
import oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import networks, stimuli

from lava_ahp import dynamics
from lava_ahp.simulator import simulate

exactly = settings(max_examples=60, deadline=None, derandomize=True)


def all_of(network):
    return [p.name for p in network]


def same(got, wanted):
    """Two traces, to the last bit."""
    np.testing.assert_array_equal(got.steps, wanted.steps)
    np.testing.assert_array_equal(got.readout, wanted.readout)
    for name, counts in wanted.counts.items():
        np.testing.assert_array_equal(got.counts[name], counts, err_msg=name)
        np.testing.assert_array_equal(got.spikes[name], wanted.spikes[name], err_msg=name)
        for key in "uav":
            np.testing.assert_array_equal(got.states[name][key], wanted.states[name][key], err_msg=f"{name} {key}")


def oracle_form(network):
    """What tests/oracle.py takes: plain dictionaries and lists."""
    short = {"du": "current_decay", "da": "ahp_decay", "dv": "voltage_decay", "w_ahp": "ahp_weight",
             "vth": "threshold", "bias": "bias", "e": "input_exponent"}  # fmt: skip
    populations = {}
    for p in network:
        values = p.parameters()
        populations[p.name] = [{k: int(values[n][i]) for k, n in short.items()} for i in range(p.size)]
    synapses = [
        (c.source, int(j), c.target, int(i), int(w), c.exponent, int(d))
        for c in network.connections
        for j, i, w, d in zip(c.sources, c.targets, c.values, c.delays, strict=True)
    ]
    return populations, synapses


@exactly
@given(st.data())
def test_equals_dynamics(data):
    network = data.draw(networks())
    events = data.draw(stimuli(network))
    names = all_of(network)
    same(simulate(network, events, rasters=names, states=names), dynamics.run(network, events))


@exactly
@given(st.data())
def test_equals_the_oracle(data):
    network = data.draw(networks(max_size=8))
    events = data.draw(stimuli(network, max_samples=2, max_steps=25))
    names = all_of(network)
    trace = simulate(network, events, rasters=names, states=names)
    populations, synapses = oracle_form(network)
    dense = events.to_dense()
    for k, length in enumerate(events.steps):
        inputs = {(int(t), int(c)) for t, c in np.argwhere(dense[k])}
        history = oracle.run(populations, synapses, inputs, int(length))
        for name in names:
            got = [trace.states[name][key][k, :length] for key in "uav"] + [trace.spikes[name][k, :length]]
            np.testing.assert_array_equal(np.stack(got, axis=-1), np.array(history[name]), err_msg=name)
