"""Questions to a network: the answers of a run, in every backend, and clear refusals."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lava_ahp
from lava_ahp import dynamics, netx
from lava_ahp.errors import BackendUnavailable, DataError, SpecError
from lava_ahp.network import Network, mean_voltages
from lava_ahp.tasks import digits
from lava_ahp.workflow.runs import Run

from support import asking
from support.asking import QUESTION, STORY


def changed(**task):
    network = asking.network()
    return replace(network, task={**network.task, **task})


def test_the_answers_are_those_of_run():
    network, task = asking.network(), asking.task()
    run = lava_ahp.evaluate(network, task=task, split="validation", samples=10)
    means = mean_voltages(run.trace.readout)
    for k, signals in enumerate(task.signals["validation"][:10]):
        found = lava_ahp.ask(network, *asking.written(signals, task.encoder))
        assert found.answer == task.class_names[run.predictions[k]]
        assert {each.answer: each.voltage for each in found.candidates} == dict(
            zip(task.class_names, means[k].tolist(), strict=True)
        )


def test_an_answer_has_its_runners_up_and_its_trace():
    found = lava_ahp.ask(asking.network(), STORY, QUESTION)
    shares = [each.softmax for each in found.candidates]
    assert sum(shares) == pytest.approx(1)
    assert all(one.voltage >= other.voltage for one, other in pairwise(found.candidates))
    assert shares == sorted(shares, reverse=True)
    assert sorted(each.answer for each in found.candidates) == sorted(asking.task().class_names)
    assert set(found.trace.spikes) == {"sentence0", "sentence1", "sentence2", "question"}
    assert found.trace.readout.shape == (1, asking.task().steps, asking.task().classes)
    assert found.story[0] == ("anna", "walked", "to", "the", "attic")


def test_the_trace_is_that_of_the_arithmetic():
    found, task = lava_ahp.ask(asking.network(), STORY, QUESTION), asking.task()
    number = {word: k for k, word in enumerate(task.encoder.vocabulary)}
    rows = np.full((1, 4, task.encoder.words), -1, np.int16)
    for row, words in zip(rows[0], (*found.story, found.question), strict=True):
        row[-len(words) :] = [number[word] for word in words]
    whole = dynamics.run(asking.network(), task.encoder.encode(rows))
    np.testing.assert_array_equal(found.trace.readout, whole.readout)
    for name, spikes in found.trace.spikes.items():
        np.testing.assert_array_equal(spikes, whole.spikes[name])
    for i, j in zip(*np.triu_indices(3), strict=True):
        assert found.pairs[i, j] == whole.counts[f"second{i}_{j}"].sum()
    assert found.pairs.any()
    assert not np.tril(found.pairs, -1).any()


def test_pairs_are_those_of_the_sentences_that_are_there():
    found = lava_ahp.ask(asking.network(), STORY[:2], QUESTION)
    counts = found.trace.counts
    assert found.pairs.shape == (2, 2)
    assert found.pairs[0, 1] == counts["second1_2"].sum()
    assert not any(counts[f"second0_{j}"].any() for j in range(3))
    assert set(found.trace.spikes) == {"sentence1", "sentence2", "question"}


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_a_story_may_be_of_any_length_up_to_the_slots(data):
    code = asking.task().encoder
    sentence = st.lists(st.sampled_from(code.vocabulary), min_size=1, max_size=code.words).map(" ".join)
    story = data.draw(st.lists(sentence, min_size=1, max_size=code.sentences))
    found = lava_ahp.ask(asking.network(), story, data.draw(sentence))
    assert [" ".join(words) for words in found.story] == story
    assert len(found.pairs) == len(story)


def test_lava_gives_the_same_answer():
    pytest.importorskip("lava.magma", reason="Lava exists for Python 3.10 only")
    network = asking.network(2)
    fast, lava = (lava_ahp.ask(network, STORY[:2], QUESTION, backend=name) for name in ("fast", "loihi2sim"))
    assert lava.candidates == fast.candidates
    np.testing.assert_array_equal(lava.trace.readout, fast.trace.readout)
    np.testing.assert_array_equal(lava.pairs, fast.pairs)
    assert (lava.backend, fast.backend) == ("loihi2sim", "fast")


def test_equal_voltages_go_to_the_lowest_class():
    network = asking.network()
    connections = tuple(c for c in network.connections if c.target != network.output)
    silent = Network(network.populations, connections, network.output, network.task)
    found = lava_ahp.ask(silent, STORY, QUESTION)
    assert tuple(each.answer for each in found.candidates) == asking.task().class_names
    assert {each.voltage for each in found.candidates} == {0.0}


def test_a_network_comes_as_itself_a_file_a_run_or_its_folder(tmp_path):
    run = Run(tmp_path / "run")
    with pytest.raises(DataError, match=r"holds no network.net; export it first \(lava-ahp export .*run\)"):
        lava_ahp.ask(run, STORY, QUESTION)
    netx.write(asking.network(), run.network)
    forms = {"network": asking.network(), "network.net": run.network, "run": run.folder}
    for name, network in forms.items():
        found = lava_ahp.ask(network, STORY, QUESTION)
        assert (found.name, found.answer) == (name, lava_ahp.ask(run, STORY, QUESTION).answer)
    assert lava_ahp.evaluate(run, samples=3).accuracy == lava_ahp.evaluate(run.network, samples=3).accuracy
    (tmp_path / "story.txt").write_text("\n".join(STORY))
    from_file = lava_ahp.ask(run, tmp_path / "story.txt", QUESTION)
    assert from_file.candidates == lava_ahp.ask(run, STORY, QUESTION).candidates
    with pytest.raises(SpecError, match="network"):
        lava_ahp.ask(3, STORY, QUESTION)


def test_json_and_text(tmp_path):
    found = lava_ahp.ask(asking.network(), STORY, QUESTION)
    best, second, *_ = found.candidates
    lines = repr(found).splitlines()
    assert lines[0] == f"where is anna? {best.answer}"
    assert [line.split()[0] for line in lines[1:4]] == [each.answer for each in found.candidates[:3]]
    assert lines[-1] == "3 more answers; mean readout voltage, softmax (fast, 26 steps)"
    assert len(list(found.lines(1))) == 3
    assert list(found.lines(99))[-1].startswith("mean readout voltage")
    found.save(json_path=tmp_path / "a.json", html_path=tmp_path / "a.html")
    values = json.loads((tmp_path / "a.json").read_text())
    assert values == found.to_json()
    assert set(values) == {
        "network", "task", "backend", "story", "question", "answer", "answers", "steps", "readout_steps", "pairs",
    }  # fmt: skip
    assert values["answers"][1] == {"answer": second.answer, "voltage": second.voltage, "softmax": second.softmax}
    assert values["story"][1] == "clara ran to the workshop"
    assert (tmp_path / "a.html").read_text() == found.to_html()
    assert f"<td>{best.answer}</td>" in found._repr_html_()


@pytest.mark.parametrize(
    "task, message",
    [
        (digits.load().describe(), "network: found task 'digits' with the encoder .*, allowed a network that reads "),
        ({"name": "babi", "encoder": None}, "found task 'babi' with no encoder"),
        ({"window": 10**6}, "task babi readout_steps: found 1000000, allowed 1..26 steps"),
        ({"window": None}, "network task window: missing; export the network again"),
        ({"class_names": None}, "network task class_names: missing"),
        ({"class_names": ["one"]}, "network output: 6 readouts, task babi has 1"),
    ],
)
def test_a_network_that_reads_no_stories_is_refused(task, message):
    with pytest.raises(DataError, match=message):
        lava_ahp.ask(changed(**task), STORY, QUESTION)


def test_an_unknown_backend_and_word():
    with pytest.raises(BackendUnavailable, match="found 'fats', allowed fast"):
        lava_ahp.ask(asking.network(), STORY, QUESTION, backend="fats")
    with pytest.raises(DataError, match="did you mean attic"):
        lava_ahp.ask(asking.network(), ["Anna walked to the attick."], QUESTION)
