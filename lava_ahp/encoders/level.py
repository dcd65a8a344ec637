"""The encoder for time series: any number of real-valued signals, each with its own thresholds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import _runs, ranges
from lava_ahp.encoders.lengths import own_steps, running
from lava_ahp.errors import DataError, shorten
from lava_ahp.network import Events

MAX_SIGNALS, MAX_THRESHOLDS, MAX_STRETCH, MAX_TICKS = 1024, 256, 256, 256
#: Signals that an error names one by one.
_LISTED = 20


@dataclass(frozen=True)
class LevelCrossing:
    """Spikes when a signal crosses one of its thresholds, followed by a cue that asks for the answer.

    With ``K`` thresholds per signal, channel ``2 (c K + k)`` spikes at step ``p`` if
    ``x[p - 1, c] < thresholds[c][k] <= x[p, c]``, and the next channel spikes if
    ``x[p - 1, c] >= thresholds[c][k] > x[p, c]``.  Before the first step, a signal counts as below all of its
    thresholds.  The first step therefore encodes the level of the signal, and every later step its change.  The last
    channel is the cue: it spikes in each of the ``cue_steps`` steps after the end of the signals.

    Samples may differ in length: the steps after the end of a shorter one are NaN in every channel.  Its cue follows
    its own last value, and it ends with its cue.

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
            signals: finite numbers ``(sample, time, channel)``, from the training split only; NaN after the end of a
                shorter sample.
            thresholds: number of thresholds per signal.
            cue_steps: number of time steps of the cue.
            more: further attributes of the encoder.

        Raises:
            DataError: signals that are constant over all samples and steps.
        """
        low, high = ranges.robust_range(signals)
        grid = np.linspace(low, high, thresholds + 2, axis=1)[:, 1:-1]
        flat = np.flatnonzero((np.diff(grid, prepend=low[:, None], append=high[:, None]) <= 0).any(axis=1))
        if flat.size:
            raise DataError(_constant(flat, low, high))
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
        return int(self._drawn_out(length)) + self.cue_steps

    def _drawn_out(self, length: Any) -> Any:
        """Number of time steps of ``length`` values, for one number or an array of them."""
        return (length - 1) * self.stretch + 1

    def in_order(self, signals: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Signals ``(sample, time, channel)`` in the order in which they are encoded, here unchanged."""
        return signals

    def kinds(self) -> dict[str, range]:
        """The input channels by what their spikes say."""
        cue = self.channels - 1
        return {
            "rises": range(0, self._crossings, 2),
            "falls": range(1, self._crossings, 2),
            "band": range(self._crossings, cue - self.ticks),
            "time": range(cue - self.ticks, cue),
            "cue": range(cue, cue + 1),
        }

    def encode(self, signals: npt.ArrayLike) -> Events:
        """Encode a batch of samples.

        Args:
            signals: finite numbers ``(sample, time, channel)``; NaN in every channel after the end of a shorter sample.

        Raises:
            DataError: signals of another shape or type, values that are not finite, or a sample without values.
        """
        x = np.asarray(signals)
        if x.ndim != 3 or 0 in x.shape or x.dtype.kind not in "biuf":
            raise DataError(f"signals: found {x.dtype} {x.shape}, allowed numbers (sample, time, channel)")
        if x.shape[2] != self.signals:
            raise DataError(
                f"signals: found {x.shape[2]} channels, allowed {self.signals}, as the encoder has thresholds for"
            )
        steps = own_steps(x)
        if not (np.isfinite(x.min()) and np.isfinite(x.max())):
            before_end = running(steps, x.shape[1])
            if steps.min() == 0 or not np.isfinite(x[before_end]).all():
                raise DataError(
                    "signals: found NaN or infinity, allowed finite numbers, and NaN after the end of a sample"
                )
        events = _runs.encode(x, self._runs, self.channels, self._runs_per_step * self.steps(x.shape[1]))
        return events if steps.min() == x.shape[1] else replace(events, steps=self._drawn_out(steps) + self.cue_steps)

    @property
    def _runs_per_step(self) -> int:
        return (1 + self.bands) * self.signals + 1

    def _runs(self, x: npt.NDArray[Any]) -> _runs.Runs:
        """One run per signal, the thresholds that it crosses, one per signal for its band, and one for tick or cue."""
        length, per_signal = self._drawn_out(x.shape[1]), len(self.thresholds[0])
        steps = self._drawn_out(own_steps(x))
        before_end = running(steps, length)
        counts = np.zeros((len(x), length + self.cue_steps, self._runs_per_step), dtype=np.int64)
        first = np.zeros_like(counts)
        for c, levels in enumerate(self.thresholds):
            after = np.searchsorted(levels, drawn_out(x[:, :, c], self.stretch), side="right")
            before = np.concatenate([np.zeros_like(after[:, :1]), after[:, :-1]], axis=1)
            counts[:, :length, c] = np.abs(after - before) * before_end
            first[:, :length, c] = 2 * (c * per_signal + np.minimum(after, before)) + (after < before)
            if self.bands:
                counts[:, :length, self.signals + c] = before_end
                first[:, :length, self.signals + c] = self._crossings + c * (per_signal + 1) + after
        time = np.arange(counts.shape[1])
        counts[:, :, -1] = (time >= steps[:, None]) & (time < steps[:, None] + self.cue_steps)
        first[:, :, -1] = self.channels - 1
        if self.ticks:
            counts[:, :length, -1] |= before_end
            tick = np.minimum(np.arange(length) // self.tick_steps, self.ticks - 1)
            first[:, :length, -1] -= before_end * (self.ticks - tick)
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


def _constant(flat: npt.NDArray[np.int64], low: npt.NDArray[Any], high: npt.NDArray[Any]) -> str:
    """What is wrong with signals that do not change, all of them at once."""
    found = [f"{low[c]:g} to {high[c]:g}" for c in flat]
    each = found[0] if len(set(found)) == 1 else ", ".join(found[:_LISTED])
    names = ", ".join(map(str, flat[:_LISTED].tolist()))
    more = f" and {len(flat) - _LISTED} more" if len(flat) > _LISTED else ""
    which, these = ("signal", "this one") if len(flat) == 1 else ("signals", "these")
    return (
        f"{which} {names}{more}: found {each} in all training samples, allowed a signal that changes; leave {these} out"
    )


def drawn_out(signals: npt.NDArray[Any], stretch: int) -> npt.NDArray[Any]:
    """Signals ``(sample, time)`` with ``stretch - 1`` interpolated values between neighbours; themselves for 1.

    Between the last value of a shorter sample and the NaN behind it there is NaN.
    """
    if stretch == 1:
        return signals
    x = signals.astype(np.float64)
    share = np.arange(stretch) / stretch
    # Not a difference times the share: that of two large numbers would overflow.
    between = x[:, :-1, None] * (1 - share) + x[:, 1:, None] * share
    between[..., 0] = x[:, :-1]
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
