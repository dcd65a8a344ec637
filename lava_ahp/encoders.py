"""From signals to spikes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError
from lava_ahp.events import Events

#: Samples encoded at a time, which bounds the memory that the work takes.
_CHUNK = 250


@dataclass(frozen=True)
class ThresholdCrossing:
    """A spike whenever the signal crosses a threshold, then a cue that asks for the answer.

    The code of Rao et al. 2022 (arXiv 2107.03992) for sequential MNIST.  Thresholds are
    ``floor(linspace(0, maximum, thresholds))``.  At step ``p`` channel ``2 k`` spikes where
    ``x[p] < threshold[k] <= x[p + 1]`` and channel ``2 k + 1`` where ``x[p] >= threshold[k] > x[p + 1]``, for every
    ``k`` but the first and the last.  The last channel but one spikes while ``x[p] == maximum``; the last is the cue,
    which spikes at each of ``cue_steps`` further steps.  Channels 0 and 1 stay silent.

    Attributes:
        thresholds: how many.
        maximum: largest value of the signal.
        cue_steps: steps of the cue after the end of the signal.
    """

    thresholds: int = 40
    maximum: int = 255
    cue_steps: int = 56

    name = "threshold_crossing"

    def __post_init__(self) -> None:
        for field, low in (("thresholds", 3), ("maximum", 1), ("cue_steps", 1)):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= 65535:
                raise DataError(f"encoder {field}: found {value!r}, allowed {low}..65535")
        if len(np.unique(self.levels)) < self.thresholds:
            raise DataError(f"encoder thresholds: {self.thresholds} do not fit in 0..{self.maximum} without repeats")

    @property
    def levels(self) -> npt.NDArray[np.int64]:
        """The thresholds, ``int64 (threshold,)``."""
        return np.floor(np.linspace(0, self.maximum, self.thresholds)).astype(np.int64)

    @property
    def channels(self) -> int:
        """Input channels: two for each threshold."""
        return 2 * self.thresholds

    def steps(self, length: int) -> int:
        """Steps of a sample whose signal has ``length`` values."""
        return length + self.cue_steps

    def encode(self, signals: npt.ArrayLike) -> Events:
        """Encode a batch.

        Args:
            signals: integers ``0..maximum``, ``(sample, time)``.

        Raises:
            DataError: another shape or values out of range.
        """
        x = np.asarray(signals)
        if x.ndim != 2 or 0 in x.shape or x.dtype.kind not in "iu":
            raise DataError(f"signals: found {x.dtype} {x.shape}, allowed integers (sample, time)")
        if x.min() < 0 or x.max() > self.maximum:
            raise DataError(f"signals: found {x.min()}..{x.max()}, allowed 0..{self.maximum}")
        steps = self.steps(x.shape[1])
        chunks = [self._encode(x[k : k + _CHUNK], steps) for k in range(0, len(x), _CHUNK)]
        counts, times, sources = (np.concatenate(part) for part in zip(*chunks, strict=True))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Events(self.channels, np.full(len(x), steps, np.int64), offsets, times, sources)

    def _encode(self, x: npt.NDArray[Any], steps: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
        """Events of a chunk in order: ``(events per sample, times, channels)``."""
        # How many of the inner thresholds each value reaches: crossing from l to m passes thresholds l+1..m.
        reached = np.searchsorted(self.levels[1:-1], np.arange(self.maximum + 1), side="right")[x]
        before, after = reached[:, :-1], reached[:, 1:]
        crossed = np.zeros((len(x), steps), dtype=np.int64)
        lowest = np.zeros_like(crossed)
        falling = np.zeros_like(crossed)
        last = x.shape[1] - 1
        crossed[:, :last] = np.abs(after - before)
        lowest[:, :last] = np.minimum(after, before) + 1
        falling[:, :last] = after < before
        extra = np.zeros_like(crossed)
        extra[:, : x.shape[1]] = x == self.maximum
        extra[:, x.shape[1] :] = 1
        extra_channel = np.full(steps, self.channels - 1)
        extra_channel[: x.shape[1]] = self.channels - 2

        per_step = (crossed + extra).ravel()
        cell = np.repeat(np.arange(per_step.size), per_step)
        rank = np.arange(len(cell)) - np.repeat(np.cumsum(per_step) - per_step, per_step)
        times = (cell % steps).astype(np.int32)
        crossing = 2 * (lowest.ravel()[cell] + rank) + falling.ravel()[cell]
        sources = np.where(rank < crossed.ravel()[cell], crossing, extra_channel[times]).astype(np.int32)
        return (crossed + extra).sum(axis=1), times, sources

    def to_json(self) -> dict[str, Any]:
        """Its description, as a network file keeps it."""
        return {"name": self.name, **asdict(self)}


def from_json(description: Mapping[str, Any]) -> ThresholdCrossing:
    """The encoder that a network file describes.

    Raises:
        DataError: an unknown encoder or parameter.
    """
    values = dict(description)
    name = values.pop("name", None)
    if name != ThresholdCrossing.name:
        raise DataError(f"encoder: found {name!r}, allowed {ThresholdCrossing.name!r}")
    try:
        return ThresholdCrossing(**values)
    except TypeError as error:
        raise DataError(f"encoder {name}: {error}") from None
