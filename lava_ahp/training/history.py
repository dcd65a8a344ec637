"""What a run reports, epoch by epoch."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Protocol

from lava_ahp import files


@dataclass(frozen=True)
class Epoch:
    """One epoch.

    Attributes:
        epoch: counted from 1.
        loss: mean cross-entropy of the training split, while it was trained on.
        accuracy: of the training split, while it was trained on, ``0..1``.
        rate: spikes per hidden neuron and step in the training split; 0 for an LSTM.
        validation_loss: cross-entropy of the validation split after the epoch.
        validation_accuracy: of the 8-bit network, or the LSTM, after the epoch, ``0..1``.
        synops: synaptic operations of the 8-bit network per sample of the validation split; 0 for an LSTM.
        learning_rate: at the end of the epoch.
        seconds: wall clock that the epoch took, validation included.
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

    def better_than(self, other: Epoch | None) -> bool:
        """Whether these are the weights to keep: by validation accuracy, then by validation loss."""
        return other is None or (self.validation_accuracy, -self.validation_loss) > (
            other.validation_accuracy,
            -other.validation_loss,
        )


class Progress(Protocol):
    """What follows a run; a bar, lines, or nothing."""

    def start(self, epochs: int, done: int) -> None:
        """Before the first epoch, ``done`` of ``epochs`` being behind already."""

    def batch(self, done: int, batches: int) -> None:
        """After every batch of an epoch."""

    def epoch(self, epoch: Epoch) -> None:
        """After every epoch, once its files are written."""

    def stopped(self, epochs: int, best: int) -> None:
        """Where training stops early, or an earlier run has: after so many epochs, the best being that one."""


def best(history: Sequence[Epoch]) -> Epoch | None:
    """The epoch whose weights are kept as the best."""
    found: Epoch | None = None
    for epoch in history:
        if epoch.better_than(found):
            found = epoch
    return found


def patience_is_over(history: Sequence[Epoch], patience: int) -> bool:
    """Whether so many epochs have passed since the best; never for a patience of 0."""
    found = best(history)
    return found is not None and 0 < patience <= len(history) - found.epoch


def write_csv(path: Path, history: Sequence[Epoch]) -> None:
    """All epochs so far as CSV, a column per attribute of :class:`Epoch`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Epoch)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(epoch) for epoch in history)
    files.write_text(path, text.getvalue())
