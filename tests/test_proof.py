"""Verification finds every change that shows, and names its first place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import dynamics
from lava_ahp.errors import SpecError
from lava_ahp.network import Connection, Events, Golden, Network, Neuron, Population, Trace, fingerprints, stimuli
from lava_ahp.proof import compare, verify

from support.strategies import networks


def changed_by_one_step(network, k, synapse):
    """The network with one weight of connection ``k`` moved by one step of its own."""
    weights = network.connections[k].dense().astype(int)
    target, source = np.argwhere(weights != 0)[synapse]
    weights[target, source] += 2 if weights[target, source] < 0 else -2
    c = network.connections[k]
    moved = Connection(c.source, c.target, weights, exponent=c.exponent, delay=c.dense_delays())
    connections = [*network.connections[:k], moved, *network.connections[k + 1 :]]
    return Network(network.populations, tuple(connections), network.output), int(target), int(source)


@pytest.fixture(scope="module")
def classifier():
    rng = np.random.default_rng(3)

    def weights(*shape):
        return 2 * rng.integers(-20, 40, size=shape)

    hidden = Neuron(threshold=60, voltage_decay=204, ahp_decay=20, ahp_weight=np.repeat([0, 900], 6))
    return Network(
        (
            Population("input", 6),
            Population("hidden", 12, hidden),
            Population("readout", 3, Neuron(threshold=131071, voltage_decay=204)),
        ),
        (
            Connection("input", "hidden", weights(12, 6)),
            Connection("hidden", "hidden", weights(12, 12)),
            Connection("hidden", "readout", weights(3, 12)),
        ),
        "readout",
    )


def record(network, events):
    """A record as an export makes it, here by the readable arithmetic."""
    return Golden(events, dynamics.run(network, events))


def test_an_unchanged_network_passes_every_check(classifier):
    checks = verify(classifier, record(classifier, stimuli.covering(classifier)), engines=["fast"])
    assert [c.name for c in checks] == [
        "record = dynamics",
        "record = fast",
        "golden: dynamics = fast",
        "random: dynamics = fast",
    ]
    assert all(c.passed and c.values > 0 for c in checks)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_one_weight_changed_by_one_step_is_found_where_it_acts(classifier, data):
    k = data.draw(st.integers(0, 2))
    synapse = data.draw(st.integers(0, classifier.connections[k].synapses - 1))
    changed, target, _ = changed_by_one_step(classifier, k, synapse)
    golden = record(classifier, stimuli.covering(classifier))
    (check,) = (c for c in verify(changed, golden, engines=[]) if c.name == "record = dynamics")
    assert not check.passed
    assert check.difference.population == classifier.connections[k].target
    assert (check.difference.neuron, check.difference.state) == (target, "u")
    assert check.difference.between == ("the record", "dynamics")


@settings(max_examples=40, deadline=None)
@given(networks(), st.data())
def test_the_first_of_several_differences_is_named(network, data):
    events = stimuli.random(network, samples=2, steps=7, seed=1)
    trace = dynamics.run(network, events)
    places = data.draw(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=1, max_size=4))
    population = network.populations[-1] if not network.populations[-1].is_input else next(iter(network))
    states = {name: {k: v.copy() for k, v in s.items()} for name, s in trace.states.items()}
    for sample, step in set(places):
        states[population.name]["a"][sample, step, population.size - 1] += 1
    other = Trace(trace.steps, trace.readout, trace.counts, trace.spikes, states)
    difference = compare("x", trace, other, ("left", "right"), network).difference
    assert (difference.sample, difference.step) == min(places)
    assert (difference.population, difference.neuron, difference.state) == (population.name, population.size - 1, "a")
    assert difference.values[1] == difference.values[0] + 1
    assert f"sample {min(places)[0]}, step {min(places)[1]}, population {population.name}" in str(difference)


def test_readouts_of_shorter_samples_are_compared_step_by_step(classifier):
    events = stimuli.random(classifier, samples=2, steps=9, seed=0)
    short = type(events)(
        events.channels, np.array([9, 4]), np.array([0, events.offsets[1], events.offsets[1]]),
        events.times[: events.offsets[1]], events.sources[: events.offsets[1]],
    )  # fmt: skip
    trace = dynamics.run(classifier, short)
    readout = trace.readout.copy()
    readout[1, 9 - 4 + 2, 1] += 5  # step 2 of the sample that has four
    left, right = (Trace(trace.steps, r, trace.counts) for r in (trace.readout, readout))
    difference = compare("x", left, right, ("left", "right"), classifier).difference
    assert (difference.sample, difference.step, difference.neuron, difference.state) == (1, 2, 1, "v")


def test_traces_that_cannot_be_compared_are_refused(classifier):
    nine, ten = (dynamics.run(classifier, stimuli.random(classifier, samples=1, steps=n, seed=0)) for n in (9, 10))
    with pytest.raises(SpecError, match=r"\[9\] and \[10\] steps"):
        compare("x", nine, ten, ("left", "right"), classifier)
    bare = Trace(nine.steps, nine.readout[:, -1:], nine.counts)
    with pytest.raises(SpecError, match="nothing to compare"):
        compare("x", bare, bare, ("left", "right"), classifier)


def test_the_covering_stimulus_makes_every_reachable_neuron_spike(classifier):
    trace = dynamics.run(classifier, stimuli.covering(classifier))
    assert trace.counts["hidden"].all()
    assert stimuli.covering(classifier).to_dense().any(axis=(0, 1)).all()


def test_a_change_that_no_golden_sample_shows_is_found_by_its_fingerprint(classifier):
    silence = Events.from_dense(np.zeros((1, 4, 6), bool))
    golden = Golden(silence, dynamics.run(classifier, silence), None, fingerprints(classifier))
    assert all(c.passed for c in verify(classifier, golden, engines=[]))
    for k, connection in enumerate(classifier.connections):
        changed, target, _ = changed_by_one_step(classifier, k, 5)
        *shown, last = verify(changed, golden, engines=[])
        assert all(c.passed for c in shown)
        assert (last.difference.population, last.difference.neuron) == (connection.target, target)
        assert f"population {connection.target}, neuron {target}: its parameters or the weights" in str(last.difference)


@given(networks(), st.data())
def test_fingerprints_differ_where_and_only_where_a_neuron_differs(network, data):
    before = fingerprints(network)
    population = data.draw(st.sampled_from(list(network)))
    neuron = data.draw(st.integers(0, population.size - 1))
    values = {name: np.array(v) for name, v in population.parameters().items()}
    values["voltage_decay"][neuron] = (values["voltage_decay"][neuron] + 1) % 4097
    populations = [
        Population(p.name, p.size, Neuron(**values)) if p.name == population.name else p for p in network.populations
    ]
    after = fingerprints(Network(tuple(populations), network.connections, network.output))
    for name, old in before.items():
        assert np.flatnonzero(after[name] != old).tolist() == ([neuron] if name == population.name else [])
