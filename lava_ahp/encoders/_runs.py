"""Build events from runs of thresholds.

In one time step a signal crosses a run of neighbouring thresholds, and each of them gives one spike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Events

#: Cells ``(sample, time, run)`` encoded at once.  This limits the memory used.
_CELLS = 2**19

#: Number of spikes and first channel of every run, both ``int64 (sample, time, run)``.  A run uses every second
#: channel, since each threshold has one channel for upward and one for downward crossings.
Runs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


def encode(signals: npt.NDArray[Any], runs: Callable[[npt.NDArray[Any]], Runs], channels: int, cells: int) -> Events:
    """Encode signals in chunks.

    Args:
        signals: ``(sample, ...)``.
        runs: returns the runs of a chunk of samples; within a time step, channels must ascend from run to run.
        channels: number of input channels.
        cells: cells per sample, ``time * run``.
    """
    chunk = max(1, _CELLS // cells)
    parts = [_events(*runs(signals[k : k + chunk])) for k in range(0, len(signals), chunk)]
    steps, counts, times, sources = (np.concatenate(part) for part in zip(*parts, strict=True))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Events(channels, steps, offsets, times, sources)


def _events(counts: npt.NDArray[np.int64], first: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[Any]]:
    """Number of time steps and number of events of every sample, then time and channel of every event."""
    samples, steps, runs = counts.shape
    spikes = counts.ravel()
    cell = np.repeat(np.arange(spikes.size), spikes)
    rank = np.arange(len(cell)) - np.repeat(np.cumsum(spikes) - spikes, spikes)
    yield np.full(samples, steps, np.int64)
    yield counts.sum(axis=(1, 2))
    yield (cell // runs % steps).astype(np.int32)
    yield (first.ravel()[cell] + 2 * rank).astype(np.int32)
