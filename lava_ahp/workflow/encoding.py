"""Samples of a task's split, encoded once."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import Encoder
from lava_ahp.errors import DataError, DataWarning
from lava_ahp.network import Events
from lava_ahp.tasks import Task
from lava_ahp.workflow.indices import Indices, positions


@dataclass(frozen=True, eq=False)
class Batch:
    """Samples of a task's split, encoded once.

    Attributes:
        task: where they come from.
        split: of the task.
        indices: their positions in the split, ``int64 (sample,)``.
        events: their spikes.
        labels: their labels, by default classes ``int64 (sample,)``.
    """

    task: Task
    split: str
    indices: npt.NDArray[np.int64]
    events: Events
    labels: npt.NDArray[Any]

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.labels)

    def part(self, first: int, last: int) -> Batch:
        """The samples ``first..last - 1``."""
        return self.select(np.arange(first, last))

    def select(self, kept: npt.NDArray[np.int64]) -> Batch:
        """The samples at some positions of the batch, ``int64 (sample,)``."""
        return Batch(self.task, self.split, self.indices[kept], self.events.select(kept), self.labels[kept])


def encode(task: Task, split: str = "test", samples: int | None = None, indices: Indices | None = None) -> Batch:
    """Encode samples of a split.

    Warns with a :class:`lava_ahp.errors.DataWarning` if their values are far from the thresholds of the encoder.

    Args:
        task: where they come from.
        split: ``train``, ``validation`` or ``test``.
        samples: the first so many; None for all.
        indices: positions in the split instead, or a file of them.

    Raises:
        DataError: an unknown split, or samples outside it.
    """
    size = task.size(split)
    if indices is not None:
        index = positions(indices)
    elif samples is not None and samples > size:
        raise DataError(f"samples: found {samples}, {task.name} {split} has {size}")
    else:
        index = np.arange(size if samples is None else samples)
    chosen = task.split(split, index)
    warn_of_misfit(task.encoder, task.signals[split][index], f"{task.name} {split} data")
    return Batch(task, split, index, chosen.events, chosen.labels)


def warn_of_misfit(encoder: Encoder, signals: npt.NDArray[Any], name: str) -> None:
    """Warn with a :class:`lava_ahp.errors.DataWarning` if signals are far from the thresholds of an encoder.

    Args:
        encoder: the encoder of a network.
        signals: what it will encode.
        name: what the signals are, in the plural.
    """
    found = encoder.misfit(signals)
    if found is not None:
        warnings.warn(
            f"{name} are far from those that the network was fitted to: {found}; "
            "check units, offsets and the order of channels",
            DataWarning,
            stacklevel=4,
        )
