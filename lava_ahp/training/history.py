"""Results of a run, epoch by epoch."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, Protocol

from lava_ahp import files


@dataclass(frozen=True)
class Epoch:
    """Results of one epoch.

    A score is the share of right answers, or for values the share of the variance that they explain.

    Attributes:
        epoch: counted from 1.
        loss: mean loss on the training split, measured during the epoch: cross-entropy, or squared error of values in
            standard deviations.
        accuracy: score on the training split, measured during the epoch, at most 1.
        rate: spikes per hidden neuron and step on the training split; 0 for an LSTM.
        validation_loss: mean loss on the validation split after the epoch.
        validation_accuracy: score of the 8-bit network (or LSTM) on the validation split after the epoch, at most 1.
        synops: synaptic operations of the 8-bit network per validation sample; 0 for an LSTM.
        learning_rate: at the end of the epoch.
        seconds: wall-clock time of the epoch, including validation.
        score: name of the score in files and texts: ``accuracy``, or ``r2`` of values.
    """

    epoch: int
    loss: float
    accuracy: float
    rate: float
    validation_loss: float
    validation_accuracy: float
    synops: float
    learning_rate: float
    seconds: float
    score: str = "accuracy"

    def better_than(self, other: Epoch | None) -> bool:
        """Whether this epoch is better than another: by validation score, then by validation loss.

        An epoch with a loss that is not finite is never better.
        """
        if not (math.isfinite(self.loss) and math.isfinite(self.validation_loss)):
            return False
        return other is None or (self.validation_accuracy, -self.validation_loss) > (
            other.validation_accuracy,
            -other.validation_loss,
        )


class Progress(Protocol):
    """Receives progress reports of a run."""

    def start(self, epochs: int, done: int) -> None:
        """Called before training, with the number of epochs and how many of them an earlier run completed."""

    def batch(self, done: int, batches: int) -> None:
        """Called after every batch, with the completed and the total batches of the epoch."""

    def epoch(self, epoch: Epoch) -> None:
        """Called after every epoch, once its files are written."""

    def stopped(self, epochs: int, best: int) -> None:
        """Called if training stops early or did so in an earlier run, with the number of epochs and the best epoch."""


def best(history: Sequence[Epoch]) -> Epoch | None:
    """The best epoch, the first of equal ones; None for an empty history."""
    found: Epoch | None = None
    for epoch in history:
        if epoch.better_than(found):
            found = epoch
    return found


def kept(history: Sequence[Epoch], keep: Literal["best", "last"]) -> Epoch | None:
    """The epoch whose weights a run ends with so far; None for an empty history."""
    if keep == "best":
        return best(history)
    return history[-1] if history else None


def patience_exhausted(history: Sequence[Epoch], patience: int) -> bool:
    """Whether at least ``patience`` epochs have passed since the best one.  A patience of 0 is never exhausted."""
    found = best(history)
    return found is not None and 0 < patience <= len(history) - found.epoch


def write_csv(path: Path, history: Sequence[Epoch]) -> None:
    """Write all epochs as CSV, one column per attribute of :class:`Epoch`; the score is in the name of its columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [field.name for field in fields(Epoch) if field.name != "score"]
    score = history[0].score if history else "accuracy"
    writer.writerow(name.replace("accuracy", score) for name in names)
    writer.writerows([getattr(epoch, name) for name in names] for epoch in history)
    files.write_text(path, text.getvalue())
