"""Spikes as lists of the sources that spike in each step, from dense zeros and ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError
from lava_ahp.slayer.kernels._compile import compiled


class Events(NamedTuple):
    """Spikes of a few samples by the step in which they arrive.

    Attributes:
        offsets: where the arrivals of a step begin among the sources, ``int64 (sample, time + 1)``.
        sources: ``int32``, ascending within a step.
    """

    offsets: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int32]


def extract(spikes: npt.NDArray[np.float32], time_major: bool, first: int, last: int, delay: int) -> Events:
    """Arrivals of the samples ``first..last - 1``.

    Args:
        spikes: zeros and ones, ``(sample, time, source)`` or ``(sample, source, time)``.
        time_major: which of the two.
        first: sample.
        last: the sample behind the last one.
        delay: steps from spike to arrival; what would arrive behind the end is left out.

    Raises:
        DataError: another number.
    """
    steps, sources = spikes.shape[1:] if time_major else spikes.shape[:0:-1]
    marks = np.zeros((last - first, steps, -(-sources // 8) * 8), np.uint8)
    if not _mark(spikes, time_major, first, marks):
        odd = spikes[(spikes != 0) & (spikes != 1)]
        raise DataError(f"input spikes: found {odd[0]}, allowed 0 and 1")
    return Events(*_list(marks, delay))


def none(samples: int, steps: int) -> Events:
    """No arrivals."""
    return Events(np.zeros((samples, steps + 1), np.int64), np.zeros(0, np.int32))


@compiled(nogil=True)
def _mark(spikes, time_major, first, marks):  # type: ignore[no-untyped-def]
    """Where samples are not zero, ``(sample, time, source)``; False if one is neither 0 nor 1."""
    samples, steps, _ = marks.shape
    wrong = False
    for k in range(samples):
        sample = first + k
        if time_major:
            for t in range(steps):
                for j in range(spikes.shape[2]):
                    x = spikes[sample, t, j]
                    wrong |= (x != 0) & (x != 1)
                    marks[k, t, j] = x != 0
        else:
            for j in range(spikes.shape[1]):
                for t in range(steps):
                    x = spikes[sample, j, t]
                    wrong |= (x != 0) & (x != 1)
                    marks[k, t, j] = x != 0
    return not wrong


@compiled(nogil=True)
def _list(marks, delay):  # type: ignore[no-untyped-def]
    samples, steps, width = marks.shape
    words = marks.view(np.uint64)
    total = 0
    for k in range(samples):
        for t in range(steps - delay):
            count = np.int32(0)
            for j in range(width):
                count += marks[k, t, j]
            total += count  # type: ignore[assignment]
    offsets = np.empty((samples, steps + 1), np.int64)
    # One more, because writing comes before it is known whether the place is to be kept.
    sources = np.empty(total + 1, np.int32)
    place = 0
    for k in range(samples):
        for t in range(steps):
            offsets[k, t] = place
            if t >= delay:
                for w in range(width // 8):
                    if words[k, t - delay, w] != 0:
                        for j in range(8 * w, 8 * w + 8):
                            sources[place] = j
                            place += marks[k, t - delay, j]
        offsets[k, steps] = place
    return offsets, sources
