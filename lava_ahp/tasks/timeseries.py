"""A user's own time series, classified at their end: from files or from arrays in memory."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import LevelCrossing
from lava_ahp.encoders.lengths import own_steps
from lava_ahp.errors import DataError, DataWarning
from lava_ahp.tasks.base import Described, Task
from lava_ahp.tasks.lengths import REFUSE, padded
from lava_ahp.tasks.series import Series, check
from lava_ahp.tasks.sources import FORMATS, Settings, read_series

NAME = "timeseries"
DESCRIPTION = f"your own labelled series: --data {FORMATS}"

#: Thresholds of each channel, so many that all channels together have about ``MAX_INPUTS`` input channels at most.
MIN_THRESHOLDS, MAX_THRESHOLDS, MAX_INPUTS = 4, 12, 1024
#: Channels that tell the time.
TICKS = 16
#: The answer is read in the last quarter of the steps.
READOUT_SHARE = 4
#: A series is drawn out until it has so many steps, so that the network has the time to respond to every value.
MIN_STEPS = 100
#: The cue takes one step for every 14 of the series, as in sequential MNIST, and at least 12.
CUE_SHARE, MIN_CUE_STEPS = 14, 12


def load(data: Path | None, described: Described | None = None, settings: Settings | None = None) -> Task:
    """The series of a file or folder.

    Args:
        data: in one of the formats of docs/timeseries.md.  The arrays are used as :func:`from_arrays` uses them.
        described: what a network file says of the task.
        settings: what is done with missing values, and how sounds and events become series; None for the defaults.

    Raises:
        DataError: a file that is missing, damaged, or holds something else.
        BackendUnavailable: a library that the format needs is not installed.
    """
    if data is None:
        raise DataError(f"task {NAME}: needs --data, allowed {FORMATS}")
    settings = settings or Settings()
    found = read_series(data, settings)
    series = check(
        found.x,
        found.y,
        split=found.split,
        thresholds=found.thresholds,
        # A network has its own classes; those of a file only say their order.
        class_names=found.class_names,
        lengths=found.lengths,
        missing=settings.missing,
        source=found.source,
        official=found.official,
    )
    return _task(series, NAME, described)


def from_arrays(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    name: str = NAME,
    split: npt.ArrayLike | None = None,
    thresholds: npt.ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    lengths: npt.ArrayLike | None = None,
    missing: str | None = None,
    described: Described | Mapping[str, Any] | None = None,
) -> Task:
    """A task of arrays in memory; equal to the one that the same arrays give in an ``.npz`` file.

    Samples may differ in length.  Each is read out at its own end.

    To train (``described`` is None), thresholds and class weights are fitted to the training split alone.  With
    ``described``, encoder, readout steps and classes are those of a network file, nothing is fitted, and the series
    may have any length.

    Args:
        x: finite numbers ``(sample, time, channel)``, or ``(sample, time)`` for one channel.  For samples of different
            lengths, NaN in every channel after the end of a shorter one, or a list of arrays ``(time, channel)``.
        y: class of each sample, whole numbers, bools, text or bytes, ``(sample,)`` or ``(sample, 1)``.
        name: name of the task.
        split: ``train``, ``validation`` or ``test`` for each sample; None splits every class into about 70, 10 and
            20 % by a fixed seed.  Without ``validation``, an eighth of the training samples of each class is used for
            it, with a warning.
        thresholds: ascending thresholds of each channel ``(channel, threshold)``, in the unit of ``x``; None lays 4
            to 12 over the range of each channel, the fewer the more channels there are.
        class_names: names of the classes in their order; ``y`` then holds positions in it, or names that are in it.
            None takes the sorted values of ``y``.
        lengths: steps of each sample, integers ``(sample,)``; what comes after them is ignored.
        missing: what is done with NaN before the end of a sample: ``refuse`` it, ``hold`` the last value, or take
            ``zero``; None for what ``described`` says, or else ``refuse``.
        described: what a network file says of its task, ``network.task``, read or as it is.

    Raises:
        DataError: arrays of other shapes or types, values outside the allowed range, or too few samples.
    """
    described = Described.read(described) if isinstance(described, Mapping) else described
    kept = {} if described is None else dict(described.settings or {})
    # The settings of a task of another distribution mean something else.
    if name == NAME:
        missing = missing or kept.pop("missing", None)
        kept |= {} if missing in (None, REFUSE) else {"missing": missing}
    signals = _signals(x)
    task = _task(
        check(
            signals[:, :, None] if signals.ndim == 2 else signals,
            _text(_array(y, "y")),
            split=None if split is None else _text(_array(split, "split")),
            thresholds=None if thresholds is None else _array(thresholds, "thresholds"),
            class_names=class_names,
            lengths=None if lengths is None else _array(lengths, "lengths"),
            missing=missing or REFUSE,
        ),
        name,
        described,
    )
    return replace(task, settings=kept)


def _signals(x: npt.ArrayLike) -> npt.NDArray[Any]:
    """Signals as one array, also those of samples of different lengths."""
    if not isinstance(x, np.ndarray) or x.dtype.kind == "O":
        try:
            samples = [np.asarray(sample) for sample in x]  # type: ignore[union-attr]
        except (TypeError, ValueError):
            return _array(x, "x")
        if all(sample.dtype.kind in "biuf" and sample.ndim in (1, 2) for sample in samples) and samples:
            return padded(samples, "x")
    return _array(x, "x")


def _array(values: npt.ArrayLike, where: str) -> npt.NDArray[Any]:
    try:
        array: npt.NDArray[Any] = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{where}: is no array ({error}); give samples of the same length") from None
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _text(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Text of variable length, as pandas and NumPy 2 keep it, as NumPy's own type; other arrays as they are."""
    if array.dtype.kind in "OT" and all(isinstance(value, str) for value in array.flat):
        return array.astype(np.str_)
    return array


