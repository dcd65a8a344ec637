"""Arrays in memory: the same task as the same arrays in a file, and errors that name the array."""

import json

import numpy as np
import pytest

from lava_ahp import tasks
from lava_ahp.errors import DataError, DataWarning

from support.npz_series import fixture_file, fixture_save, load, series  # noqa: F401


def ragged():
    x = np.empty(60, dtype=object)
    x[:] = [np.zeros((3 + k % 2, 2)) for k in range(60)]
    return x


def assert_equal(found, expected):
    assert_same_signals(found, expected)
    for split in tasks.SPLITS:
        assert np.array_equal(found.labels[split], expected.labels[split])
        if expected.size(split):
            one, other = found.split(split).events, expected.split(split).events
            assert np.array_equal(one.times, other.times)
            assert np.array_equal(one.sources, other.sources)
    assert found.describe() == expected.describe()
    assert np.array_equal(found.class_weights, expected.class_weights)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"split": np.array(["train", "test", "train", "validation"] * 15)},
        {"thresholds": np.array([[0, 0.5], [-0.5, 0.5]])},
        {"y": np.arange(60) % 3 - 1},
        {"y": np.arange(60) % 2 == 0},
        {"x": np.asfortranarray(np.rint(series()["x"] * 9).astype(">i2"))},
    ],
)
def test_equal_to_the_same_arrays_in_a_file(save, more):
    arrays = {**series(), **more}
    assert_equal(tasks.from_arrays(**arrays), load(save(**arrays)))


def test_equal_to_a_file_for_a_network(file, save):
    description = json.loads(json.dumps(load(file).describe()))
    arrays = series(samples=20, seed=3, steps=31)
    expected = load(save("other.npz", **arrays), description)
    for described in (description, tasks.Described.read(description)):
        found = tasks.from_arrays(**arrays, described=described)
        assert_equal(found, expected)
        assert found.describe() == description


def test_lists_one_channel_and_text_of_any_kind():
    arrays = series()
    one = tasks.from_arrays(arrays["x"][:, :, 0].tolist(), arrays["y"].tolist(), name="mine")
    other = tasks.from_arrays(arrays["x"][:, :, :1].astype(float), arrays["y"].astype(object), name="mine")
    assert one.name == "mine"
    assert_equal(one, other)
    assert one.signals["train"].shape[2] == 1


def test_without_validation_some_of_each_class_are_taken_from_train():
    arrays = {**series(), "y": np.repeat([0, 1, 2], [40, 19, 1])}
    arrays["split"] = np.array(["train", "train", "test"] * 19 + ["train", "test", "train"])
    with pytest.warns(DataWarning, match=r"split: found no validation samples; took 5 of the 40 training samples"):
        task = tasks.from_arrays(**arrays)
    assert [task.size(split) for split in tasks.SPLITS] == [35, 5, 20]
    assert np.bincount(task.labels["validation"]).tolist() == [3, 2]
    assert np.bincount(task.labels["train"]).tolist() == [24, 10, 1]
    mixed = np.concatenate([task.signals["train"], task.signals["validation"]])
    expected = arrays["x"][arrays["split"] == "train"]
    assert sorted(x.tobytes() for x in mixed) == sorted(x.tobytes() for x in expected)
    again = tasks.from_arrays(**arrays, described=task.describe())
    assert_same_signals(again, task)


def assert_same_signals(found, expected):
    for split in tasks.SPLITS:
        assert np.array_equal(found.signals[split], expected.signals[split])


def test_class_names_set_the_order_of_the_classes():
    arrays, names = series(), ("rise", "rest", "fall")
    by_text = tasks.from_arrays(**arrays, class_names=names)
    assert by_text.class_names == names
    position = np.array([names.index(name) for name in arrays["y"]])
    assert_equal(tasks.from_arrays(arrays["x"], position, class_names=names), by_text)
    expected = {x.tobytes(): y for x, y in zip(arrays["x"], arrays["y"], strict=True)}
    for x, label in zip(by_text.signals["test"], by_text.labels["test"], strict=True):
        assert names[label] == expected[x.tobytes()]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"x": [[1, 2], [3]]}, r"y: found <U4 \(60,\), allowed integers, bools or text of shape \(2,\)"),
        ({"x": np.zeros(60)}, r"x: found float64 \(60,\), allowed numbers \(sample, time, channel\)"),
        ({"x": np.full((60, 20, 2), None)}, r"x: found object \(60, 20, 2\), allowed numbers"),
        (
            {"x": [*ragged()[1:], np.zeros((3, 1))]},
            r"x: found float64 \(3, 1\) \(sample 59\) after \(4, 2\), allowed num",
        ),
        ({"x": np.full((60, 20, 2), np.nan)}, r"x: found nan \(sample 0, step 0, channel 0\), allowed finite numbers"),
        ({"x": np.zeros((60, 20, 2))}, "x: signals 0, 1: found 0 to 0 in all training samples, .* leave these out"),
        ({"y": np.full(60, 0.5)}, r"y: found float64 \(60,\), allowed integers, bools or text of shape \(60,\)"),
        ({"y": np.array([1, "a"] * 30, object)}, "y: found object"),
        ({"y": ["one"] * 60}, "y: found one class only, 'one'; allowed two or more"),
        ({"y": ["a", "b" * 257] * 30}, "y: found 2 classes, allowed 1000, with printable names of 256 characters"),
        ({"split": ["dev"] * 60}, "split: allowed train, validation, test for each of 60 samples"),
        ({"split": ["train"] * 3 + ["test"] * 57, "y": np.arange(60) % 3}, "y: no validation samples"),
        ({"thresholds": [1, 2]}, r"thresholds: found \(2,\), allowed \(2, thresholds\)"),
        ({"thresholds": [[2, 1], [1, 2]]}, "thresholds: encoder thresholds of signal 0: allowed ascending numbers"),
        ({"class_names": ["rise", "rise"]}, "class_names: found .*, allowed one text for each class, none of them tw"),
        ({"class_names": ["rise", "fall"]}, "y: found the class 'rest', allowed the class_names, rise, fall"),
        ({"y": np.arange(60) % 3, "class_names": ["a", "b"]}, "y: found 0..2, allowed 0..1 for 2 class_names"),
        ({"class_names": ["rise", "fall", "rest", "new"]}, "y: no train samples of class 'new', allowed 1 or more"),
    ],
)
def test_what_cannot_be_used_is_named(change, message):
    with pytest.raises(DataError, match=f"^{message}") as raised:
        tasks.from_arrays(**{**series(), **change})
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    "change, message",
    [
        ({"y": ["new"] * 60}, "y: found the class 'new', the network has fall, rest, rise"),
        ({"x": np.zeros((60, 20, 3))}, "x: found 3 channels, the network reads 2"),
    ],
)
def test_what_does_not_fit_a_network_is_named(file, change, message):
    described = tasks.Described.read(load(file).describe())
    with pytest.raises(DataError, match=f"^{message}"):
        tasks.from_arrays(**{**series(), **change}, described=described)
