"""The encoders against their definitions, written out step by step."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lava_ahp.encoders import LevelCrossing, ThresholdCrossing, from_json
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


def test_the_encoder_of_the_paper_has_its_channels():
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


def test_chunk_size_does_not_change_the_spikes(monkeypatch):
    signals = np.random.default_rng(0).integers(0, 17, size=(25, 12))
    encoder = ThresholdCrossing(9, 16, 2)
    whole = encoder.encode(signals).to_dense()
    monkeypatch.setattr("lava_ahp.encoders._runs._CELLS", 4 * 2 * 14)
    assert np.array_equal(encoder.encode(signals).to_dense(), whole)


def test_order_permutes_the_values_before_they_are_encoded():
    signals = np.random.default_rng(0).integers(0, 17, size=(3, 5))
    order = (4, 0, 3, 1, 2)
    found = ThresholdCrossing(9, 16, 2, order).encode(signals).to_dense()
    assert np.array_equal(found, ThresholdCrossing(9, 16, 2).encode(signals[:, list(order)]).to_dense())
    with pytest.raises(DataError, match="signals: found 4 values, allowed 5 as in encoder order"):
        ThresholdCrossing(9, 16, 2, order).encode(signals[:, :4])


def series_by_definition(sample, encoder):
    """Spikes of one sample ``(time, channel)`` as a set of (step, channel)."""
    spikes, thresholds = set(), encoder.thresholds
    signals, per_signal = len(thresholds), len(thresholds[0])
    for c in range(signals):
        values = [float(sample[0, c])]
        for before, after in pairwise(sample[:, c].tolist()):
            values += [before + (after - before) * k / encoder.stretch for k in range(1, encoder.stretch + 1)]
        for k, level in enumerate(thresholds[c]):
            before = -np.inf
            for p, now in enumerate(values):
                if before < level <= now:
                    spikes.add((p, 2 * (c * per_signal + k)))
                if before >= level > now:
                    spikes.add((p, 2 * (c * per_signal + k) + 1))
                before = now
        if encoder.bands:
            first = 2 * signals * per_signal + c * (per_signal + 1)
            spikes |= {(p, first + sum(level <= now for level in thresholds[c])) for p, now in enumerate(values)}
    if encoder.ticks:
        first = encoder.channels - 1 - encoder.ticks
        spikes |= {(p, first + min(p // encoder.tick_steps, encoder.ticks - 1)) for p in range(len(values))}
    return spikes | {(len(values) + p, encoder.channels - 1) for p in range(encoder.cue_steps)}


@st.composite
def series(draw):
    signals, count, cue = draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(1, 4))
    # Quarters of integers are exact in binary.
    more = draw(st.sampled_from([1, 2, 4])), draw(st.booleans()), draw(st.integers(0, 3)), draw(st.integers(1, 5))
    levels = st.lists(st.integers(-6, 6), min_size=count, max_size=count, unique=True).map(sorted)
    encoder = LevelCrossing(tuple(tuple(draw(levels)) for _ in range(signals)), cue, *more)
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 12)), signals)
    dtype = draw(st.sampled_from([np.float32, np.float64, np.int16]))
    # Integers, so that some values equal a threshold exactly.
    return encoder, draw(hnp.arrays(dtype, shape, elements=st.integers(-8, 8)))


@given(series())
def test_spikes_of_series_are_those_of_the_definition(case):
    encoder, x = case
    dense = encoder.encode(x).to_dense()
    assert dense.shape == (len(x), encoder.steps(x.shape[1]), encoder.channels)
    for sample, values in zip(dense, x, strict=True):
        expected = series_by_definition(values, encoder)
        assert set(zip(*np.nonzero(sample), strict=True)) == expected


def test_chunk_size_does_not_change_the_spikes_of_series(monkeypatch):
    x = np.random.default_rng(0).normal(size=(9, 12, 2))
    encoder = LevelCrossing(((-1, 0, 1), (0, 0.5, 3)), 2)
    whole = encoder.encode(x).to_dense()
    monkeypatch.setattr("lava_ahp.encoders._runs._CELLS", 1)
    assert np.array_equal(encoder.encode(x).to_dense(), whole)


def test_thresholds_are_an_even_grid_within_the_range_of_each_signal():
    x = np.zeros((2, 3, 2))
    x[..., 0] = [[0, 4, 8]] * 2
    x[..., 1] = [[-1, 0, 1]] * 2
    assert LevelCrossing.fit(x, 3, 5) == LevelCrossing(((2, 4, 6), (-0.5, 0, 0.5)), 5)
    assert LevelCrossing.fit(x.astype(np.int8), 3, 5) == LevelCrossing(((2, 4, 6), (-0.5, 0, 0.5)), 5)


def test_outliers_do_not_move_the_thresholds_but_rare_pulses_count():
    rng = np.random.default_rng(0)
    x = rng.uniform(-0.1, 0.1, size=(50, 400, 1))
    x[:, 200] = 1  # a pulse of 1 step in 400
    (levels,) = LevelCrossing.fit(x, 4, 1).thresholds
    assert np.allclose(levels, [0.12, 0.34, 0.56, 0.78], atol=0.01)
    x[7, 3], x[8, 3] = 1e30, -1e30
    assert np.allclose(LevelCrossing.fit(x, 4, 1).thresholds[0], levels, atol=0.001)


def test_a_signal_that_changes_in_one_sample_only_gets_the_range_of_that_sample():
    x = np.zeros((50, 10, 1))
    x[3, 4] = 8
    assert LevelCrossing.fit(x, 3, 1).thresholds == ((2, 4, 6),)


@pytest.mark.parametrize("value", [3, np.float32(1e30), np.iinfo(np.int64).max])
def test_a_constant_signal_is_refused_by_its_number(value):
    x = np.zeros((4, 5, 2), dtype=np.asarray(value).dtype)
    x[:, 2, 0] = 1
    x[..., 1] = value
    with pytest.raises(DataError, match=r"signal 1: found .* allowed a signal that changes"):
        LevelCrossing.fit(x, 4, 1)


@pytest.mark.parametrize(
    "encoder",
    [
        ThresholdCrossing(17, 16, 12),
        ThresholdCrossing(5, 16, 12, (2, 0, 1)),
        LevelCrossing(((0.1, 1 / 3), (-1e-30, 7)), 3),
        LevelCrossing(((0.1, 1 / 3), (-1e-30, 7)), 3, stretch=5, bands=True, ticks=4, tick_steps=3),
    ],
)
def test_an_encoder_survives_the_round_trip_through_json(encoder):
    assert from_json(json.loads(json.dumps(encoder.to_json()))) == encoder


def test_without_an_order_the_description_is_readable_by_older_versions():
    assert ThresholdCrossing().to_json() == {
        "name": "threshold_crossing",
        "thresholds": 40,
        "maximum": 255,
        "cue_steps": 56,
    }


@pytest.mark.parametrize(
    "description, message",
    [
        ({"name": "rate"}, "found 'rate', allowed threshold_crossing, level_crossing"),
        ({"name": ["rate"]}, r"found \['rate'\], allowed"),
        ({"name": "threshold_crossing", "bins": 3}, "bins"),
        ({"name": "threshold_crossing", "thresholds": 2}, "thresholds: found 2, allowed 3"),
        ({"name": "threshold_crossing", "thresholds": "40"}, "found '40'"),
        ({"name": "threshold_crossing", "thresholds": 50, "maximum": 16}, "found 50, but 0..16 has room for fewer"),
        (
            {"name": "threshold_crossing", "order": [0, 2]},
            r"order: found 2 positions, allowed each of 0\.\.1 exactly once",
        ),
        ({"name": "threshold_crossing", "order": [0, True]}, "order: found list, allowed a list of the positions"),
        ({"name": "threshold_crossing", "order": "10"}, "order: found str"),
        ({"name": "level_crossing", "cue_steps": 1}, "thresholds"),
        ({"name": "level_crossing", "thresholds": [[1]], "cue_steps": 0}, "cue_steps: found 0, allowed 1"),
        (
            {"name": "level_crossing", "thresholds": [[1]], "cue_steps": 1, "stretch": 257},
            r"stretch: found 257, allowed",
        ),
        ({"name": "level_crossing", "thresholds": [[1]], "cue_steps": 1, "stretch": True}, "stretch: found True"),
        ({"name": "level_crossing", "thresholds": [[1]], "cue_steps": 1, "bands": 1}, "bands: found 1, allowed true"),
        ({"name": "level_crossing", "thresholds": [], "cue_steps": 1}, r"one list for each of 1\.\.1024 signals"),
        ({"name": "level_crossing", "thresholds": [[1], []], "cue_steps": 1}, "one list for each"),
        ({"name": "level_crossing", "thresholds": [[1], [1, 2]], "cue_steps": 1}, "lists of different lengths"),
        ({"name": "level_crossing", "thresholds": [[1], ["1"]], "cue_steps": 1}, "signal 1: allowed finite numbers"),
        ({"name": "level_crossing", "thresholds": [[float("nan")]], "cue_steps": 1}, "signal 0: allowed finite"),
        ({"name": "level_crossing", "thresholds": [[10**400]], "cue_steps": 1}, "signal 0: allowed finite"),
        ({"name": "level_crossing", "thresholds": [[2, 1]], "cue_steps": 1}, "signal 0: allowed ascending"),
        ({"name": "level_crossing", "thresholds": [[2**53, 2**53 + 1]], "cue_steps": 1}, "allowed ascending"),
    ],
)
def test_a_wrong_description_is_refused(description, message):
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
def test_wrong_signals_are_refused(signals, message):
    with pytest.raises(DataError, match=message):
        ThresholdCrossing(5, 16, 2).encode(signals)


@pytest.mark.parametrize(
    "x, message",
    [
        (np.zeros((2, 3)), r"\(2, 3\), allowed numbers \(sample, time, channel\)"),
        (np.zeros((2, 3, 2), complex), "complex128"),
        (np.zeros((2, 3, 1)), "found 1 channels, allowed 2, as the encoder has thresholds for"),
        (np.full((2, 3, 2), np.nan), "found NaN or infinity"),
        (np.array([[[0, -np.inf]]]), "found NaN or infinity"),
    ],
)
def test_wrong_series_are_refused(x, message):
    with pytest.raises(DataError, match=message):
        LevelCrossing(((0, 1), (0, 1)), 2).encode(x)


def test_series_of_different_lengths_are_encoded_as_if_alone():
    rng = np.random.default_rng(3)
    lengths = (9, 1, 4, 9)
    x = np.full((4, 9, 2), np.nan)
    for sample, length in enumerate(lengths):
        x[sample, :length] = rng.normal(size=(length, 2))
    encoder = LevelCrossing(((-0.5, 0.0, 0.5), (-1.0, 0.2, 1.0)), 3, stretch=4, bands=True, ticks=3, tick_steps=10)
    together = encoder.encode(x)
    for sample, length in enumerate(lengths):
        alone = encoder.encode(x[sample : sample + 1, :length])
        one = together.select([sample])
        assert one.steps.tolist() == alone.steps.tolist() == [encoder.steps(length)]
        assert (one.times.tolist(), one.sources.tolist()) == (alone.times.tolist(), alone.sources.tolist())
