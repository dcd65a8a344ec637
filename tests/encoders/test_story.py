"""The code of stories against its definition, written out step by step."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lava_ahp.encoders import StoryCode, from_json
from lava_ahp.errors import DataError

PARAMETERS = {"sentences": 3, "words": 2, "steps_per_word": 2, "relay_steps": 3, "tail": 4}
WORDS = ("anna", "attic", "where")
CODE = StoryCode(WORDS, **PARAMETERS)


def by_definition(story, code):
    """Spikes of one story ``(slot, word)`` as a set of (step, channel)."""
    spikes = set()
    size, steps = len(code.vocabulary), code.steps_per_word
    for k, row in enumerate(story):
        for p, word in enumerate(row):
            if word >= 0:
                spikes |= {(p * steps + step, k * size + word) for step in range(steps)}
    go = (code.sentences + 1) * size
    end = code.words * steps
    for step in range(end - code.relay_steps + 1, end + 1):
        spikes |= {(step, go), (step, go + 1)}
    for k in range(code.sentences):
        if all(word < 0 for word in story[k]):
            spikes |= {(step, go + 2 + k) for step in range(end - code.relay_steps + 1, end + code.tail)}
    return spikes


@st.composite
def stories(draw):
    """A code, and stories that it can encode."""
    words, steps = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    code = StoryCode(
        vocabulary=tuple(f"w{k}" for k in range(draw(st.integers(1, 5)))),
        sentences=draw(st.integers(1, 4)),
        words=words,
        steps_per_word=steps,
        relay_steps=draw(st.integers(1, words * steps)),
        tail=draw(st.integers(1, 5)),
    )
    text = st.lists(st.integers(0, len(code.vocabulary) - 1), min_size=1, max_size=words)
    signals = np.full((draw(st.integers(1, 3)), code.sentences + 1, words), -1, np.int16)
    for sample in signals:
        for row in sample[draw(st.integers(0, code.sentences)) :]:
            found = draw(text)
            row[-len(found) :] = found
    return code, signals


@given(stories())
def test_spikes_are_those_of_the_definition(case):
    code, signals = case
    dense = code.encode(signals).to_dense()
    assert dense.shape == (len(signals), code.steps(signals.shape[1]), code.channels)
    for sample, story in zip(dense, signals, strict=True):
        assert set(zip(*np.nonzero(sample), strict=True)) == by_definition(story, code)


@given(stories())
def test_a_description_gives_the_same_code(case):
    code, _ = case
    assert from_json(json.loads(json.dumps(code.to_json()))) == code


def test_channels_and_steps():
    assert (CODE.go, CODE.on, list(CODE.absent), CODE.channels) == (12, 13, [14, 15, 16], 17)
    assert (CODE.steps(4), list(CODE.go_steps)) == (8, [2, 3, 4])


def test_chunk_size_does_not_change_the_spikes(monkeypatch):
    signals = np.random.default_rng(0).integers(0, 3, size=(9, 4, 2))
    whole = CODE.encode(signals).to_dense()
    monkeypatch.setattr("lava_ahp.encoders._runs._CELLS", 1)
    assert np.array_equal(CODE.encode(signals).to_dense(), whole)


def test_signals_keep_their_order_and_always_fit():
    signals = np.zeros((1, 4, 2), np.int16)
    assert CODE.in_order(signals) is signals
    assert CODE.misfit(signals) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sentences": 0}, r"encoder sentences: found 0, allowed 1\.\.64"),
        ({"words": 65}, r"encoder words: found 65, allowed 1\.\.64"),
        ({"steps_per_word": 2.0}, r"encoder steps_per_word: found 2\.0"),
        ({"tail": True}, "encoder tail: found True"),
        ({"relay_steps": 5}, r"encoder relay_steps: found 5, allowed 1\.\.4, the steps of all words"),
        ({"vocabulary": []}, r"encoder vocabulary: allowed a list of 1\.\.32767 words"),
        ({"vocabulary": "anna"}, "encoder vocabulary: allowed a list"),
        ({"vocabulary": ["anna", 1]}, r"encoder vocabulary: found 1, allowed words of 1\.\.64 characters"),
        ({"vocabulary": ["anna", ""]}, "encoder vocabulary: found ''"),
        ({"vocabulary": ["a" * 65]}, "encoder vocabulary: found 'aaa"),
        ({"vocabulary": ["\x1b[2J"]}, "encoder vocabulary: found "),
        ({"vocabulary": ["anna", "anna"]}, "encoder vocabulary: found 'anna' twice, allowed each word once"),
        ({"speed": 1}, "encoder story: found parameters that are not allowed"),
    ],
)
def test_a_wrong_description_is_refused(change, message):
    with pytest.raises(DataError, match=message):
        from_json({**CODE.to_json(), **change})


def changed(sample, slot, word, value):
    signals = np.zeros((2, 4, 2), np.int16)
    signals[sample, slot, word] = value
    return signals


@pytest.mark.parametrize(
    ("signals", "message"),
    [
        (np.zeros((2, 4, 2)), r"float64 \(2, 4, 2\), allowed integers \(sample, 4, 2\)"),
        (np.zeros((2, 3, 2), int), r"\(2, 3, 2\), allowed integers \(sample, 4, 2\)"),
        (np.zeros((0, 4, 2), int), r"\(0, 4, 2\), allowed"),
        (changed(0, 0, 0, 3), r"found 0\.\.3, allowed 0\.\.2, words, and -1 for none"),
        (changed(0, 0, 0, -2), r"found -2\.\.0, allowed 0\.\.2"),
        (changed(1, 2, 1, -1), "sample 1, row 2: a word before -1, allowed words at the end alone"),
        (changed(1, 1, slice(None), -1), "sample 1: an empty slot 1 after a sentence, allowed empty slots first"),
        (changed(1, 2, slice(None), -1), "sample 1: an empty slot 2 after a sentence"),
        (changed(1, 3, slice(None), -1), "sample 1: no question, allowed one word or more"),
    ],
)
def test_wrong_signals_are_refused(signals, message):
    with pytest.raises(DataError, match=message):
        CODE.encode(signals)
