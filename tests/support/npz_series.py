"""A small labelled time series as an .npz file: helpers and fixtures."""

import numpy as np
import pytest

from lava_ahp import tasks

STEPS, CHANNELS = 20, 2


def series(samples=60, seed=0, names=("rise", "fall", "rest"), shares=(0.6, 0.3, 0.1), steps=STEPS):
    """Arrays x and y: each class has a drift of its own, and the last class is rare."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(len(names)), [round(samples * share) for share in shares])
    push = np.array([[1, 0], [-1, 1], [0, -1]])[label]
    x = rng.normal(0, 0.2, size=(len(label), steps, CHANNELS)) + np.linspace(0, 1, steps)[:, None] * push[:, None]
    order = rng.permutation(len(label))
    return {"x": x[order].astype(np.float32), "y": np.array(names)[label[order]]}


@pytest.fixture(name="save")
def fixture_save(tmp_path):
    def write(name="some.npz", **arrays):
        np.savez_compressed(tmp_path / name, **arrays)
        return tmp_path / name

    return write


@pytest.fixture(name="file")
def fixture_file(save):
    return save(**series())


def load(path, description=None):
    return tasks.load_task("timeseries", path, description)
