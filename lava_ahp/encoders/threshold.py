"""The encoder for sequential MNIST: one integer-valued signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import _runs
from lava_ahp.errors import DataError, shorten
from lava_ahp.network import Events


@dataclass(frozen=True)
class ThresholdCrossing:
    """Spikes when the signal crosses a threshold, followed by a cue that asks for the answer.

    This is the encoding of Rao et al. 2022 (arXiv 2107.03992) for sequential MNIST.  The thresholds are
    ``floor(linspace(0, maximum, thresholds))``.  At step ``p``, channel ``2 k`` spikes if
    ``x[p] < threshold[k] <= x[p + 1]``, and channel ``2 k + 1`` if ``x[p] >= threshold[k] > x[p + 1]``, for every
    ``k`` except the first and the last.  The second to last channel spikes if ``x[p] == maximum``.  The last channel
    is the cue: it spikes in each of the ``cue_steps`` steps after the end of the signal.  Channels 0 and 1 never
    spike.

    Attributes:
        thresholds: number of thresholds, ``3..65535``.
        maximum: largest value of the signal, ``1..65535``.
        cue_steps: number of time steps of the cue, ``1..65535``.
        order: the order in which the values of the signal are encoded, as a permutation of their positions; None
            leaves them in place.

    Raises:
        DataError: a parameter that is out of range, or an ``order`` that is not a permutation.
    """

    thresholds: int = 40
    maximum: int = 255
    cue_steps: int = 56
    order: tuple[int, ...] | None = None

    name = "threshold_crossing"

    def __post_init__(self) -> None:
        for field, low in (("thresholds", 3), ("maximum", 1), ("cue_steps", 1)):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= 65535:
                raise DataError(f"encoder {field}: found {shorten(value)}, allowed {low}..65535")
        if len(np.unique(self.levels)) < self.thresholds:
            raise DataError(
                f"encoder thresholds: found {self.thresholds}, but 0..{self.maximum} has room for fewer different ones"
            )
        if self.order is not None:
            object.__setattr__(self, "order", _permutation(self.order))

    @property
    def signals(self) -> int:
        """Number of signals: one."""
        return 1

    @property
    def levels(self) -> npt.NDArray[np.int64]:
        """The thresholds, ``int64 (threshold,)``."""
        levels: npt.NDArray[np.int64] = np.floor(np.linspace(0, self.maximum, self.thresholds)).astype(np.int64)
        return levels

    @property
    def channels(self) -> int:
        """Number of input channels: two for each threshold."""
        return 2 * self.thresholds

    def steps(self, length: int) -> int:
        """Number of time steps of a sample whose signal has ``length`` values."""
        return length + self.cue_steps

    def in_order(self, signals: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Signals ``(sample, time)`` in the order in which they are encoded.

        Raises:
            DataError: the signals and ``order`` differ in length.
        """
        if self.order is None:
            return signals
        if signals.shape[1] != len(self.order):
            raise DataError(f"signals: found {signals.shape[1]} values, allowed {len(self.order)} as in encoder order")
        return signals[:, self.order]

    def kinds(self) -> dict[str, range]:
        """The input channels by what their spikes say."""
        crossings = self.channels - 2
        return {
            "rises": range(0, crossings, 2),
            "falls": range(1, crossings, 2),
            "maximum": range(crossings, crossings + 1),
            "cue": range(crossings + 1, self.channels),
        }

    def encode(self, signals: npt.ArrayLike) -> Events:
        """Encode a batch of samples.

        Args:
            signals: integers ``0..maximum``, ``(sample, time)`` or ``(sample, time, 1)``.

        Raises:
            DataError: signals of another shape or type, or values out of range.
        """
        x = np.asarray(signals)
        if x.ndim == 3 and x.shape[2] == 1:
            x = x[:, :, 0]
        if x.ndim != 2 or 0 in x.shape or x.dtype.kind not in "iu":
            raise DataError(f"signals: found {x.dtype} {x.shape}, allowed integers (sample, time)")
        if x.min() < 0 or x.max() > self.maximum:
            raise DataError(f"signals: found {x.min()}..{x.max()}, allowed 0..{self.maximum}")
        return _runs.encode(self.in_order(x), self._runs, self.channels, 2 * self.steps(x.shape[1]))

    def _runs(self, x: npt.NDArray[Any]) -> _runs.Runs:
        """Two runs: the thresholds crossed, and one channel for the largest value or the cue."""
        # The number of inner thresholds that each value reaches.  From l to m, a signal crosses thresholds l+1..m.
        reached = np.searchsorted(self.levels[1:-1], np.arange(self.maximum + 1), side="right")[x]
        before, after = reached[:, :-1], reached[:, 1:]
        length = x.shape[1]
        counts = np.zeros((len(x), self.steps(length), 2), dtype=np.int64)
        first = np.zeros_like(counts)
        counts[:, : length - 1, 0] = np.abs(after - before)
        first[:, : length - 1, 0] = 2 * (np.minimum(after, before) + 1) + (after < before)
        counts[:, :length, 1] = x == self.maximum
        counts[:, length:, 1] = 1
        first[:, :length, 1] = self.channels - 2
        first[:, length:, 1] = self.channels - 1
        return counts, first

    def misfit(self, signals: npt.NDArray[Any]) -> None:
        """None: the range of the values is fixed, and others are refused."""

    def to_json(self) -> dict[str, Any]:
        """The description stored in a network file."""
        numbers = {field: getattr(self, field) for field in ("thresholds", "maximum", "cue_steps")}
        return {"name": self.name, **numbers, **({} if self.order is None else {"order": list(self.order)})}


def _permutation(order: Any) -> tuple[int, ...]:
    if not isinstance(order, (list, tuple)) or not all(type(position) is int for position in order):
        raise DataError(f"encoder order: found {type(order).__name__}, allowed a list of the positions 0, 1, ...")
    if sorted(order) != list(range(len(order))):
        raise DataError(
            f"encoder order: found {len(order)} positions, allowed each of 0..{len(order) - 1} exactly once"
        )
    return tuple(order)
