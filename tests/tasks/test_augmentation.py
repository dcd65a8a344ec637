"""Random changes of training series: what they leave alone, and what of a task they touch."""

import numpy as np
import pytest

from lava_ahp import tasks
from lava_ahp.tasks.augmentation import Distortion

X = np.random.default_rng(3).normal(size=(40, 30, 2))
WIDTH = np.array([2.0, 10.0])


def distorted(x=X, seed=0, **settings):
    return Distortion(WIDTH, **settings)(x, np.random.default_rng(seed))


def test_without_strength_nothing_changes():
    assert np.allclose(distorted(), X, rtol=0, atol=1e-12)


def test_the_generator_decides_and_the_signals_stay():
    before = X.copy()
    settings = {"warp": 0.3, "scale": 0.1, "offset": 0.1, "drift": 0.1, "jitter": 0.1}
    assert np.array_equal(distorted(**settings), distorted(**settings))
    assert not np.array_equal(distorted(**settings), distorted(seed=1, **settings))
    assert np.array_equal(X, before)


def test_warped_time_keeps_order_and_ends():
    ramp = np.broadcast_to(np.arange(30.0)[None, :, None], X.shape)
    found = distorted(ramp, warp=0.5)
    assert np.allclose(found[:, [0, -1]], ramp[:, [0, -1]])
    assert (np.diff(found, axis=1) > 0).all()
    assert np.array_equal(found[..., 0], found[..., 1])
    assert found.std(axis=0).max() > 1


def test_a_scaled_channel_keeps_its_mean_and_shape():
    found = distorted(scale=0.2)
    assert np.allclose(found.mean(axis=1), X.mean(axis=1))
    factor = (found - found.mean(axis=1, keepdims=True)) / (X - X.mean(axis=1, keepdims=True))
    assert np.allclose(factor, factor[:, :1])
    assert np.log(factor[:, 0]).std() == pytest.approx(0.2, rel=0.3)


@pytest.mark.parametrize(("name", "steps_alike"), [("offset", True), ("drift", False), ("jitter", False)])
def test_noise_is_in_widths_of_the_channel(name, steps_alike):
    change = distorted(**{name: 0.5}) - X
    assert np.allclose(change, change[:, :1]) == steps_alike
    assert change.std(axis=(0, 1)) == pytest.approx(0.5 * WIDTH, rel=0.3)


@pytest.mark.parametrize("steps", [1, 2])
def test_series_of_one_and_two_values(steps):
    assert distorted(X[:, :steps], warp=0.3, drift=0.1).shape == (40, steps, 2)


def test_whole_numbers_are_not_rounded_or_wrapped():
    x = np.full((3, 9, 2), 127, dtype=np.int8)
    assert distorted(x, offset=0.5).max() > 127


def test_only_training_samples_are_changed():
    task = tasks.from_arrays(X, np.arange(40) % 2)
    from lava_ahp.training.config import OptimisationConfig
    from lava_ahp.workflow.fitted_defaults import augmented

    found = augmented(task, OptimisationConfig(jitter=0.2))
    rng = np.random.default_rng
    assert not np.array_equal(found.training(rng(0)).events.times, task.split("train").events.times)
    assert np.array_equal(found.split("validation").events.times, task.split("validation").events.times)
    assert not np.array_equal(found.sequences("train", rng(0)), task.sequences("train"))
    assert augmented(task, OptimisationConfig()) is task


def test_shorter_samples_keep_their_ends():
    x = np.cumsum(np.random.default_rng(0).normal(size=(4, 20, 2)), axis=1)
    x[1, 8:] = np.nan
    x[2, 1:] = np.nan
    found = Distortion(np.ones(2), warp=0.3, scale=0.1, offset=0.1, drift=0.1, jitter=0.1)(x, np.random.default_rng(1))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(x))
    warped = Distortion(np.ones(2), warp=0.3)(x, np.random.default_rng(1))
    for sample, last in enumerate((19, 7, 0, 19)):
        np.testing.assert_allclose(warped[sample, [0, last]], x[sample, [0, last]])
