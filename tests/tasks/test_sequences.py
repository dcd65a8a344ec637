"""What a network that reads numbers gets: the signals, scaled as the thresholds of the encoder are placed."""

import numpy as np
import pytest

from lava_ahp import tasks
from lava_ahp.tasks import digits

from support.npz_series import fixture_file, fixture_save, load, series  # noqa: F401
from support.paths import SHARED

CASES = SHARED / "cases"


def case(name, steps=None):
    if not CASES.is_dir():
        pytest.skip(f"{CASES} is not here")
    arrays = np.load(CASES / f"{name}.npz")
    return tasks.from_arrays(arrays["x"][:, :steps], arrays["y"])


def test_each_channel_spans_0_to_1_but_for_outliers(file):
    train = load(file).sequences("train")
    assert train.dtype == np.float32
    lowest, highest = np.sort(train.min(axis=1), axis=0), np.sort(train.max(axis=1), axis=0)
    assert lowest[1].tolist() == [0, 0]
    assert highest[-2].tolist() == [1, 1]
    assert lowest[0].min() >= -1
    assert highest[-1].max() <= 2


@pytest.mark.parametrize("split", tasks.SPLITS)
def test_an_offset_changes_neither_spikes_nor_sequences(split):
    plain, moved = case("offset0"), case("offset1e+07")
    assert np.array_equal(plain.split(split).events.sources, moved.split(split).events.sources)
    assert np.abs(plain.sequences(split) - moved.sequences(split)).max() <= np.finfo(np.float32).eps


@pytest.mark.parametrize("split", ["validation", "test"])
def test_one_outlier_in_training_hardly_changes_sequences(split):
    plain, spoiled = case("offset0"), case("one_outlier2")
    assert spoiled.signals["train"].max() == 1e6
    assert spoiled.sequences("train").max() == 2
    assert np.abs(plain.sequences(split) - spoiled.sequences(split)).max() < 1e-3


def test_images_span_0_to_1(file):
    task = digits.load()
    for split in tasks.SPLITS:
        assert np.array_equal(task.sequences(split)[:, :, 0], task.signals[split] / np.float32(digits.MAXIMUM))


def test_a_constant_channel_stays_constant(save):
    arrays = series()
    arrays["x"][:, :, 1] = 5
    found = load(save(**arrays, thresholds=[[0, 1], [0, 1]])).sequences("test")
    assert np.all(found[:, :, 1] == 0)


def test_an_lstm_learns_as_well_with_an_offset_and_with_an_outlier(tmp_path):
    """The first 14 steps hold the pulse that identifies the class, so that a few epochs suffice."""
    pytest.importorskip("torch")
    import lava_ahp

    settings = {"model.hidden": 16, "training.epochs": 6, "training.learning_rate": 0.03, "training.batch_size": 16}

    def accuracy(name):
        run = lava_ahp.train(case(name, steps=14), model="lstm", out=tmp_path / name, settings=settings, device="cpu")
        return run.read_metrics()["test_accuracy"]

    plain = accuracy("offset0")
    assert plain > 0.9
    assert abs(accuracy("offset1e+07") - plain) <= 0.02
    assert abs(accuracy("one_outlier2") - plain) <= 0.02
