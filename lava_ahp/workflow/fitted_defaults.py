"""Defaults of a training that follow from the amount and shape of the data: for time series alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lava_ahp.encoders import LevelCrossing
from lava_ahp.encoders.ranges import robust_range
from lava_ahp.errors import DataError
from lava_ahp.targets import ClassOfSample, ClassOfStep, Value
from lava_ahp.tasks import Task, timeseries
from lava_ahp.tasks.augmentation import Distortion
from lava_ahp.tasks.base import Signals

if TYPE_CHECKING:
    from lava_ahp.training.config import OptimisationConfig

Augment = Callable[[Signals, np.random.Generator], Signals]

#: Optimiser steps of an epoch at least, and samples of a batch at about.
EPOCH_STEPS, BATCH = 25, 32
#: Below so many training samples, series are augmented.
FEW = 1000
WARP, SCALE = 0.05, 0.05
#: Offset, drift and jitter are so large a part of the distance between two thresholds: what moves a value less leaves
#: most of the spikes as they are.  The distance counts as that of at least 12 thresholds in the range.
MOVED, LEAST_THRESHOLDS = 0.32, 12
#: Changes that a class of a whole sample bears, and others do not: a value may be a height or a speed, and labels of
#: steps would have to be warped too.
LEFT_OUT = {ClassOfSample.kind: (), ClassOfStep.kind: ("warp",), Value.kind: ("warp", "scale", "offset")}
#: A readout that answers at every step forgets within a few.
STEPS_READOUT_TAU = 5.0
#: Below so many validation samples, their accuracy says less of an epoch than the schedule of the learning rate does.
FEW_FOR_CHOICE = 50


def fitted(task: Task, model: str) -> dict[str, dict[str, Any]]:
    """Settings by section and key that follow from the data of a task; few for other tasks than time series.

    Args:
        task: with its training and validation signals.
        model: kind of model.
    """
    steps: dict[str, Any] = {"model": {"every_step": True}} if model == "lstm" and task.target.every_step else {}
    if task.name != timeseries.NAME:
        return steps
    samples, left_out = task.size("train"), LEFT_OUT[task.target.kind]
    # Batches of about the same size: a last one of a few samples would make a noisy step.
    batches = max(1, round(samples / BATCH))
    training: dict[str, Any] = {
        "batch_size": max(1, -(-samples // batches)),
        "epoch_steps": EPOCH_STEPS,
        "keep": "last" if task.size("validation") < FEW_FOR_CHOICE else "best",
        **({key: x for key, x in _augmentation(task).items() if key not in left_out} if samples < FEW else {}),
    }
    if model != "ahp":
        return {"training": training, **steps}
    # Memory for a whole series, whatever its length.
    longest = float(min(4096, max(16, task.steps)))
    fast = {"readout_tau": STEPS_READOUT_TAU} if task.target.every_step else {}
    return {"training": training, "model": {"ahp_tau": [max(4.0, longest / 16), longest], **fast}}


def _augmentation(task: Task) -> dict[str, float]:
    code: Any = task.encoder
    moved = round(MOVED / max(LEAST_THRESHOLDS, len(code.thresholds[0])), 3)
    return {"warp": WARP, "scale": SCALE, "offset": moved, "drift": moved, "jitter": moved}


def lines(task: Task, config: OptimisationConfig) -> Iterator[str]:
    """What was chosen, in one line for a terminal; nothing for other tasks than time series."""
    if task.name != timeseries.NAME:
        return
    batches = -(-task.size("train") // config.batch_size)
    passes = max(1, -(-config.epoch_steps // batches))
    augmentation = ", ".join(f"{key} {value:g}" for key, value in config.distortion.items()) or "none"
    yield (
        f"settings: {config.epochs} epochs of {passes * batches} steps, {config.batch_size} of "
        f"{task.size('train')} training samples per step, augmentation {augmentation}, "
        f"weights of the {config.keep} epoch"
    )


def check(task: Task, config: OptimisationConfig) -> None:
    """Check that the augmentation of a configuration suits a task.

    Raises:
        DataError: augmentation for a task whose signals are not series of numbers.
    """
    for key, value in config.distortion.items():
        if key == "warp" and task.target.every_step:
            raise DataError(
                f"training.warp: found {value:g}, allowed 0 with a class for every step, which has its time"
            )
        if not isinstance(task.encoder, LevelCrossing):
            raise DataError(
                f"training.{key}: found {value:g}, allowed 0 for task {task.name}, whose signals are no series of "
                "numbers"
            )


def augmented(task: Task, config: OptimisationConfig) -> Task:
    """The task with the augmentation of a configuration after its own."""
    if not config.distortion:
        return task
    low, high = robust_range(task.signals["train"])
    return replace(task, augment=_after(task.augment, Distortion(high - low, **config.distortion)))


def _after(first: Augment | None, then: Augment) -> Augment:
    return then if first is None else lambda signals, rng: then(first(signals, rng), rng)
