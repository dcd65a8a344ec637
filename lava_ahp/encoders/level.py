"""The encoder for time series: any number of real-valued signals, each with its own thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import _runs, ranges
from lava_ahp.errors import DataError, shorten
from lava_ahp.network import Events

MAX_SIGNALS, MAX_THRESHOLDS, MAX_STRETCH, MAX_TICKS = 1024, 256, 256, 256


@dataclass(frozen=True)
class LevelCrossing:
    """Spikes when a signal crosses one of its thresholds, followed by a cue that asks for the answer.

    With ``K`` thresholds per signal, channel ``2 (c K + k)`` spikes at step ``p`` if
    ``x[p - 1, c] < thresholds[c][k] <= x[p, c]``, and the next channel spikes if
    ``x[p - 1, c] >= thresholds[c][k] > x[p, c]``.  Before the first step, a signal counts as below all of its
    thresholds.  The first step therefore encodes the level of the signal, and every later step its change.  The last
    channel is the cue: it spikes in each of the ``cue_steps`` steps after the end of the signals.

    The thresholds divide the values of a signal into ``K + 1`` bands.  With ``bands``, every step also encodes the
    value itself: of ``C`` signals, channel ``2 C K + c (K + 1) + b`` spikes where signal ``c`` has reached exactly
    ``b`` thresholds.

    With ``ticks`` above 0, so many channels before the last tell the time: the first spikes in each of the first
    ``tick_steps`` steps, the next in the steps after them, and so on; the last of them spikes until the signals end.

    With ``stretch`` above 1, the signals are first drawn out: between two neighbouring values lie ``stretch - 1`` more,
    interpolated linearly, so that a short series lasts as long as the network's time constants.

    Attributes:
        thresholds: for every signal, its ``K`` thresholds in ascending order, in the unit of the signal.
        cue_steps: number of time steps of the cue, ``1..65535``.
        stretch: time steps from one value of a signal to the next, ``1..256``.
        bands: whether every step also encodes the value.
        ticks: number of channels that tell the time, ``0..256``.
        tick_steps: time steps of each of them, ``1..65535``.

    Raises:
        DataError: a parameter that is not allowed.
    """

    thresholds: tuple[tuple[float, ...], ...]
    cue_steps: int
    stretch: int = 1
    bands: bool = False
    ticks: int = 0
    tick_steps: int = 1

    name = "level_crossing"

    def __post_init__(self) -> None:
        limits = {"cue_steps": (1, 65535), "stretch": (1, MAX_STRETCH), "ticks": (0, MAX_TICKS),
                  "tick_steps": (1, 65535)}  # fmt: skip
        for field, (low, high) in limits.items():
            value = getattr(self, field)
            if type(value) is not int or not low <= value <= high:
                raise DataError(f"encoder {field}: found {shorten(value)}, allowed {low}..{high}")
        if type(self.bands) is not bool:
            raise DataError(f"encoder bands: found {shorten(self.bands)}, allowed true or false")
        object.__setattr__(self, "thresholds", _ascending(self.thresholds))

    @classmethod
    def fit(cls, signals: npt.NDArray[Any], thresholds: int, cue_steps: int, **more: Any) -> LevelCrossing:
        """Place evenly spaced thresholds over the range of each signal.

        The spacing is even because quantiles would place most thresholds where a signal stays most of the time.  Its
        noise would then cause many spikes, and a rare pulse that identifies the class hardly any.  The range leaves
        outliers out, see :func:`lava_ahp.encoders.ranges.robust_range`.

        Args:
            signals: finite numbers ``(sample, time, channel)``, from the training split only.
            thresholds: number of thresholds per signal.
            cue_steps: number of time steps of the cue.
            more: further attributes of the encoder.

        Raises:
            DataError: a signal is constant over all samples and steps.
        """
        low, high = ranges.robust_range(signals)
        grid = np.linspace(low, high, thresholds + 2, axis=1)[:, 1:-1]
        flat = np.flatnonzero((np.diff(grid, prepend=low[:, None], append=high[:, None]) <= 0).any(axis=1))
        if flat.size:
            c = int(flat[0])
            raise DataError(
                f"signal {c}: found {low[c]:g} to {high[c]:g} in all training samples, allowed a signal that changes; "
                "leave this one out"
            )
        return cls(tuple(tuple(row) for row in grid.tolist()), cue_steps, **more)

    @property
    def signals(self) -> int:
        """Number of signals."""
        return len(self.thresholds)

    @property
    def channels(self) -> int:
        """Number of input channels: two for each threshold, one for each band if they are encoded, ticks, the cue."""
        return self._crossings + self.bands * self.signals * (len(self.thresholds[0]) + 1) + self.ticks + 1

    @property
    def _crossings(self) -> int:
        """Number of channels for crossings."""
        return 2 * self.signals * len(self.thresholds[0])

    def steps(self, length: int) -> int:
        """Number of time steps of a sample with ``length`` values per signal."""
        return self._drawn_out(length) + self.cue_steps

    def _drawn_out(self, length: int) -> int:
        """Number of time steps of ``length`` values."""
        return (length - 1) * self.stretch + 1

    def in_order(self, signals: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Signals ``(sample, time, channel)`` in the order in which they are encoded, here unchanged."""
        return signals

    def encode(self, signals: npt.ArrayLike) -> Events:
        """Encode a batch of samples.

        Args:
            signals: finite numbers ``(sample, time, channel)``.

        Raises:
            DataError: signals of another shape or type, or values that are not finite.
        """
        x = np.asarray(signals)
        if x.ndim != 3 or 0 in x.shape or x.dtype.kind not in "biuf":
            raise DataError(f"signals: found {x.dtype} {x.shape}, allowed numbers (sample, time, channel)")
        if x.shape[2] != self.signals:
            raise DataError(
                f"signals: found {x.shape[2]} channels, allowed {self.signals}, as the encoder has thresholds for"
            )
        if not (np.isfinite(x.min()) and np.isfinite(x.max())):
            raise DataError("signals: found NaN or infinity, allowed finite numbers")
        return _runs.encode(x, self._runs, self.channels, self._runs_per_step * self.steps(x.shape[1]))

    @property
    def _runs_per_step(self) -> int:
        return (1 + self.bands) * self.signals + 1

    def _runs(self, x: npt.NDArray[Any]) -> _runs.Runs:
        """One run per signal, the thresholds that it crosses, one per signal for its band, and one for tick or cue."""
        length, per_signal = self._drawn_out(x.shape[1]), len(self.thresholds[0])
        counts = np.zeros((len(x), length + self.cue_steps, self._runs_per_step), dtype=np.int64)
        first = np.zeros_like(counts)
        for c, levels in enumerate(self.thresholds):
            after = np.searchsorted(levels, drawn_out(x[:, :, c], self.stretch), side="right")
            before = np.concatenate([np.zeros_like(after[:, :1]), after[:, :-1]], axis=1)
            counts[:, :length, c] = np.abs(after - before)
            first[:, :length, c] = 2 * (c * per_signal + np.minimum(after, before)) + (after < before)
            if self.bands:
                counts[:, :length, self.signals + c] = 1
                first[:, :length, self.signals + c] = self._crossings + c * (per_signal + 1) + after
        counts[:, length:, -1] = 1
        first[:, length:, -1] = self.channels - 1
        if self.ticks:
            counts[:, :length, -1] = 1
            tick = np.minimum(np.arange(length) // self.tick_steps, self.ticks - 1)
            first[:, :length, -1] = self.channels - 1 - self.ticks + tick
        return counts, first

    def misfit(self, signals: npt.NDArray[Any]) -> str | None:
        """The first channel whose values are far from its thresholds, see :func:`lava_ahp.encoders.ranges.misfit`."""
        return ranges.misfit(self.thresholds, signals)

    def to_json(self) -> dict[str, Any]:
        """The description stored in a network file."""
        return {
            "name": self.name,
            "thresholds": [list(levels) for levels in self.thresholds],
            "cue_steps": self.cue_steps,
            **({"stretch": self.stretch} if self.stretch > 1 else {}),
            **({"bands": True} if self.bands else {}),
            **({"ticks": self.ticks, "tick_steps": self.tick_steps} if self.ticks else {}),
        }


def drawn_out(signals: npt.NDArray[Any], stretch: int) -> npt.NDArray[Any]:
    """Signals ``(sample, time)`` with ``stretch - 1`` interpolated values between neighbours; themselves for 1."""
    if stretch == 1:
        return signals
    x = signals.astype(np.float64)
    share = np.arange(stretch) / stretch
    # Not a difference times the share: that of two large numbers would overflow.
    between = x[:, :-1, None] * (1 - share) + x[:, 1:, None] * share
    return np.concatenate([between.reshape(len(x), -1), x[:, -1:]], axis=1)


def _ascending(thresholds: Any) -> tuple[tuple[float, ...], ...]:
    """Check thresholds, since they may come from a file, and make them tuples of floats."""
    if not _is_list(thresholds, MAX_SIGNALS) or not all(_is_list(levels, MAX_THRESHOLDS) for levels in thresholds):
        raise DataError(
            f"encoder thresholds: allowed one list for each of 1..{MAX_SIGNALS} signals, "
            f"each of 1..{MAX_THRESHOLDS} thresholds"
        )
    if len({len(levels) for levels in thresholds}) > 1:
        raise DataError(
            "encoder thresholds: found lists of different lengths, allowed the same number for every signal"
        )
    for c, levels in enumerate(thresholds):
        if not all(type(level) in (int, float) and abs(level) <= np.finfo(np.float64).max for level in levels):
            raise DataError(f"encoder thresholds of signal {c}: allowed finite numbers")
    found = tuple(tuple(float(level) for level in levels) for levels in thresholds)
    for c, levels in enumerate(found):
        if any(a >= b for a, b in pairwise(levels)):
            raise DataError(f"encoder thresholds of signal {c}: allowed ascending numbers, each only once")
    return found


def _is_list(value: Any, max_length: int) -> bool:
    return isinstance(value, (list, tuple)) and 1 <= len(value) <= max_length
