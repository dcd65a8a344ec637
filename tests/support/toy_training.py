"""A task small enough for quick training runs.  As a script it trains, also as one of several processes."""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from lava_ahp import training
from lava_ahp.network import Events
from lava_ahp.training.checkpoint import BEST, LAST

STEPS, CHANNELS, CLASSES = 20, 6, 3
CONFIG = {
    "task": {"name": "toy"},
    "model": {"hidden": [12], "ahp_tau": [5, 40], "input_gain": 2.0, "learn": ["ahp_decay", "ahp_strength"]},
    "training": {"epochs": 4, "batch_size": 16, "learning_rate": 0.1, "input_dropout": 0.05},
}


def toy(rng, samples=48):
    """Each class has its own channel with more spikes than the others."""
    labels = rng.integers(0, CLASSES, samples)
    rate = np.full((samples, 1, CHANNELS), 0.1)
    rate[np.arange(samples), 0, labels] = 0.6
    return training.SpikeSplit(Events.from_dense(rng.random((samples, STEPS, CHANNELS)) < rate), labels)


VALIDATION = toy(np.random.default_rng(1), samples=50)


def run(out, *, train=toy, **changed):
    sections = {name: {**CONFIG[name], **changed.pop(name, {})} for name in ("model", "training")}
    config = training.TrainConfig.of({**CONFIG, **sections})
    options = {"train": train, "validation": VALIDATION, "classes": CLASSES, "readout_steps": 5, "device": "cpu"}
    if "class_weights" in changed:
        changed["class_weights"] = np.array(changed["class_weights"])
    return training.fit(config, out=out, **{**options, **changed})


def weights(out, name):
    from safetensors.torch import load_file

    return load_file(out / name)


def same_run(one, other):
    """Equal weights and equal tables, except for the seconds."""
    for name in (BEST, LAST):
        mine, theirs = weights(one, name), weights(other, name)
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[key], theirs[key]) for key in mine), name
    without_clock = [
        [line.rpartition(",")[0] for line in (out / "history.csv").read_text().splitlines()] for out in (one, other)
    ]
    assert without_clock[0] == without_clock[1]


class Stop(Exception):
    pass


class StopAt:
    """Progress that raises after a number of epochs, or at a batch of the next epoch."""

    def __init__(self, epochs, batch=None):
        self.left, self.at, self.started, self.stops = epochs, batch, None, []

    def start(self, epochs, done):
        self.started = (epochs, done)

    def batch(self, done, batches):
        if self.left == 0 and done == self.at:
            raise Stop

    def epoch(self, epoch):
        self.left -= 1
        if self.left == 0 and self.at is None:
            raise Stop

    def stopped(self, epochs, best):
        self.stops.append((epochs, best))


def failing(rng):
    """Prints rank and threads, and fails in the second epoch of the second process."""
    from lightning.fabric.utilities.rank_zero import rank_zero_only

    from lava_ahp.slayer.kernels import cpu

    failing.epochs = getattr(failing, "epochs", 0) + 1
    print(f"rank {rank_zero_only.rank}: torch {torch.get_num_threads()}, kernels {cpu._threads}", flush=True)
    if failing.epochs == 2 and rank_zero_only.rank == 1:
        raise ValueError("the second process fails")
    return toy(rng)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("options", type=json.loads, help="keyword arguments of run()")
    parser.add_argument("--samples", type=int, default=48)
    parser.add_argument("--failing", action="store_true")
    given = parser.parse_args()
    run(given.out, train=failing if given.failing else lambda rng: toy(rng, given.samples), **given.options)
