"""What is fitted to a user's training series: thresholds, class weights, and the scale of values."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import LevelCrossing
from lava_ahp.encoders.lengths import own_steps
from lava_ahp.errors import DataError, DataWarning
from lava_ahp.targets import UNLABELLED, ClassOfSample, ClassOfStep, Target, Value
from lava_ahp.tasks.base import Task
from lava_ahp.tasks.series import Series

#: Thresholds of each channel: the largest number, or ``THRESHOLDS_IN_ALL`` divided among few channels; and the smallest
#: one, where all channels together would have more than ``MAX_INPUTS`` input channels.
MIN_THRESHOLDS, MAX_THRESHOLDS, THRESHOLDS_IN_ALL, MAX_INPUTS = 4, 12, 32, 1024
#: Channels that tell the time.
TICKS = 16
#: The answer is read in the last quarter of the steps.
READOUT_SHARE = 4
#: A series is drawn out until it has so many steps, so that the network has the time to respond to every value.
MIN_STEPS = 100
#: The cue takes one step for every 14 of the series, as in sequential MNIST, and at least 12.
CUE_SHARE, MIN_CUE_STEPS = 14, 12
#: Steps from a step with a class to the answer to it.
SHIFT = 5


def fitted(series: Series, name: str, shift: int) -> Task:
    """The task of some series: encoder, class weights, and mean and spread of values follow from the training split.

    Args:
        series: with labels.
        name: name of the task.
        shift: steps from a step with a class to the answer to it; 0 for the default.

    Raises:
        DataError: too few samples, or a class, a value or a channel that does not occur or vary.
    """
    where, kind, names = series.where("y"), series.labels.target, series.labels.names
    if kind != Value.kind and len(names) < 2:
        raise DataError(f"{where}: found one class only, {names[0]!r}; allowed two or more")
    splits = series.splits()
    for split, k in splits.items():
        # A caller that names the splits may keep the test samples for later.
        if len(k) == 0 and (split != "test" or series.split is None):
            raise DataError(f"{where}: no {split} samples, allowed 1 or more; 3 of each class suffice")
    labels = {split: series.labels.values[k] for split, k in splits.items()}
    signals = {split: series.x[k] for split, k in splits.items()}
    every_step = kind == ClassOfStep.kind
    encoder = _encoder(series, signals["train"], (shift or SHIFT) if every_step else None)
    target: Target = ClassOfSample()
    if every_step:
        target = ClassOfStep(encoder.cue_steps, encoder.stretch)
    elif kind == Value.kind:
        target = Value.fit(labels["train"], where)
    return Task(
        name=name,
        signals=signals,
        labels=labels,
        encoder=encoder,
        readout_steps=encoder.steps(series.x.shape[1]) if every_step else _readout_steps(encoder, series.x),
        class_names=names,
        target=target,
        class_weights=None if kind == Value.kind else _class_weights(labels["train"], names, where),
        notes=tuple(_notes(series, splits)),
    )


def cue_steps_of(steps: int) -> int:
    """Steps of the cue after a sample of so many steps."""
    return max(MIN_CUE_STEPS, steps // CUE_SHARE)


def _class_weights(labels: npt.NDArray[np.int64], names: Sequence[str], where: str) -> npt.NDArray[np.float64]:
    """As scikit-learn's "balanced": all classes have the same total weight, and a sample or step has 1 on average."""
    counts = np.bincount(labels[labels != UNLABELLED], minlength=len(names))
    if counts.min() == 0:
        missing = names[int(counts.argmin())]
        raise DataError(f"{where}: no train samples of class {missing!r}, allowed 1 or more; 3 of each class suffice")
    weights: npt.NDArray[np.float64] = counts.sum() / (len(counts) * counts)
    return weights


def _notes(series: Series, splits: Mapping[str, npt.NDArray[np.int64]]) -> Iterator[str]:
    """What a user should know of the data; warns of validation samples that were taken."""
    if series.lacks_validation:
        moved, both = len(splits["validation"]), len(splits["train"]) + len(splits["validation"])
        if series.official:
            each = "an eighth of each class" if series.labels.target == ClassOfSample.kind else "an eighth"
            yield f"data: {moved} of the {both} training samples validate, {each}, fixed seed"
        else:
            warnings.warn(
                f"{series.where('split')}: found no validation samples; took {moved} of the {both} training samples "
                "for it, by a fixed seed; mark some as validation to choose them",
                DataWarning,
                stacklevel=3,
            )
    if series.labels.target == ClassOfStep.kind:
        steps = int(own_steps(series.x).sum())
        labelled = int((series.labels.values != UNLABELLED).sum())
        yield f"data: {labelled} of {steps} steps have a label, of {len(series.labels.names)} classes"
    if series.labels.target == Value.kind:
        count = len(series.labels.names)
        yield f"data: {count} value{'s' * (count != 1)} per sample"


def _readout_steps(encoder: LevelCrossing, signals: npt.NDArray[Any]) -> int:
    """The last quarter of the longest sample, at most the whole of the shortest one."""
    shortest = encoder.steps(int(own_steps(signals).min()))
    return max(encoder.cue_steps, min(encoder.steps(signals.shape[1]) // READOUT_SHARE, shortest))


def _encoder(series: Series, training: npt.NDArray[Any], cue: int | None) -> LevelCrossing:
    """The encoder with the thresholds that were given, or with some fitted to the training signals.

    The cue has so many steps; None for some that follow from the length.
    """
    given, (_, length, channels) = series.thresholds, training.shape
    stretch = 1 if length == 1 else -(-(MIN_STEPS - 1) // (length - 1))
    steps = (length - 1) * stretch + 1
    most = max(MAX_THRESHOLDS, THRESHOLDS_IN_ALL // channels)
    count = max(MIN_THRESHOLDS, min(most, MAX_INPUTS // (3 * channels)))
    cue_steps = cue_steps_of(steps) if cue is None else cue
    more: dict[str, Any] = {"stretch": stretch, "bands": True, "ticks": TICKS, "tick_steps": -(-steps // TICKS)}
    try:
        if given is None:
            return LevelCrossing.fit(training, count, cue_steps, **more)
        return LevelCrossing(given.tolist(), cue_steps, **more)
    except DataError as error:
        raise DataError(f"{series.where('x' if given is None else 'thresholds')}: {error}") from None
