"""Events from runs of neighbouring thresholds, which is what a signal crosses in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Events

#: Cells (sample, step, run) encoded at a time, which bounds the memory that the work takes.
_CELLS = 2**19

#: Number of spikes and first channel of every run, both ``(sample, time, run)``; the spikes of a run stand on every
#: second channel, since each threshold has one channel for either direction.
Runs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


def encode(signals: npt.NDArray[Any], runs: Callable[[npt.NDArray[Any]], Runs], channels: int, cells: int) -> Events:
    """Encode signals in chunks.

    Args:
        signals: ``(sample, ...)``.
        runs: the runs of some samples; the channels of a step must ascend from run to run.
        channels: input channels.
        cells: of one sample, ``time * run``.
    """
    chunk = max(1, _CELLS // cells)
    parts = [_events(*runs(signals[k : k + chunk])) for k in range(0, len(signals), chunk)]
    steps, counts, times, sources = (np.concatenate(part) for part in zip(*parts, strict=True))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Events(channels, steps, offsets, times, sources)


def _events(counts: npt.NDArray[np.int64], first: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[Any]]:
    """Steps and events of every sample, then time and channel of every event."""
    samples, steps, runs = counts.shape
    spikes = counts.ravel()
    cell = np.repeat(np.arange(spikes.size), spikes)
    rank = np.arange(len(cell)) - np.repeat(np.cumsum(spikes) - spikes, spikes)
    yield np.full(samples, steps, np.int64)
    yield counts.sum(axis=(1, 2))
    yield (cell // runs % steps).astype(np.int32)
    yield (first.ravel()[cell] + 2 * rank).astype(np.int32)
