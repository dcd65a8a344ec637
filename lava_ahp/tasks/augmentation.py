"""Random changes of time series that leave their class alone, for training on few samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders.lengths import own_steps, running

#: A series is warped in so many parts of the same length, and drifts from corner to corner of so many.
_WARP_PARTS, _DRIFT_PARTS = 5, 7


@dataclass(frozen=True, eq=False)
class Distortion:
    """Warps, scales and shifts every series and adds slow and fast noise, all at random.

    Attributes:
        width: the unit of shifts and noise for each channel, ``float64 (channel,)``: the width of its range.
        warp: how unevenly time runs: standard deviation of the logarithm of the speed in each fifth of a series.  First
            and last value keep their places.
        scale: standard deviation of the logarithm of the factor by which a channel deviates from its mean over time.
        offset: standard deviation of the shift of a channel, in widths.
        drift: standard deviation of a shift that changes linearly between 8 points in time, in widths.
        jitter: standard deviation of the noise of each value, in widths.
    """

    width: npt.NDArray[np.float64]
    warp: float = 0.0
    scale: float = 0.0
    offset: float = 0.0
    drift: float = 0.0
    jitter: float = 0.0

    def __call__(self, signals: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[Any]:
        """Changed signals ``float64 (sample, time, channel)``; every call draws all of its numbers anew.

        Shorter samples have NaN after their end, and keep it.
        """
        samples, steps, channels = signals.shape
        own = own_steps(signals)
        x = _read_at(signals.astype(np.float64), self._warped(own, steps, rng))
        x[~running(own, steps)] = np.nan
        mean = np.nanmean(x, axis=1, keepdims=True)
        x = mean + (x - mean) * np.exp(self.scale * rng.standard_normal((samples, 1, channels)))
        noise = self.offset * rng.standard_normal((samples, 1, channels))
        corners = rng.standard_normal((samples, _DRIFT_PARTS + 1, channels))
        places = np.broadcast_to(np.linspace(0, _DRIFT_PARTS, steps), (samples, steps))
        noise = noise + self.drift * _read_at(corners, places)
        changed: npt.NDArray[np.float64] = x + self.width * (noise + self.jitter * rng.standard_normal(x.shape))
        return changed

    def _warped(self, own: npt.NDArray[np.int64], steps: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
        """Place in the series that is read at each step, ``(sample, time)``; at most the last of its ``own`` steps."""
        speed = np.exp(self.warp * rng.standard_normal((len(own), _WARP_PARTS)))
        ends = np.concatenate([np.zeros((len(own), 1)), np.cumsum(speed, axis=1)], axis=1)
        last = (own - 1)[:, None]
        ends *= last / ends[:, -1:]
        parts = np.minimum(np.arange(steps) / np.maximum(last, 1), 1) * _WARP_PARTS
        places: npt.NDArray[np.float64] = np.minimum(_read_at(ends[:, :, None], parts)[:, :, 0], last)
        return places


def _read_at(x: npt.NDArray[np.float64], places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Values ``(sample, place, channel)`` of ``x (sample, time, channel)`` between its steps, linearly."""
    before = np.floor(places).astype(np.int64)
    after = np.ceil(places).astype(np.int64)
    share = (places - before)[:, :, None]
    sample = np.arange(len(x))[:, None]
    found: npt.NDArray[np.float64] = x[sample, before] * (1 - share) + x[sample, after] * share
    return found
