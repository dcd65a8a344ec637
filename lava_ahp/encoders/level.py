"""The code of time series: any number of real signals, each with thresholds of its own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import _runs
from lava_ahp.errors import DataError
from lava_ahp.network import Events

MAX_SIGNALS, MAX_THRESHOLDS = 1024, 256

#: Share of the samples whose extremes are left out when thresholds are laid.
_OUTLIERS = 0.01


@dataclass(frozen=True)
class LevelCrossing:
    """A spike whenever one of several signals crosses one of its thresholds, then a cue that asks for the answer.

    With ``K`` thresholds per signal, channel ``2 (c K + k)`` spikes at step ``p`` where
    ``x[p - 1, c] < thresholds[c][k] <= x[p, c]``, and the channel after it where
    ``x[p - 1, c] >= thresholds[c][k] > x[p, c]``.  Before the first step a signal lies below all of its thresholds, so
    that the first step tells its level and each further one how it changed.  The last channel is the cue, which spikes
    at each of ``cue_steps`` steps after the end of the signals.

    Attributes:
        thresholds: of every signal, in its own unit, ascending; ``K`` for each.
        cue_steps: steps of the cue after the end of the signals.
    """

    thresholds: tuple[tuple[float, ...], ...]
    cue_steps: int

    name = "level_crossing"

    def __post_init__(self) -> None:
        cue = self.cue_steps
        if type(cue) is not int or not 1 <= cue <= 65535:
            raise DataError(f"encoder cue_steps: found {cue!r}, allowed 1..65535")
        object.__setattr__(self, "thresholds", _ascending(self.thresholds))

    @classmethod
    def fit(cls, signals: npt.NDArray[Any], thresholds: int, cue_steps: int) -> LevelCrossing:
        """An even grid of thresholds over the range of each signal.

        The grid is even, since quantiles would lay most thresholds where a signal lingers: they would answer to its
        noise with spikes, and to a rare pulse that tells the class with hardly one.  Its range leaves out the lowest
        and the highest hundredth of the samples (at least one of each), so that no single outlier stretches it.

        Args:
            signals: finite numbers ``(sample, time, channel)``, of the training split alone.
            thresholds: how many for each signal.
            cue_steps: steps of the cue.

        Raises:
            DataError: a signal that is the same in all samples and steps.
        """
        # In float64: integers might overflow in the difference of their extremes.
        lowest, highest = signals.min(axis=1).astype(np.float64), signals.max(axis=1).astype(np.float64)
        low = np.quantile(lowest, _OUTLIERS, axis=0, method="higher")
        high = np.quantile(highest, 1 - _OUTLIERS, axis=0, method="lower")
        # What moves in fewer samples than that is no outlier: there is nothing else.
        still = low >= high
        low, high = np.where(still, lowest.min(axis=0), low), np.where(still, highest.max(axis=0), high)
        grid = np.linspace(low, high, thresholds + 2, axis=1)[:, 1:-1]
        flat = np.flatnonzero((np.diff(grid, prepend=low[:, None], append=high[:, None]) <= 0).any(axis=1))
        if flat.size:
            c = int(flat[0])
            raise DataError(
                f"signal {c}: found {low[c]:g} to {high[c]:g} in all training samples; allowed one that changes, "
                "leave it out"
            )
        return cls(tuple(tuple(row) for row in grid.tolist()), cue_steps)

    @property
    def signals(self) -> int:
        """Signals that it encodes."""
        return len(self.thresholds)

    @property
    def channels(self) -> int:
        """Input channels: two for each threshold, and the cue."""
        return 2 * self.signals * len(self.thresholds[0]) + 1

    def steps(self, length: int) -> int:
        """Steps of a sample whose signals have ``length`` values."""
        return length + self.cue_steps

    def in_order(self, signals: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Signals ``(sample, time, channel)`` as they are read, which is as they stand."""
        return signals

    def encode(self, signals: npt.ArrayLike) -> Events:
        """Encode a batch.

        Args:
            signals: finite numbers ``(sample, time, channel)``.

        Raises:
            DataError: another shape or other values.
        """
        x = np.asarray(signals)
        if x.ndim != 3 or 0 in x.shape or x.dtype.kind not in "biuf":
            raise DataError(f"signals: found {x.dtype} {x.shape}, allowed numbers (sample, time, channel)")
        if x.shape[2] != self.signals:
            raise DataError(f"signals: {x.shape[2]} channels, the encoder has thresholds for {self.signals}")
        if not (np.isfinite(x.min()) and np.isfinite(x.max())):
            raise DataError("signals: found a value that is no number, allowed finite ones")
        return _runs.encode(x, self._runs, self.channels, (self.signals + 1) * self.steps(x.shape[1]))

    def _runs(self, x: npt.NDArray[Any]) -> _runs.Runs:
        """In every step what each signal crosses, and then the cue."""
        length, per_signal = x.shape[1], len(self.thresholds[0])
        counts = np.zeros((len(x), self.steps(length), self.signals + 1), dtype=np.int64)
        first = np.zeros_like(counts)
        for c, levels in enumerate(self.thresholds):
            after = np.searchsorted(levels, x[:, :, c], side="right")
            before = np.concatenate([np.zeros_like(after[:, :1]), after[:, :-1]], axis=1)
            counts[:, :length, c] = np.abs(after - before)
            first[:, :length, c] = 2 * (c * per_signal + np.minimum(after, before)) + (after < before)
        counts[:, length:, -1] = 1
        first[:, :, -1] = self.channels - 1
        return counts, first

    def to_json(self) -> dict[str, Any]:
        """Its description, as a network file keeps it."""
        return {
            "name": self.name,
            "thresholds": [list(levels) for levels in self.thresholds],
            "cue_steps": self.cue_steps,
        }


def _ascending(thresholds: Any) -> tuple[tuple[float, ...], ...]:
    """Thresholds of every signal, checked: they may come out of a file."""
    if not _is_list(thresholds, MAX_SIGNALS) or not all(_is_list(levels, MAX_THRESHOLDS) for levels in thresholds):
        raise DataError(
            f"encoder thresholds: allowed one list for each of 1..{MAX_SIGNALS} signals, 1..{MAX_THRESHOLDS} in each"
        )
    if len({len(levels) for levels in thresholds}) > 1:
        raise DataError("encoder thresholds: differ in number between signals, allowed the same for all")
    for c, levels in enumerate(thresholds):
        if not all(type(level) in (int, float) and abs(level) <= np.finfo(np.float64).max for level in levels):
            raise DataError(f"encoder thresholds of signal {c}: allowed finite numbers")
    found = tuple(tuple(float(level) for level in levels) for levels in thresholds)
    for c, levels in enumerate(found):
        if any(a >= b for a, b in pairwise(levels)):
            raise DataError(f"encoder thresholds of signal {c}: allowed ascending numbers, none of them twice")
    return found


def _is_list(value: Any, most: int) -> bool:
    return isinstance(value, (list, tuple)) and 1 <= len(value) <= most
