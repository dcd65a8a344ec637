"""From events or signals to the dense tensors that a step of training takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.errors import DataError
from lava_ahp.network import Events, Labelled
from lava_ahp.training.config import OptimisationConfig


@dataclass(frozen=True, eq=False)
class Sequences:
    """Signals and their classes, for a model that reads no spikes.

    Attributes:
        signals: ``float32 (sample, time, channel)``.
        labels: ``int64 (sample,)``.

    Raises:
        DataError: as many labels as samples are not there.
    """

    signals: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.signals):
            raise DataError(f"labels: {len(self.labels)} for {len(self.signals)} samples; make them equal")

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.signals)

    def select(self, samples: npt.ArrayLike) -> Sequences:
        """The given samples, in the given order."""
        index = np.asarray(samples)
        return Sequences(self.signals[index], self.labels[index])


#: What a model learns from: spikes, or signals.
Split = Labelled | Sequences

#: A training split for one epoch, augmented with the generator that is given.
Draw = Callable[[np.random.Generator], Split]

#: Label of a sample that counts for nothing; torch's cross-entropy ignores it.
IGNORED = -100


class Part(NamedTuple):
    """Which of several processes takes its part of every batch; by default the only one."""

    rank: int = 0
    processes: int = 1


def dense(events: Events) -> Tensor:
    """Spikes as ``float32 (sample, channel, time)``."""
    return torch.from_numpy(events.to_dense()).transpose(1, 2).float()


def channels(split: Split) -> int:
    """Channels of what a model reads."""
    return split.events.channels if isinstance(split, Labelled) else split.signals.shape[2]


def steps(split: Split) -> tuple[int, int]:
    """Steps of the shortest and of the longest sample."""
    if isinstance(split, Labelled):
        return int(split.events.steps.min()), int(split.events.steps.max())
    return split.signals.shape[1], split.signals.shape[1]


class Batches:
    """Batches of a split, or the parts of them that are for one process, made dense one at a time.

    Every process gets as many parts as there are batches, since all wait for one another in every step.  Where a batch
    has fewer samples than there are processes, some get one sample of it whose label is :data:`IGNORED`.

    Args:
        split: spikes or signals, and labels.
        size: samples per batch, of all processes together; the last may have fewer.
        part: the process whose parts these are.
        order: positions in the split; None for the order it has.
    """

    def __init__(self, split: Split, size: int, part: Part, order: np.ndarray | None = None) -> None:
        self._split, self._size, self._part = split, size, part
        self._order = np.arange(len(split)) if order is None else order

    def __len__(self) -> int:
        """Number of batches."""
        return -(-len(self._order) // self._size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """What a model reads, ``float32 (sample, channel, time)``, and classes ``int64 (sample,)``."""
        for start in range(0, len(self._order), self._size):
            whole = self._order[start : start + self._size]
            mine = np.array_split(whole, self._part.processes)[self._part.rank]
            batch = self._split.select(mine if len(mine) else whole[:1])
            labels = torch.from_numpy(batch.labels)
            if isinstance(batch, Labelled):
                read = dense(batch.events)
            else:
                read = torch.from_numpy(batch.signals).transpose(1, 2)
            yield read, labels if len(mine) else torch.full_like(labels, IGNORED)


def of_epoch(draw: Draw, config: OptimisationConfig, epoch: int, part: Part) -> Batches:
    """The training split of one epoch in random order: what is random depends on seed and epoch alone."""
    rng = np.random.default_rng([config.seed, epoch])
    split = draw(rng)
    if isinstance(split, Labelled):
        split = Labelled(thin(split.events, config.input_dropout, rng), split.labels)
    return Batches(split, config.batch_size, part, rng.permutation(len(split)))


def thin(events: Events, share: float, rng: np.random.Generator) -> Events:
    """Without a random share of the spikes, each left out with that probability."""
    if share == 0:
        return events
    kept = rng.random(len(events.times)) >= share
    before = np.concatenate([[0], np.cumsum(kept)])
    return Events(events.channels, events.steps, before[events.offsets], events.times[kept], events.sources[kept])
