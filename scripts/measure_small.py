"""Train the defaults of time series on small data sets of the UCR archive, beside nearest neighbour.

The folder holds NAME_TRAIN.ts and NAME_TEST.ts.  The first command compares settings on the training split alone, by
three stratified folds; the second one looks at the test split:

    python scripts/measure_small.py FOLDER --folds --sets ArrowHead GunPoint --set training.warp=0.2
    python scripts/measure_small.py FOLDER
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold

import lava_ahp
from lava_ahp import tasks
from lava_ahp.tasks.lengths import padded

SETS = ("ArrowHead", "ItalyPowerDemand", "GunPoint", "BasicMotions", "JapaneseVowels")


def read(path):
    """Series ``(time, channel)`` and their classes."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = lines[[line.strip().lower() for line in lines].index("@data") + 1 :]
    found, classes = [], []
    for row in rows:
        *channels, label = row.strip().split(":")
        found.append(np.array([[float(value) for value in channel.split(",")] for channel in channels]).T)
        classes.append(label)
    return found, np.array(classes)


def load(folder, name):
    (train, y_train), (test, y_test) = (read(folder / f"{name}_{part}.ts") for part in ("TRAIN", "TEST"))
    series = padded([*train, *test], name)
    return series[: len(train)], y_train, series[len(train) :], y_test


def held(series):
    last = (~np.isnan(series[:, :, 0])).sum(axis=1) - 1
    times = np.minimum(np.arange(series.shape[1]), last[:, None])
    return np.take_along_axis(series, times[:, :, None], axis=1)


def neighbour(x, y, x_test, y_test):
    """Accuracy of the nearest training sample by Euclidean distance, in per cent; series keep their last value."""
    a, b = (held(series).reshape(len(series), -1) for series in (x, x_test))
    distance = (a**2).sum(axis=1) - 2 * b @ a.T
    return 100 * (y[distance.argmin(axis=1)] == y_test).mean()


def trained(x, y, x_test, y_test, seed, settings):
    """Accuracy of the 8-bit network in per cent, and seconds of processor time."""
    started = time.process_time()
    split = np.repeat(["train", "test"], [len(y), len(y_test)])
    task = tasks.from_arrays(np.concatenate([x, x_test]), np.concatenate([y, y_test]), split=split)
    with tempfile.TemporaryDirectory() as folder:
        run = lava_ahp.train(task, out=folder, settings=[*settings, f"training.seed={seed}"])
        seconds = time.process_time() - started
        network = lava_ahp.export(run)
        return 100 * lava_ahp.evaluate(network, x_test, y_test).accuracy, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--folds", action="store_true", help="three folds of the training split, one per seed")
    parser.add_argument("--set", dest="settings", action="append", default=[])
    given = parser.parse_args()
    print("| data set | samples, steps, channels | nearest neighbour | " + "accuracy, by seed | seconds |")
    print("|---|---|---|---|---|")
    for name in given.sets:
        x, y, x_test, y_test = load(given.folder, name)
        cases = [(x, y, x_test, y_test)] * len(given.seeds)
        if given.folds:
            folds = StratifiedKFold(3, shuffle=True, random_state=0).split(x, y)
            cases = [(x[a], y[a], x[b], y[b]) for a, b in folds]
        base = np.mean([neighbour(*case) for case in cases])
        found = [trained(*case, seed, given.settings) for case, seed in zip(cases, given.seeds, strict=False)]
        shown = ", ".join(f"{accuracy:.1f}" for accuracy, _ in found)
        shape = ", ".join(map(str, x.shape))
        print(f"| {name} | {shape} | {base:.1f} | {shown} | {max(s for _, s in found):.0f} |", flush=True)


if __name__ == "__main__":
    main()
