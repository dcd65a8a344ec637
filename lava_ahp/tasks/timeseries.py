"""Time series of a user's own, classified at their end: one ``.npz`` with signals and classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import LevelCrossing
from lava_ahp.errors import DataError
from lava_ahp.tasks.base import SPLITS, Described, Task
from lava_ahp.tasks.npz import read_npz

NAME = "timeseries"
DESCRIPTION = "your own series: --data FILE.npz with x (sample, time, channel) and y (sample,)"

THRESHOLDS = 8
#: The cue takes one step for every 14 of the series, as in sequential MNIST, and no fewer than 12.
CUE_SHARE, MIN_CUE_STEPS = 14, 12
#: Every class is cut in the same proportions; the seed is part of the task.
SPLIT_SEED, TEST_SHARE, VALIDATION_SHARE = 20220421, 0.2, 0.1

MAX_CHANNELS, MAX_STEPS, MAX_SAMPLE_VALUES, MAX_CLASSES = 1024, 2**16, 2**22, 1000
#: Largest magnitude of a value: what float32 holds, with room for differences.
MAX_VALUE = 1e38


@dataclass(frozen=True, eq=False)
class Series:
    """What a file holds.

    Attributes:
        x: numbers ``(sample, time, channel)``.
        labels: ``int64 (sample,)``, positions in the class names.
        class_names: names of the classes, numbers in their order, text in alphabetical order.
        split: name of every sample's split, or None where the file does not say.
        thresholds: ``(channel, threshold)``, or None where the file does not say.
    """

    x: npt.NDArray[Any]
    labels: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    split: npt.NDArray[np.str_] | None
    thresholds: npt.NDArray[Any] | None


def load(data: Path | None, described: Described | None = None) -> Task:
    """The series of a file, in the splits that it names or else in stratified ones of about 70, 10 and 20 %.

    To train (``described`` is None), thresholds and class weights are taken from the training split alone.  For a
    network file, its thresholds and classes hold instead, and the file may hold other series, of any length.

    Args:
        data: an ``.npz`` with ``x``, ``y``, and if wanted ``split`` and ``thresholds`` (see docs/timeseries.md).
        described: what a network file says of the task.

    Raises:
        DataError: a file that is missing, damaged, or holds something else.
    """
    if data is None or data.is_dir():
        found = "" if data is None else f", found the directory {data}"
        raise DataError(f"task {NAME}: needs --data FILE.npz with x (sample, time, channel) and y (sample,){found}")
    series = read(data)
    if described is None:
        return _fitted(series, data)
    encoder, names, steps = described.encoder, described.class_names, described.readout_steps
    if not isinstance(encoder, LevelCrossing) or names is None or steps is None:
        raise DataError(f"network task {NAME}: allowed a level_crossing encoder with window and class_names")
    if encoder.signals != series.x.shape[2]:
        raise DataError(
            f"{data} x: found {series.x.shape[2]} channels, the network file has thresholds for {encoder.signals}"
        )
    index = _index(series)
    labels = _renumbered(series, names, data)
    return Task(
        name=NAME,
        signals={split: series.x[k] for split, k in index.items()},
        labels={split: labels[k] for split, k in index.items()},
        encoder=encoder,
        readout_steps=steps,
        class_names=names,
    )


def _fitted(series: Series, path: Path) -> Task:
    if len(series.class_names) < 2:
        raise DataError(f"{path} y: found one class only, {series.class_names[0]!r}; allowed two or more")
    index = _index(series)
    for split, k in index.items():
        if len(k) == 0:
            raise DataError(f"{path}: no {split} samples, allowed 1 or more; 3 of each class suffice")
    labels = {split: series.labels[k] for split, k in index.items()}
    counts = np.bincount(labels["train"], minlength=len(series.class_names))
    if counts.min() == 0:
        name = series.class_names[int(counts.argmin())]
        raise DataError(f"{path}: no train samples of class {name!r}, allowed 1 or more; 3 of each class suffice")
    signals = {split: series.x[k] for split, k in index.items()}
    cue_steps = max(MIN_CUE_STEPS, series.x.shape[1] // CUE_SHARE)
    try:
        if series.thresholds is None:
            encoder = LevelCrossing.fit(signals["train"], THRESHOLDS, cue_steps)
        else:
            encoder = LevelCrossing(series.thresholds.tolist(), cue_steps)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    return Task(
        name=NAME,
        signals=signals,
        labels=labels,
        encoder=encoder,
        readout_steps=cue_steps,
        class_names=series.class_names,
        # As scikit-learn's "balanced": all classes together weigh the same, and a sample 1 on average.
        class_weights=counts.sum() / (len(counts) * counts),
    )


def _index(series: Series) -> dict[str, npt.NDArray[np.int64]]:
    """Positions of the samples of every split, ascending."""
    if series.split is not None:
        return {split: np.flatnonzero(series.split == split) for split in SPLITS}
    # RandomState, whose stream NumPy keeps for ever: the test samples of a trained network must stay what they were.
    random = np.random.RandomState(SPLIT_SEED)
    parts: dict[str, list[npt.NDArray[np.int64]]] = {split: [] for split in SPLITS}
    for label in range(len(series.class_names)):
        members = random.permutation(np.flatnonzero(series.labels == label))
        test, validation = (max(1, round(share * len(members))) for share in (TEST_SHARE, VALIDATION_SHARE))
        parts["test"].append(members[:test])
        parts["validation"].append(members[test : test + validation])
        parts["train"].append(members[test + validation :])
    return {split: np.sort(np.concatenate(found)) for split, found in parts.items()}


def _renumbered(series: Series, class_names: tuple[str, ...], path: Path) -> npt.NDArray[np.int64]:
    """Labels as positions in the classes that a network has."""
    known = {name: k for k, name in enumerate(class_names)}
    for name in series.class_names:
        if name not in known:
            raise DataError(f"{path} y: found the class {name!r}, the network knows {', '.join(class_names):.80}")
    return np.array([known[name] for name in series.class_names], dtype=np.int64)[series.labels]


def read(path: Path) -> Series:
    """Read and check a file.

    Raises:
        DataError: a file that is missing, damaged, or holds something else.
    """
    arrays = read_npz(path, ("x", "y"), ("split", "thresholds"))
    x, y, split, thresholds = arrays["x"], arrays["y"], arrays.get("split"), arrays.get("thresholds")
    _check_signals(x, f"{path} x")
    if y.shape != x.shape[:1] or y.dtype.kind not in "biuU":
        raise DataError(f"{path} y: found {y.dtype} {y.shape}, allowed whole numbers or text of shape {x.shape[:1]}")
    classes, labels = np.unique(y, return_inverse=True)
    names = tuple(str(name) for name in classes.tolist())
    if len(names) > MAX_CLASSES or not all(name.isprintable() for name in names):
        raise DataError(f"{path} y: found {len(names)} classes, allowed {MAX_CLASSES}, with names that can be printed")
    if split is not None and (split.shape != y.shape or not set(np.unique(split).tolist()) <= set(SPLITS)):
        raise DataError(f"{path} split: allowed {', '.join(SPLITS)} for each of {len(y)} samples; or leave it out")
    if thresholds is not None and (thresholds.ndim != 2 or len(thresholds) != x.shape[2]):
        raise DataError(f"{path} thresholds: found {thresholds.shape}, allowed ({x.shape[2]}, thresholds)")
    return Series(x, labels.astype(np.int64), names, split, thresholds)


def _check_signals(x: npt.NDArray[Any], where: str) -> None:
    if x.ndim != 3 or 0 in x.shape or x.dtype.kind not in "biuf":
        raise DataError(f"{where}: found {x.dtype} {x.shape}, allowed numbers (sample, time, channel), none of them 0")
    _, steps, channels = x.shape
    if steps > MAX_STEPS or channels > MAX_CHANNELS or steps * channels > MAX_SAMPLE_VALUES:
        raise DataError(
            f"{where}: found {steps} steps of {channels} channels, allowed {MAX_STEPS} steps, {MAX_CHANNELS} channels, "
            f"{MAX_SAMPLE_VALUES} values in a sample"
        )
    # Extremes first: where they are fine, so is all between, and no array of the size of x is needed.
    if not (abs(float(x.min())) <= MAX_VALUE and abs(float(x.max())) <= MAX_VALUE):
        for k, sample in enumerate(x):
            bad = ~(np.abs(sample.astype(np.float64)) <= MAX_VALUE)
            if bad.any():
                step, channel = np.argwhere(bad)[0]
                raise DataError(
                    f"{where}: found {sample[step, channel]} (sample {k}, step {step}, channel {channel}), "
                    f"allowed finite numbers up to {MAX_VALUE:g}"
                )
