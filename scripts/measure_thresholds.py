"""Compare thresholds of time series, an even grid and quantiles, on three kinds of signals.

Prints the table of docs/timeseries.md:

    python scripts/measure_thresholds.py
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

import lava_ahp
from lava_ahp import tasks
from lava_ahp.encoders import LevelCrossing

SAMPLES, EPOCHS, SEEDS, THRESHOLDS = 900, 30, (0, 1), 8


def pulses(rng):
    """The class is the channel, of three, with the first pulse."""
    y = rng.integers(3, size=SAMPLES)
    x = rng.normal(0, 0.1, size=(SAMPLES, 200, 3))
    for sample, first in zip(x, y, strict=True):
        later = rng.permutation(np.delete(np.arange(3), first))
        for channel, (low, high) in zip([first, *later], [(5, 15), (20, 40), (45, 60)], strict=True):
            start = rng.integers(low, high)
            sample[start : start + 3, channel] += 1
    return x, y


def waves(rng):
    """The class is the waveform: noisy sine, square, sawtooth or triangle, with random phase, period and amplitude."""
    y = rng.integers(4, size=SAMPLES)
    u = (rng.uniform(0.02, 0.05, (SAMPLES, 1)) * np.arange(150) + rng.uniform(0, 1, (SAMPLES, 1))) % 1
    shapes = np.stack([np.sin(2 * np.pi * u), np.sign(u - 0.5), 2 * u - 1, 4 * np.abs(u - 0.5) - 1])
    x = shapes[y, np.arange(SAMPLES)] * rng.uniform(0.6, 1.2, (SAMPLES, 1)) + rng.normal(0, 0.25, u.shape)
    return x[..., None], y


def heavy_tails(rng):
    """The class is the coefficient of an autoregression; the noise is Student's t with two degrees of freedom."""
    y = rng.integers(3, size=SAMPLES)
    x, drive = np.zeros((SAMPLES, 120)), rng.standard_t(2.0, (SAMPLES, 120))
    for t in range(1, 120):
        x[:, t] = np.array([-0.6, 0.2, 0.8])[y] * x[:, t - 1] + drive[:, t]
    return x[..., None], y


def quantiles(x, count, cue_steps):
    levels = np.quantile(x, np.arange(1, count + 1) / (count + 1), axis=(0, 1)).T
    return LevelCrossing(tuple(map(tuple, levels.tolist())), cue_steps)


def accuracy(task, seed):
    """Accuracy of the best epoch on the test split."""
    settings = [f"training.seed={seed}", f"training.epochs={EPOCHS}"]
    with tempfile.TemporaryDirectory() as folder:
        network = lava_ahp.export(lava_ahp.train(task, out=folder, settings=settings, device="cpu"))
    return lava_ahp.evaluate(network, task.signals["test"], task.labels["test"]).accuracy


def main():
    encoders = {"even grid": LevelCrossing.fit, "quantiles": quantiles}
    found = {name: [] for name in encoders}
    others = np.random.default_rng(5)
    for make, rng in ((pulses, np.random.default_rng(1)), (waves, others), (heavy_tails, others)):
        x, y = make(rng)
        with tempfile.TemporaryDirectory() as folder:
            np.savez(Path(folder) / "series.npz", x=x.astype(np.float32), y=y)
            task = tasks.load_task("timeseries", Path(folder) / "series.npz")
        for name, fit_encoder in encoders.items():
            encoded = replace(task, encoder=fit_encoder(task.signals["train"], THRESHOLDS, task.encoder.cue_steps))
            found[name].append(", ".join(f"{100 * accuracy(encoded, seed):.1f}" for seed in SEEDS) + " %")
            print(f"{make.__name__}: {name} {found[name][-1]}", flush=True)
    print(f"| {THRESHOLDS} thresholds | the pulses above | a noisy wave in four shapes | autoregression, heavy tails |")
    print("|---|---|---|---|")
    for name, cells in found.items():
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
