"""From events to the dense tensors that a step of training takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from lava_ahp.events import Events, Labelled
from lava_ahp.training.config import OptimisationConfig

#: A training split for one epoch, augmented with the generator that is given.
Draw = Callable[[np.random.Generator], Labelled]


def dense(events: Events) -> Tensor:
    """Spikes as ``float32 (sample, channel, time)``."""
    return torch.from_numpy(events.to_dense()).transpose(1, 2).float()


class Batches:
    """Batches of a split, made dense one at a time.

    Args:
        split: events and labels.
        size: samples per batch; the last may have fewer.
        order: positions in the split; None for the order it has.
    """

    def __init__(self, split: Labelled, size: int, order: np.ndarray | None = None) -> None:
        self._split, self._size = split, size
        self._order = np.arange(len(split)) if order is None else order

    def __len__(self) -> int:
        """Number of batches."""
        return -(-len(self._order) // self._size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Spikes ``(sample, channel, time)`` and classes ``int64 (sample,)``."""
        for start in range(0, len(self._order), self._size):
            batch = self._split.select(self._order[start : start + self._size])
            yield dense(batch.events), torch.from_numpy(batch.labels)


def of_epoch(draw: Draw, config: OptimisationConfig, epoch: int) -> Batches:
    """The training split of one epoch in random order: what is random depends on seed and epoch alone."""
    rng = np.random.default_rng([config.seed, epoch])
    split = draw(rng)
    split = Labelled(thin(split.events, config.input_dropout, rng), split.labels)
    return Batches(split, config.batch_size, rng.permutation(len(split)))


def thin(events: Events, share: float, rng: np.random.Generator) -> Events:
    """Without a random share of the spikes, each left out with that probability."""
    if share == 0:
        return events
    kept = rng.random(len(events.times)) >= share
    before = np.concatenate([[0], np.cumsum(kept)])
    return Events(events.channels, events.steps, before[events.offsets], events.times[kept], events.sources[kept])
