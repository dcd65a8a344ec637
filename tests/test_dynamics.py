"""dynamics against the scalar oracle: every state, every step."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lava_ahp import Connection, Events, Network, Neuron, Population, SpecError, dynamics

import oracle
from support.strategies import networks, parameters, saturating_ahp, stimuli

HALF = 2**23
SHORT = {
    "threshold": "vth",
    "current_decay": "du",
    "voltage_decay": "dv",
    "ahp_decay": "da",
    "ahp_weight": "w_ahp",
    "bias": "bias",
    "input_exponent": "e",
}
EDGES = st.sampled_from([-HALF + 1, -1, 0, 1, HALF - 1])


def _scalars(parameters, i):
    return {SHORT[name]: int(values[i]) for name, values in parameters.items()}


@settings(max_examples=500, deadline=None)
@given(
    u=st.one_of(EDGES, st.just(HALF), st.integers(-HALF + 1, HALF)),
    a=st.one_of(EDGES, st.integers(-HALF + 1, HALF - 1)),
    v=st.one_of(EDGES, st.integers(-HALF + 1, HALF - 1)),
    s=st.booleans(),
    arriving=st.integers(-(2**30), 2**30),
    neuron=parameters(),
)
@example(u=0, a=0, v=0, s=False, arriving=-HALF, neuron={"threshold": 0, "current_decay": 4096, "input_exponent": -6})
@example(u=HALF, a=0, v=0, s=True, arriving=1, neuron={"threshold": 0, "current_decay": 0, "input_exponent": -6})
def test_step_equals_the_oracle(u, a, v, s, arriving, neuron):
    values = Neuron(**neuron).expand(1)
    drive = arriving >> (6 + neuron["input_exponent"])
    state = dynamics.AHPState(np.array([u]), np.array([a]), np.array([v]), np.array([s]))
    after = dynamics.step(state, np.array([drive]), values)
    expected = oracle.neuron_step(u, a, v, int(s), drive, **_scalars(values, 0))
    assert tuple(int(x[0]) for x in after) == expected


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_run_equals_the_oracle(data):
    network = data.draw(networks())
    _check_against_oracle(network, data.draw(stimuli(network)))


def _check_against_oracle(network, events):
    trace = dynamics.run(network, events)
    assert trace.steps.tolist() == events.steps.tolist()
    for sample in range(len(events)):
        steps = int(events.steps[sample])
        history = _oracle_run(network, events, sample)
        for population in network:
            expected = np.array(history[population.name], dtype=np.int64)
            for index, key in enumerate("uav"):
                found = trace.states[population.name][key][sample]
                np.testing.assert_array_equal(found[:steps], expected[:, :, index])
                assert not found[steps:].any()
            raster = trace.spikes[population.name][sample]
            np.testing.assert_array_equal(raster[:steps], expected[:, :, 3] == 1)
            assert not raster[steps:].any()
            np.testing.assert_array_equal(trace.counts[population.name][sample], expected[:, :, 3].sum(axis=0))
        readout = np.array(history[network.output], dtype=np.int64)[:, :, 2]
        np.testing.assert_array_equal(trace.readout[sample, trace.readout.shape[1] - steps :], readout)
        assert not trace.readout[sample, : trace.readout.shape[1] - steps].any()
    return trace


def _oracle_run(network, events, sample):
    populations = {}
    for p in network:
        parameters = p.parameters()
        populations[p.name] = [_scalars(parameters, i) for i in range(p.size)]
    synapses = []
    for c in network.connections:
        weights, delays = c.dense(), c.dense_delays()
        for i, j in np.argwhere(weights):
            synapses.append((c.source, int(j), c.target, int(i), int(weights[i, j]), c.exponent, int(delays[i, j])))
    span = slice(events.offsets[sample], events.offsets[sample + 1])
    inputs = set(zip(events.times[span].tolist(), events.sources[span].tolist(), strict=True))
    # The oracle expects the input population to be named 'input', as in the networks here.
    return oracle.run(populations, synapses, inputs, int(events.steps[sample]))


def _chain(weight, steps, spikes=(0,), *, exponent=0, delay=1, recurrent=None, **neuron):
    """Lists of u, a, v and spikes of one neuron with one input channel."""
    connections = [Connection("input", "cell", [[weight]], exponent=exponent, delay=delay)]
    if recurrent is not None:
        connections.append(Connection("cell", "cell", [[recurrent]]))
    network = Network((Population("input", 1), Population("cell", 1, Neuron(**neuron))), tuple(connections), "cell")
    trace = dynamics.run(network, Events.from_lists([[(t, 0) for t in spikes]], 1, steps))
    states = trace.states["cell"]
    return [states[k][0, :, 0].tolist() for k in "uav"] + [trace.spikes["cell"][0, :, 0].tolist()]


def test_a_spike_arrives_one_step_later():
    u, *_ = _chain(10, 3, threshold=100)
    assert u == [0, 640, 0]


@pytest.mark.parametrize("delay", [1, 2, 63])
def test_delay_counts_whole_steps(delay):
    u, *_ = _chain(10, 65, threshold=100, delay=delay)
    assert [t for t, x in enumerate(u) if x] == [delay]


def test_threshold_must_be_exceeded():
    # 64 * 10 equals the threshold: no spike.  One more unit of bias: a spike.
    assert _chain(10, 2, threshold=10)[3] == [False, False]
    _, _, v, s = _chain(10, 2, threshold=10, bias=1, voltage_decay=4096)
    assert s == [False, True]
    assert v == [1, 0]


def test_ahp_current_starts_the_step_after_the_spike():
    _, a, v, s = _chain(100, 4, threshold=10, ahp_weight=1000, ahp_decay=2048, voltage_decay=4096)
    assert s == [False, True, False, False]
    assert a == [0, 0, -1000, -500]
    assert v == [0, 0, -1000, -500]


def test_recurrent_spikes_arrive_one_step_later():
    u, _, _, s = _chain(100, 4, threshold=10, recurrent=-20, voltage_decay=4096)
    assert s == [False, True, False, False]
    assert u == [0, 6400, -1280, 0]


def test_current_wraps_and_keeps_two_to_the_23():
    # 64 * 2**(6 + 7 + 1) = 2**20 per step without decay: the eighth spike reaches 2**23, and the ninth wraps.
    u, *_ = _chain(
        64, 11, spikes=range(10), exponent=1, input_exponent=7, current_decay=0, threshold=131071, voltage_decay=4096
    )
    assert u[8:11] == [HALF, HALF + 2**20 - 2**24, HALF + 2**21 - 2**24]


def test_current_of_minus_two_to_the_23_wraps_to_plus_two_to_the_23():
    u, *_ = _chain(-64, 10, spikes=range(9), exponent=1, input_exponent=7, current_decay=0, threshold=131071)
    assert u[7:10] == [-7 * 2**20, HALF, 7 * 2**20]


def test_voltage_saturates_at_both_ends():
    large = {"exponent": 7, "input_exponent": 2, "threshold": 131071}
    # 254 * 2**15 = 8323072 per step is below 2**23, and so is the threshold of a readout, 64 * 131071.
    _, _, v, s = _chain(-254, 4, spikes=range(3), **large)
    assert v == [0, -8323072, -(HALF - 1), -(HALF - 1)]
    assert s == [False] * 4
    _, _, v, s = _chain(254, 4, spikes=range(3), **large)
    assert v == [0, 8323072, 0, 8323072]
    assert s == [False, False, True, False]


def test_ahp_saturates():
    network, events = saturating_ahp()
    trace = _check_against_oracle(network, events)
    assert trace.spikes["p0"][0, :, 0].tolist() == [False] + [True] * 69
    assert trace.states["p0"]["a"][0, 65:, 0].tolist() == [-64 * 131071] + [-(HALF - 1)] * 4


def test_samples_may_differ_in_length():
    network = Network(
        (Population("input", 1), Population("cell", 1, Neuron(threshold=1000))),
        (Connection("input", "cell", [[10]]),),
        "cell",
    )
    trace = dynamics.run(network, [[(0, 0)], [(0, 0)]], steps=[3, 5])
    assert trace.states["cell"]["v"][:, :, 0].tolist() == [[0, 640, 640, 0, 0], [0, 640, 640, 640, 640]]
    assert trace.readout[:, :, 0].tolist() == [[0, 0, 0, 640, 640], [0, 640, 640, 640, 640]]


def test_samples_of_a_batch_do_not_affect_each_other():
    rng = np.random.default_rng(0)
    network = Network(
        (Population("input", 3), Population("cell", 4, Neuron(threshold=20, ahp_weight=500, voltage_decay=200))),
        (
            Connection("input", "cell", rng.integers(-50, 80, (4, 3))),
            Connection("cell", "cell", rng.integers(-50, 50, (4, 4)), delay=3),
        ),
        "cell",
    )
    spikes = rng.random((5, 30, 3)) < 0.3
    together = dynamics.run(network, spikes)
    assert together.counts["cell"].sum() > 20
    for k in range(5):
        alone = dynamics.run(network, spikes[k : k + 1])
        for key in "uav":
            np.testing.assert_array_equal(together.states["cell"][key][k], alone.states["cell"][key][0])


def test_spikes_must_fit_the_input():
    network = Network((Population("input", 2), Population("cell", 1, Neuron(threshold=1))), (), "cell")
    with pytest.raises(SpecError, match="3 channels, the network's input has 2"):
        dynamics.run(network, np.zeros((1, 4, 3), dtype=bool))


def test_last_steps_pads_with_zeros_in_front():
    values = np.arange(12).reshape(2, 3, 2) + 1
    found = dynamics.last_steps(values, np.array([3, 1]), 2)
    assert found.tolist() == [[[3, 4], [5, 6]], [[0, 0], [7, 8]]]
