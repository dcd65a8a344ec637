"""Verification finds every change that shows, and names its first place."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import backends, dynamics, netx
from lava_ahp.errors import BackendUnavailable, SpecError
from lava_ahp.network import (
    Connection,
    Events,
    Golden,
    Network,
    Neuron,
    Population,
    Trace,
    fingerprints,
    stimuli,
)
from lava_ahp.proof import compare, verify

from support import proof_cases
from support.netx_cases import write_v1
from support.proof_cases import record
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


classifier = pytest.fixture(scope="module", name="classifier")(proof_cases.classifier)


def test_an_unchanged_network_passes_every_check(classifier):
    found = verify(classifier, record(classifier, stimuli.covering(classifier)), engines=["fast"])
    assert found.passed
    assert found.first_difference is None
    assert [c.name for c in found.checks] == [
        "record = dynamics",
        "record = fast",
        "golden: dynamics = fast",
        "random: dynamics = fast",
    ]
    assert all(c.passed and c.values > 0 for c in found.checks)
    assert found.verdict == "equal: 1 golden sample and 3 random ones, in dynamics and fast"


@settings(max_examples=60, deadline=None)
@given(st.data(), st.booleans())
def test_one_weight_changed_by_one_step_is_found_where_it_acts(classifier, data, older):
    k = data.draw(st.integers(0, 2))
    synapse = data.draw(st.integers(0, classifier.connections[k].synapses - 1))
    changed, target, _ = changed_by_one_step(classifier, k, synapse)
    events = stimuli.covering(classifier)
    states = Golden(events, dynamics.run(classifier, events))
    check, *_ = verify(changed, states if older else states.summed(), engines=[]).checks
    assert check.name == "record = dynamics"
    assert not check.passed
    place = (check.difference.sample, check.difference.step, target)
    computed = dynamics.run(changed, events).states[check.difference.population]["u"][place]
    assert check.difference.values == (states.trace.states[check.difference.population]["u"][place], computed)
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
    golden = replace(record(classifier, silence), fingerprints=fingerprints(classifier))
    assert verify(classifier, golden, engines=[]).passed
    for k, connection in enumerate(classifier.connections):
        changed, target, _ = changed_by_one_step(classifier, k, 5)
        *shown, last = verify(changed, golden, engines=[]).checks
        assert all(c.passed for c in shown)
        assert (last.difference.population, last.difference.neuron) == (connection.target, target)
        assert f"population {connection.target}, neuron {target}: its parameters or the weights" in str(last.difference)


@settings(max_examples=40, deadline=None)
@given(networks(), st.data())
def test_any_recorded_state_that_differs_is_found(network, data):
    golden = Golden(events := stimuli.random(network, samples=2, steps=7, seed=1), dynamics.run(network, events))
    name = data.draw(st.sampled_from(network.names))
    key = data.draw(st.sampled_from("uav"))
    size = network[name].size
    places = data.draw(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(0, size - 1)), min_size=1))
    first = min(places)[:2]
    states = {n: {k: v.copy() for k, v in s.items()} for n, s in golden.trace.states.items()}
    for place in set(places):
        states[name][key][place] += 1
    changed = replace(golden, trace=replace(golden.trace, states=states)).summed()
    difference = compare("x", changed, golden.trace, ("the record", "dynamics"), network).difference
    assert (difference.sample, difference.step, difference.population, difference.state) == (*first, name, key)
    neurons = {neuron for *place, neuron in places if tuple(place) == first}
    if len(neurons) == 1:
        assert difference.neuron == min(neurons)
        assert difference.values[0] == difference.values[1] + 1
    elif len(neurons) == 2:
        where = f"sample {first[0]}, step {first[1]}, population {name}, {key}"
        assert str(difference) == f"{where}: several neurons differ between the record and dynamics"


def test_a_file_of_version_1_verifies_by_its_states(classifier, tmp_path):
    events = stimuli.covering(classifier)
    golden = Golden(events, dynamics.run(classifier, events), fingerprints=fingerprints(classifier))
    write_v1(classifier, tmp_path / "old.net", golden)
    netx.write(classifier, tmp_path / "new.net", golden=golden)
    old, new = (verify(tmp_path / f"{age}.net", engines=[]) for age in ("old", "new"))
    assert old.passed
    assert new.passed
    assert [c.name for c in old.checks] == [c.name for c in new.checks] == ["record = dynamics", "neurons as exported"]
    assert old.checks[0].values > new.checks[0].values


def test_only_the_last_samples_are_replayed_when_few_are_asked_for(classifier):
    golden = record(classifier, stimuli.random(classifier, samples=4, steps=9, seed=0))
    assert verify(classifier, golden, engines=[], samples=2).checks[0].samples == 2
    assert verify(classifier, golden, engines=[], samples=9).checks[0].samples == 4
    with pytest.raises(SpecError, match="golden samples: found 0, allowed 1 or more"):
        verify(classifier, golden, engines=[], samples=0)


@pytest.fixture
def no_lava(monkeypatch):
    """A machine without Lava."""

    def missing():
        raise BackendUnavailable("backend loihi2sim: lava-nc is not installed; pip install lava-nc==0.10.0")

    monkeypatch.setitem(backends._FACTORIES, "loihi2sim", missing)


@pytest.mark.usefixtures("no_lava")
def test_a_missing_engine_is_left_out_and_named(classifier):
    found = verify(classifier, record(classifier, stimuli.covering(classifier)))
    assert found.passed
    assert found.skipped == {"loihi2sim": "lava-nc is not installed; pip install lava-nc==0.10.0"}
    *_, note, verdict = found.lines()
    assert note == "loihi2sim was left out: lava-nc is not installed; pip install lava-nc==0.10.0"
    assert verdict == "equal: 1 golden sample and 3 random ones, in dynamics and fast; loihi2sim left out"
    assert repr(found) == "\n".join(found.lines())
    with pytest.raises(BackendUnavailable, match="lava-nc is not installed"):
        verify(classifier, engines=["fast", "loihi2sim"])


@pytest.mark.usefixtures("no_lava")
def test_a_verification_as_json_and_html(classifier):
    changed, *_ = changed_by_one_step(classifier, 0, 3)
    found = verify(changed, record(classifier, stimuli.covering(classifier)))
    assert not found.passed
    values = found.to_json()
    assert set(values) == {"passed", "golden", "task_covered", "skipped", "checks"}
    assert (values["passed"], values["golden"], set(values["skipped"])) == (False, True, {"loihi2sim"})
    assert values["checks"][0] | {"values": 0, "steps": 0} == {
        "name": "record = dynamics",
        "passed": False,
        "samples": 1,
        "steps": 0,
        "values": 0,
        "difference": str(found.first_difference),
    }
    assert found.verdict == f"DIFFERENT: record = dynamics fails at {found.first_difference}"
    page = replace(found, skipped={"loihi2sim": "<missing>"})._repr_html_()
    assert "&lt;missing&gt;" in page
    assert str(found.first_difference) in page


def test_without_golden_samples_only_engines_are_compared(classifier, tmp_path):
    netx.write(classifier, tmp_path / "f.net")
    found = verify(tmp_path / "f.net", engines=["fast"])
    assert found.verdict == "equal: 3 random samples, in dynamics and fast"
    assert "the file has no golden samples: only the engines were compared" in found.lines()
    nothing = verify(classifier, engines=[])
    assert not nothing.passed
    assert nothing.verdict.startswith("nothing was compared")


@settings(deadline=None)
@given(networks(shared=False), st.data())
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
