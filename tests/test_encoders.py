"""The threshold-crossing code against its definition, written out step by step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lava_ahp.encoders import ThresholdCrossing, from_json
from lava_ahp.errors import DataError


def by_definition(signal, levels, maximum, cue_steps):
    """Spikes of one signal as a set of (step, channel), from Rao et al. 2022."""
    count = len(levels)
    spikes = set()
    for p, now in enumerate(signal):
        if p + 1 < len(signal):
            after = signal[p + 1]
            for k in range(1, count - 1):
                if now < levels[k] <= after:
                    spikes.add((p, 2 * k))
                if now >= levels[k] > after:
                    spikes.add((p, 2 * k + 1))
        if now == maximum:
            spikes.add((p, 2 * count - 2))
    for p in range(len(signal), len(signal) + cue_steps):
        spikes.add((p, 2 * count - 1))
    return spikes


@st.composite
def cases(draw):
    maximum = draw(st.integers(4, 255))
    encoder = ThresholdCrossing(draw(st.integers(3, min(40, maximum))), maximum, draw(st.integers(1, 9)))
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 30)))
    values = st.one_of(st.integers(0, maximum), st.sampled_from([0, maximum]))
    return encoder, draw(hnp.arrays(np.uint8, shape, elements=values))


@given(cases())
def test_spikes_are_those_of_the_definition(case):
    encoder, signals = case
    dense = encoder.encode(signals).to_dense()
    assert dense.shape == (len(signals), encoder.steps(signals.shape[1]), encoder.channels)
    for sample, signal in enumerate(signals.astype(int)):
        expected = by_definition(signal, encoder.levels, encoder.maximum, encoder.cue_steps)
        assert set(zip(*np.nonzero(dense[sample]), strict=True)) == expected


def test_the_papers_code_has_the_papers_channels():
    encoder = ThresholdCrossing()
    assert encoder.channels == 80
    assert encoder.steps(784) == 840
    assert encoder.levels[[0, 1, 38, 39]].tolist() == [0, 6, 248, 255]
    signal = np.zeros((1, 784), dtype=np.uint8)
    signal[0, 100] = 255
    spikes = encoder.encode(signal).to_dense()[0]
    assert spikes[99, 2:78:2].all()  # up through every inner threshold
    assert spikes[100, 3:78:2].all()  # and down again
    assert spikes[100, 78]
    assert spikes[784:, 79].all()
    assert spikes.sum() == 38 + 38 + 1 + 56


def test_chunks_do_not_show(monkeypatch):
    signals = np.random.default_rng(0).integers(0, 17, size=(25, 12))
    encoder = ThresholdCrossing(9, 16, 2)
    whole = encoder.encode(signals).to_dense()
    monkeypatch.setattr("lava_ahp.encoders._CHUNK", 4)
    assert np.array_equal(encoder.encode(signals).to_dense(), whole)


def test_description_brings_the_encoder_back():
    encoder = ThresholdCrossing(17, 16, 12)
    assert from_json(encoder.to_json()) == encoder


@pytest.mark.parametrize(
    "description, message",
    [
        ({"name": "rate"}, "found 'rate', allowed 'threshold_crossing'"),
        ({"name": "threshold_crossing", "bins": 3}, "bins"),
        ({"name": "threshold_crossing", "thresholds": 2}, "thresholds: found 2, allowed 3"),
        ({"name": "threshold_crossing", "thresholds": "40"}, "found '40'"),
        ({"name": "threshold_crossing", "thresholds": 50, "maximum": 16}, "50 do not fit in 0..16"),
    ],
)
def test_a_wrong_description_is_named(description, message):
    with pytest.raises(DataError, match=message):
        from_json(description)


@pytest.mark.parametrize(
    "signals, message",
    [
        (np.zeros((2, 3, 4), int), r"\(2, 3, 4\), allowed integers \(sample, time\)"),
        (np.zeros((2, 3)), "float64"),
        (np.full((1, 3), 17), r"found 17\.\.17, allowed 0\.\.16"),
        (np.full((1, 3), -1), r"found -1\.\.-1, allowed 0\.\.16"),
    ],
)
def test_wrong_signals_are_named(signals, message):
    with pytest.raises(DataError, match=message):
        ThresholdCrossing(5, 16, 2).encode(signals)
