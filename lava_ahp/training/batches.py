"""Splits of a data set as models read them, and their batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.encoders import Encoder
from lava_ahp.encoders.lengths import own_steps
from lava_ahp.errors import DataError
from lava_ahp.network import Events, Labelled
from lava_ahp.training.config import OptimisationConfig


class Split(Protocol):
    """Samples in the form that a model reads, and their labels.

    Attributes:
        labels: as the target of the task takes them in training, by default classes ``int64 (sample,)``.
    """

    @property
    def labels(self) -> npt.NDArray[Any]:
        """Labels of each sample, ``(sample, ...)``."""

    @property
    def channels(self) -> int:
        """Number of channels."""

    @property
    def readouts(self) -> int:
        """Number of readout steps of the shortest sample."""

    @property
    def steps(self) -> npt.NDArray[np.int64]:
        """Steps of each sample, ``int64 (sample,)``; the tensor of several samples has those of the longest."""

    def __len__(self) -> int:
        """Number of samples."""

    def select(self, samples: npt.ArrayLike) -> Split:
        """The given samples, in the given order."""

    def thinned(self, share: float, rng: np.random.Generator) -> Split:
        """A copy without a random fraction ``share`` of the input spikes."""

    def tensor(self) -> Tensor:
        """All samples in the form that the model reads, sample by sample.

        Spikes are so placed that all samples end in the last step.
        """


class SpikeSplit(Labelled):
    """Encoded samples, for a spiking network."""

    @property
    def channels(self) -> int:
        """Number of input channels."""
        return self.events.channels

    @property
    def readouts(self) -> int:
        """Number of steps of the shortest sample: a spiking network has a readout in every step."""
        return int(self.events.steps.min())

    @property
    def steps(self) -> npt.NDArray[np.int64]:
        """Steps of each sample, ``int64 (sample,)``."""
        return self.events.steps

    def select(self, samples: npt.ArrayLike) -> SpikeSplit:
        """The given samples, in the given order."""
        chosen = super().select(samples)
        return SpikeSplit(chosen.events, chosen.labels)

    def thinned(self, share: float, rng: np.random.Generator) -> SpikeSplit:
        """A copy in which each spike is dropped with probability ``share``."""
        if share == 0:
            return self
        events = self.events
        kept = rng.random(len(events.times)) >= share
        before = np.concatenate([[0], np.cumsum(kept)])
        thin = Events(events.channels, events.steps, before[events.offsets], events.times[kept], events.sources[kept])
        return SpikeSplit(thin, self.labels)

    def tensor(self) -> Tensor:
        """All samples, zeros and ones, ``float32 (sample, channel, time)``.

        All of them end in the last step; a shorter sample is silent before its first one.  The readout is therefore in
        the last steps for every sample, and nothing comes after its end.
        """
        return torch.from_numpy(self.events.ending_together().to_dense()).transpose(1, 2).float()


@dataclass(frozen=True, eq=False)
class SignalSplit:
    """Signals, for a model that reads them without an encoder.

    Attributes:
        signals: ``float32 (sample, time, channel)``; NaN in every channel after the end of a shorter sample.
        labels: ``(sample, ...)``, see :class:`Split`.

    Raises:
        DataError: the numbers of samples and labels differ.
    """

    signals: npt.NDArray[np.float32]
    labels: npt.NDArray[Any]

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.signals):
            raise DataError(f"labels: found {len(self.labels)} for {len(self.signals)} samples; give one per sample")

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.signals.shape[2]

    @property
    def readouts(self) -> int:
        """1: an LSTM has one readout, after the last step."""
        return 1

    @property
    def steps(self) -> npt.NDArray[np.int64]:
        """Steps of each sample, ``int64 (sample,)``."""
        return own_steps(self.signals)

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.signals)

    def select(self, samples: npt.ArrayLike) -> SignalSplit:
        """The given samples, in the given order."""
        index = np.asarray(samples)
        return SignalSplit(self.signals[index], self.labels[index])

    def thinned(self, share: float, rng: np.random.Generator) -> SignalSplit:
        """The same samples: there are no spikes to drop."""
        return self

    def tensor(self) -> Tensor:
        """All samples, ``float32 (sample, channel, time)``."""
        return torch.from_numpy(self.signals).transpose(1, 2)


@dataclass(frozen=True, eq=False)
class StorySplit:
    """Stories with questions, for a model that encodes each distinct sentence of a batch only once.

    Attributes:
        stories: word numbers, -1 for none, ``int16 (sample, slot + 1, word)``; the last row is the question.
        labels: ``int64 (sample,)``.
        encoder: the encoder of the task.

    Raises:
        DataError: the numbers of stories and labels differ.
    """

    stories: npt.NDArray[np.int16]
    labels: npt.NDArray[np.int64]
    encoder: Encoder

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.stories):
            raise DataError(f"labels: found {len(self.labels)} for {len(self.stories)} stories; give one per story")

    @property
    def channels(self) -> int:
        """Number of input channels of the network on a chip."""
        return self.encoder.channels

    @property
    def readouts(self) -> int:
        """Number of steps of every sample: a spiking network has a readout in every step."""
        return self.encoder.steps(self.stories.shape[1])

    @property
    def steps(self) -> npt.NDArray[np.int64]:
        """Steps of each sample, ``int64 (sample,)``, all the same."""
        return np.full(len(self), self.readouts, dtype=np.int64)

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.stories)

    def select(self, samples: npt.ArrayLike) -> StorySplit:
        """The given samples, in the given order."""
        index = np.asarray(samples)
        return StorySplit(self.stories[index], self.labels[index], self.encoder)

    def thinned(self, share: float, rng: np.random.Generator) -> StorySplit:
        """The same samples: words are not dropped."""
        return self

    def tensor(self) -> Tensor:
        """All samples, ``int16 (sample, slot + 1, word)``."""
        return torch.from_numpy(self.stories)


#: Makes the training split of one epoch; the generator is for augmentation.
Draw = Callable[[np.random.Generator], Split]


class Part(NamedTuple):
    """Index and number of the processes that share each batch; by default one process."""

    rank: int = 0
    processes: int = 1


class Batch(NamedTuple):
    """Samples that a model reads at once.

    Attributes:
        read: input of the model, as :meth:`Split.tensor` gives it.
        labels: ``(sample, ...)``, see :class:`Split`.
        idle: steps before the first one of each shorter sample, summed over samples.  No neuron spikes in them, and
            they do not count in its firing rate.
        counted: 1, or 0 for a sample that stands in for none, which neither trains nor is scored.
    """

    read: Tensor
    labels: Tensor
    idle: int = 0
    counted: int = 1


class Batches:
    """Batches of a split, or the part of each batch that one process gets.  Only one batch is dense at a time.

    Every process needs a part of every batch, because all processes synchronise in each step.  If a batch has fewer
    samples than there are processes, some processes get a sample that is not counted.

    Args:
        split: the samples.
        size: samples per batch over all processes; the last batch may have fewer.
        part: which part of each batch.
        order: ``int64 (sample,)``, positions in the split; None for the order of the split.
    """

    def __init__(self, split: Split, size: int, part: Part, order: npt.NDArray[np.int64] | None = None) -> None:
        self._split, self._size, self._part = split, size, part
        self._order = np.arange(len(split)) if order is None else order

    def __len__(self) -> int:
        """Number of batches."""
        return -(-len(self._order) // self._size)

    def __iter__(self) -> Iterator[Batch]:
        """Batch by batch, or this process's part of each."""
        for start in range(0, len(self._order), self._size):
            whole = self._order[start : start + self._size]
            mine = np.array_split(whole, self._part.processes)[self._part.rank]
            batch = self._split.select(mine if len(mine) else whole[:1])
            idle = int((batch.steps.max() - batch.steps).sum())
            yield Batch(batch.tensor(), torch.from_numpy(batch.labels), idle, int(len(mine) > 0))


class Passes:
    """The batches of several passes over a split, one after the other.

    Args:
        passes: one or more.
    """

    def __init__(self, passes: Sequence[Batches]) -> None:
        self._passes = passes

    def __len__(self) -> int:
        """Number of batches."""
        return sum(map(len, self._passes))

    def __iter__(self) -> Iterator[Batch]:
        """As in :class:`Batches`."""
        for one in self._passes:
            yield from one


def of_epoch(draw: Draw, config: OptimisationConfig, epoch: int, part: Part) -> Passes:
    """The passes of one epoch over the training split, each drawn anew and in random order.

    There are as many as give ``config.epoch_steps`` batches or more.  All randomness depends only on the seed and the
    epoch.
    """
    rng = np.random.default_rng([config.seed, epoch])
    passes: list[Batches] = []
    while not passes or len(passes) * len(passes[0]) < config.epoch_steps:
        split = draw(rng).thinned(config.input_dropout, rng)
        passes.append(Batches(split, config.batch_size, part, rng.permutation(len(split))))
    return Passes(passes)