def _task(series: Series, name: str, described: Described | None) -> Task:
    return _fitted(series, name) if described is None else _as_described(series, name, described)


def _as_described(series: Series, name: str, described: Described) -> Task:
    encoder, names, steps = described.encoder, described.class_names, described.readout_steps
    if encoder is None or names is None or steps is None:
        raise DataError(f"network task {name}: allowed an encoder, window and class_names; export the network again")
    channels = series.x.shape[2]
    if encoder.signals != channels:
        raise DataError(f"{series.where('x')}: found {channels} channels, the network reads {encoder.signals}")
    labels = series.renumbered(names)
    splits = series.splits()
    return Task(
        name=name,
        signals={split: series.x[k] for split, k in splits.items()},
        labels={split: labels[k] for split, k in splits.items()},
        encoder=encoder,
        readout_steps=steps,
        class_names=names,
    )


def _fitted(series: Series, name: str) -> Task:
    where = series.where("y")
    if len(series.class_names) < 2:
        raise DataError(f"{where}: found one class only, {series.class_names[0]!r}; allowed two or more")
    splits = series.splits()
    for split, k in splits.items():
        # A caller that names the splits may keep the test samples for later.
        if len(k) == 0 and (split != "test" or series.split is None):
            raise DataError(f"{where}: no {split} samples, allowed 1 or more; 3 of each class suffice")
    notes = []
    if series.lacks_validation:
        moved, both = len(splits["validation"]), len(splits["train"]) + len(splits["validation"])
        if series.official:
            notes.append(f"data: {moved} of the {both} training samples validate, an eighth of each class, fixed seed")
        else:
            warnings.warn(
                f"{series.where('split')}: found no validation samples; took {moved} of the {both} training samples "
                "for it, by a fixed seed; mark some as validation to choose them",
                DataWarning,
                stacklevel=2,
            )
    labels = {split: series.labels[k] for split, k in splits.items()}
    counts = np.bincount(labels["train"], minlength=len(series.class_names))
    if counts.min() == 0:
        missing = series.class_names[int(counts.argmin())]
        raise DataError(f"{where}: no train samples of class {missing!r}, allowed 1 or more; 3 of each class suffice")
    signals = {split: series.x[k] for split, k in splits.items()}
    encoder = _encoder(series, signals["train"])
    return Task(
        name=name,
        signals=signals,
        labels=labels,
        encoder=encoder,
        readout_steps=_readout_steps(encoder, series.x),
        class_names=series.class_names,
        # As scikit-learn's "balanced": all classes have the same total weight, and a sample has 1 on average.
        class_weights=counts.sum() / (len(counts) * counts),
        notes=tuple(notes),
    )


def _readout_steps(encoder: LevelCrossing, signals: npt.NDArray[Any]) -> int:
    """The last quarter of the longest sample, at most the whole of the shortest one."""
    shortest = encoder.steps(int(own_steps(signals).min()))
    return max(encoder.cue_steps, min(encoder.steps(signals.shape[1]) // READOUT_SHARE, shortest))


def _encoder(series: Series, training: npt.NDArray[Any]) -> LevelCrossing:
    """The encoder with the thresholds that were given, or with some fitted to the training signals."""
    given, (_, length, channels) = series.thresholds, training.shape
    stretch = 1 if length == 1 else -(-(MIN_STEPS - 1) // (length - 1))
    steps = (length - 1) * stretch + 1
    count = max(MIN_THRESHOLDS, min(MAX_THRESHOLDS, MAX_INPUTS // (3 * channels)))
    cue_steps = max(MIN_CUE_STEPS, steps // CUE_SHARE)
    more: dict[str, Any] = {"stretch": stretch, "bands": True, "ticks": TICKS, "tick_steps": -(-steps // TICKS)}
    try:
        if given is None:
            return LevelCrossing.fit(training, count, cue_steps, **more)
        return LevelCrossing(given.tolist(), cue_steps, **more)
    except DataError as error:
        raise DataError(f"{series.where('x' if given is None else 'thresholds')}: {error}") from None
