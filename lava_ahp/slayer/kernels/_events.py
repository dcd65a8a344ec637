"""Input spikes as lists: the sources whose spikes arrive at each step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError
from lava_ahp.slayer.kernels import _event_loops


class Events(NamedTuple):
    """Spikes of a few samples, ordered by the step at which they arrive.

    Attributes:
        offsets: index in ``sources`` of the first arrival of each step, ``int64 (sample, time + 1)``.
        sources: ``int32``, ascending within a step.
    """

    offsets: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int32]


def extract(spikes: npt.NDArray[np.float32], time_major: bool, first: int, last: int, delay: int) -> Events:
    """Arrivals of the samples ``first..last - 1``.

    Args:
        spikes: zeros and ones, ``(sample, time, source)`` or ``(sample, source, time)``.
        time_major: whether the axes are ``(sample, time, source)``.
        first: first sample.
        last: one past the last sample.
        delay: steps from spike to arrival; spikes that would arrive after the last step are dropped.

    Raises:
        DataError: a value other than 0 and 1.
    """
    steps, sources = spikes.shape[1:] if time_major else spikes.shape[:0:-1]
    marks = np.zeros((last - first, steps, -(-sources // 8) * 8), np.uint8)
    if not _event_loops.mark(spikes, time_major, first, marks):
        odd = spikes[(spikes != 0) & (spikes != 1)]
        raise DataError(f"input spikes: found {odd[0]}, allowed 0 and 1")
    return Events(*_event_loops.collect(marks, delay))


def none(samples: int, steps: int) -> Events:
    """No arrivals."""
    return Events(np.zeros((samples, steps + 1), np.int64), np.zeros(0, np.int32))
