"""A batch of spike trains as lists of events, and conversion from other forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network._arrays import integers

MAX_STEPS = 2**31 - 1

#: Events that are checked at a time, which bounds the memory needed.
_BLOCK = 2**20


@dataclass(frozen=True, eq=False)
class Events:
    """Spikes of a batch of samples, sorted by sample, then time, then channel, without repeats.

    Attributes:
        channels: number of channels, which is the size of the input population.
        steps: ``int64 (sample,)``, steps of every sample.
        offsets: ``int64 (sample + 1,)``; events of sample ``k`` are ``offsets[k]:offsets[k + 1]``.
        times: ``int32 (event,)``, ``0..steps - 1``.
        sources: ``int32 (event,)``, channel of every event.

    Raises:
        SpecError: an event outside its sample or its channels, or events out of order.
    """

    channels: int
    steps: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    times: npt.NDArray[np.int32]
    sources: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        if self.channels < 1:
            raise SpecError(f"events: {self.channels} channels, allowed 1 or more")
        if len(self.steps) == 0:
            raise SpecError("events: no samples, allowed 1 or more")
        if self.steps.min() < 1 or self.steps.max() > MAX_STEPS:
            raise SpecError(f"events: a sample of {self.steps.min()} steps, allowed 1..{MAX_STEPS}")
        if len(self.offsets) != len(self.steps) + 1 or self.offsets[0] != 0 or np.any(np.diff(self.offsets) < 0):
            raise SpecError("events: offsets must ascend from 0, one more than samples")
        if not len(self.times) == len(self.sources) == self.offsets[-1]:
            raise SpecError(
                f"events: {len(self.times)} times, {len(self.sources)} channels, offsets end at {self.offsets[-1]}"
            )
        if len(self.times) == 0:
            return
        if self.sources.min() < 0 or self.sources.max() >= self.channels:
            bad = self.sources[(self.sources < 0) | (self.sources >= self.channels)][0]
            raise SpecError(f"events: channel {bad}, allowed 0..{self.channels - 1}")
        for first in range(0, len(self.times), _BLOCK):
            self._check_block(first, min(first + _BLOCK, len(self.times)))

    def _check_block(self, first: int, last: int) -> None:
        """Check times and order of the events ``first..last - 1`` and of the one before them."""
        first = max(first - 1, 0)
        times, sources = self.times[first:last], self.sources[first:last]
        sample = np.searchsorted(self.offsets, np.arange(first, last), side="right") - 1
        outside = (times < 0) | (times >= self.steps[sample])
        if outside.any():
            k = int(np.flatnonzero(outside)[0])
            raise SpecError(
                f"events: sample {sample[k]} has a spike at step {times[k]}, allowed 0..{self.steps[sample[k]] - 1}"
            )
        key = times.astype(np.int64) * self.channels + sources
        if np.any((key[1:] <= key[:-1]) & (sample[1:] == sample[:-1])):
            raise SpecError("events: not sorted by time and channel, or repeated; use Events.from_lists")

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.steps)

    @classmethod
    def from_dense(cls, spikes: Any) -> Events:
        """From ``(sample, time, channel)`` zeros and ones, in NumPy or torch.

        Raises:
            SpecError: another shape, an empty batch, or values other than 0 and 1.
        """
        if hasattr(spikes, "detach"):
            spikes = spikes.detach().cpu().numpy()
        array = np.asarray(spikes)
        if array.ndim != 3 or 0 in array.shape:
            raise SpecError(f"spikes: found shape {array.shape}, allowed (sample, time, channel), none of them 0")
        if array.dtype.kind not in "biuf":
            raise SpecError(f"spikes: found {array.dtype}, allowed boolean, or zeros and ones")
        if array.dtype != bool and np.any((array != 0) & (array != 1)):
            bad = array[(array != 0) & (array != 1)].flat[0]
            raise SpecError(f"spikes: found the value {bad}, allowed 0 and 1 (spikes are unary)")
        samples, steps, channels = array.shape
        sample, times, sources = np.nonzero(array)
        offsets = np.concatenate([[0], np.cumsum(np.bincount(sample, minlength=samples))])
        return cls(
            channels,
            np.full(samples, steps, np.int64),
            offsets.astype(np.int64),
            times.astype(np.int32),
            sources.astype(np.int32),
        )

    @classmethod
    def from_lists(cls, samples: Sequence[Any], channels: int, steps: int | Sequence[int]) -> Events:
        """From one array ``(event, 2)`` of ``(time, channel)`` per sample, in any order; repeats count once.

        Args:
            samples: one array per sample; an empty one has no spikes.
            channels: number of channels.
            steps: steps of every sample, or of each.
        """
        all_steps = integers(steps, "steps of a list of samples")
        if all_steps.shape not in ((), (len(samples),)):
            raise SpecError(f"steps of a list of samples: found shape {all_steps.shape}, allowed one or {len(samples)}")
        lists = []
        for k, sample in enumerate(samples):
            array = integers(sample, f"events of sample {k}") if len(sample) else np.zeros((0, 2), dtype=np.int64)
            if array.ndim != 2 or array.shape[1] != 2:
                raise SpecError(f"events of sample {k}: found shape {array.shape}, allowed (event, 2): time, channel")
            lists.append(np.unique(array, axis=0))
        events = np.concatenate(lists) if lists else np.zeros((0, 2), np.int64)
        if events.size and (events.min() < 0 or events.max() > MAX_STEPS):
            raise SpecError(f"events: found {events.min()}..{events.max()}, allowed times and channels from 0")
        offsets = np.concatenate([[0], np.cumsum([len(e) for e in lists])]).astype(np.int64)
        all_steps = np.broadcast_to(all_steps, len(samples)).copy()
        return cls(channels, all_steps, offsets, events[:, 0].astype(np.int32), events[:, 1].astype(np.int32))

    def to_dense(self) -> npt.NDArray[np.bool_]:
        """``bool (sample, time, channel)``, False beyond the end of a shorter sample."""
        spikes = np.zeros((len(self), int(self.steps.max()), self.channels), dtype=bool)
        spikes[np.repeat(np.arange(len(self)), np.diff(self.offsets)), self.times, self.sources] = True
        return spikes

    def ending_together(self) -> Events:
        """The same spikes, with silence before every shorter sample, so that all samples end in the last step.

        A network without bias stays in its all-zero state until a spike arrives.  For each sample it therefore computes
        what it computes for this sample alone, only later.
        """
        longest = self.steps.max()
        if np.all(self.steps == longest):
            return self
        delay = np.repeat((longest - self.steps).astype(np.int32), np.diff(self.offsets))
        return Events(self.channels, np.full_like(self.steps, longest), self.offsets, self.times + delay, self.sources)

    def select(self, samples: npt.ArrayLike) -> Events:
        """The given samples, in the given order; numbers, or one truth value for every sample."""
        index = _sample_numbers(samples, len(self))
        lengths = np.diff(self.offsets)[index]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        gather = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - self.offsets[index], lengths)
        return Events(self.channels, self.steps[index], offsets, self.times[gather], self.sources[gather])


def _sample_numbers(samples: npt.ArrayLike, count: int) -> npt.NDArray[np.int64]:
    chosen = np.asarray(samples)
    if chosen.dtype == bool and chosen.shape == (count,):
        chosen = np.flatnonzero(chosen)
    index = np.atleast_1d(integers(chosen, "samples")) if chosen.size else np.zeros(0, dtype=np.int64)
    if index.size and (index.min() < 0 or index.max() >= count):
        raise SpecError(f"samples: found {index.min()}..{index.max()}, allowed 0..{count - 1}")
    return index


def concatenate(batches: Sequence[Events]) -> Events:
    """One batch of all samples, in order.

    Raises:
        SpecError: batches of different channels, or none.
    """
    channels = {batch.channels for batch in batches}
    if len(channels) != 1:
        raise SpecError(f"events: batches of {sorted(channels)} channels, allowed one number")
    ends = np.cumsum([len(batch.times) for batch in batches])
    offsets = [batch.offsets[1:] + end - len(batch.times) for batch, end in zip(batches, ends, strict=True)]
    return Events(
        channels.pop(),
        np.concatenate([batch.steps for batch in batches]),
        np.concatenate([[0], *offsets]).astype(np.int64),
        np.concatenate([batch.times for batch in batches]),
        np.concatenate([batch.sources for batch in batches]),
    )


@dataclass(frozen=True, eq=False)
class Labelled:
    """Spike trains with their classes.

    Attributes:
        events: the spikes.
        labels: ``int64 (sample,)``, or other labels with a row for each sample.

    Raises:
        SpecError: the number of labels differs from the number of samples.
    """

    events: Events
    labels: npt.NDArray[Any]

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.events):
            raise SpecError(f"labels: found {len(self.labels)}, allowed {len(self.events)}, one per sample")

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.events)

    def select(self, samples: npt.ArrayLike) -> Labelled:
        """The given samples, in the given order; numbers, or one truth value for every sample."""
        return Labelled(self.events.select(samples), self.labels[_sample_numbers(samples, len(self))])


def as_events(spikes: Any, channels: int | None = None, steps: int | Sequence[int] | None = None) -> Events:
    """Convert any accepted form to :class:`Events`.

    Args:
        spikes: Events, a dense array or torch tensor ``(sample, time, channel)``, or a list of ``(event, 2)`` arrays.
        channels: channels of the network; required for a list, checked for the other forms.
        steps: steps of all samples, or of each; required for a list.

    Raises:
        SpecError: a form, shape or value that cannot be used.
    """
    if isinstance(spikes, Events):
        events = spikes
    elif isinstance(spikes, (list, tuple)) and (not spikes or np.ndim(spikes[0]) == 2 or np.size(spikes[0]) == 0):
        if channels is None or steps is None:
            raise SpecError("spikes: a list of event arrays does not state its channels and steps; pass steps=")
        events = Events.from_lists(spikes, channels, steps)
    else:
        events = Events.from_dense(spikes)
    if channels is not None and events.channels != channels:
        raise SpecError(f"spikes: {events.channels} channels, the network's input has {channels}")
    return events
