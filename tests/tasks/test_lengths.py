"""Samples of different lengths, and missing values: what a task makes of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lava_ahp import tasks
from lava_ahp.encoders import LevelCrossing
from lava_ahp.errors import DataError
from lava_ahp.tasks.lengths import completed

from support.npz_series import fixture_save, load, series  # noqa: F401

NAN = np.nan
LENGTHS = np.resize(np.arange(5, 21), 60)


def cut(x=None):
    """The series, each cut to its own length."""
    return [sample[:n] for sample, n in zip(series()["x"] if x is None else x, LENGTHS, strict=True)]


def ended():
    """The same in one array."""
    x = series()["x"].copy()
    x[np.arange(20) >= LENGTHS[:, None]] = NAN
    return x


def test_a_list_nan_at_the_end_and_lengths_are_the_same_task(save):
    y = series()["y"]
    expected = tasks.from_arrays(ended(), y)
    for found in (
        tasks.from_arrays(cut(), y),
        tasks.from_arrays(np.array([*cut(), None], object)[:-1], y),
        tasks.from_arrays(series()["x"], y, lengths=LENGTHS),
        load(save(x=ended(), y=y)),
        load(save(x=series()["x"], y=y, lengths=LENGTHS.astype(np.uint8))),
    ):
        assert found.encoder == expected.encoder
        for split in tasks.SPLITS:
            assert np.array_equal(found.signals[split], expected.signals[split], equal_nan=True)
            assert np.array_equal(found.split(split).events.sources, expected.split(split).events.sources)


def test_each_sample_is_encoded_as_if_it_were_alone():
    task = tasks.from_arrays(cut(), series()["y"])
    events = task.split("test").events
    for k, sample in enumerate(task.signals["test"]):
        alone = task.encoder.encode(sample[~np.isnan(sample[:, 0])][None])
        found = events.select([k])
        assert found.steps.tolist() == alone.steps.tolist()
        assert np.array_equal(found.to_dense(), alone.to_dense())


def test_thresholds_and_scale_know_nothing_of_the_padding():
    y = series()["y"]
    task = tasks.from_arrays(cut(), y)
    train = task.signals["train"]
    filled = np.where(np.isnan(train), train[:, :1], train)
    assert task.encoder.thresholds == LevelCrossing.fit(filled, len(task.encoder.thresholds[0]), 12).thresholds
    numbers = task.sequences("test")
    assert np.array_equal(np.isnan(numbers), np.isnan(task.signals["test"]))


def test_whole_numbers_may_have_lengths():
    x = np.rint(series()["x"] * 9).astype(np.int16)
    found = tasks.from_arrays(x, series()["y"], lengths=LENGTHS)
    expected = tasks.from_arrays(cut(x), series()["y"])
    assert np.array_equal(found.signals["test"], expected.signals["test"], equal_nan=True)


@pytest.mark.parametrize(
    "missing, expected",
    [("hold", [[1, 4], [1, 4], [3, 4], [3, 6]]), ("zero", [[1, 0], [0, 4], [3, 0], [0, 6]])],
)
def test_missing_values_are_held_or_zero(missing, expected):
    x = np.array([[[1, NAN], [NAN, 4], [3, NAN], [NAN, 6], [NAN, NAN]]])
    assert completed(x, None, missing, "x").tolist() == [expected]
    with pytest.raises(DataError, match=r"x: found nan \(sample 0, step 0, channel 1\), .* 4 values are missing.*hold"):
        completed(x, None, "refuse", "x")


def test_a_channel_without_values_has_nothing_to_hold():
    with pytest.raises(DataError, match="x: found no value of channel 1 in sample 0"):
        completed(np.array([[[1.0, NAN], [2, NAN]]]), None, "hold", "x")
    with pytest.raises(DataError, match=r"found nan \(sample 1, step 0, channel 0\), .* this one has no values"):
        completed(np.array([[[1.0]], [[NAN]]]), None, "zero", "x")


def test_missing_values_are_a_setting_that_the_network_file_keeps(save):
    x = series()["x"].copy()
    x[::3, 4, 1] = NAN
    file = save(x=x, y=series()["y"])
    with pytest.raises(DataError, match=r"task\.missing=hold or zero"):
        load(file)
    task = tasks.load_task("timeseries", file, settings={"missing": "hold"})
    assert task.describe()["settings"] == {"missing": "hold"}
    again = tasks.load_task("timeseries", file, task.describe())
    assert np.array_equal(again.signals["test"], task.signals["test"])
    in_memory = tasks.from_arrays(x, series()["y"], described=task.describe())
    assert in_memory.describe() == task.describe()
    assert "settings" not in load(save("whole.npz", **series())).describe()


@given(st.lists(st.lists(st.sampled_from([NAN, 0.0, 1.5, -2.0]), min_size=1, max_size=6), min_size=1, max_size=4))
def test_holding_is_what_a_loop_does(rows):
    if any(np.isnan(row).all() for row in rows):
        return
    x = np.full((len(rows), max(map(len, rows)), 1), 7.0)
    for row, values in zip(x, rows, strict=True):
        row[: len(values), 0] = values
    found = completed(x, np.array([len(row) for row in rows]), "hold", "x")
    for k, row in enumerate(rows):
        last = next(value for value in row if not np.isnan(value))
        for step, value in enumerate(row):
            last = last if np.isnan(value) else value
            assert found[k, step, 0] == last
        assert np.isnan(found[k, len(row) :]).all()


def test_labels_of_any_kind():
    y = series()["y"]
    expected = tasks.from_arrays(series()["x"], y)
    for found in (y.astype("S"), y[:, None]):
        assert np.array_equal(tasks.from_arrays(series()["x"], found).labels["test"], expected.labels["test"])
    numbers = tasks.from_arrays(series()["x"], np.repeat([10.0, 9.0], 30)[:, None])
    assert numbers.class_names == ("9", "10")
