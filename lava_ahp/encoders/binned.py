"""The encoder for events of a sensor, which are spikes already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError, shorten
from lava_ahp.network import Events

MAX_SIGNALS = 65536
#: Samples that are encoded at once, so that only few of them are held as zeros and ones.
_CHUNK = 256


@dataclass(frozen=True)
class Binned:
    """A spike in every step in which a channel of the sensor has events, then a cue that asks for the answer.

    Attributes:
        signals: channels of the sensor, ``1..65536``; the cue is one channel more, the last.
        cue_steps: number of time steps of the cue, ``1..65535``.

    Raises:
        DataError: a parameter that is out of range.
    """

    signals: int
    cue_steps: int

    name = "binned"

    def __post_init__(self) -> None:
        for field, high in (("signals", MAX_SIGNALS), ("cue_steps", 65535)):
            value = getattr(self, field)
            if type(value) is not int or not 1 <= value <= high:
                raise DataError(f"encoder {field}: found {shorten(value)}, allowed 1..{high}")

    @property
    def channels(self) -> int:
        """Number of input channels: those of the sensor, and the cue."""
        return self.signals + 1

    def steps(self, length: int) -> int:
        """Number of time steps of a sample of ``length`` steps of events."""
        return length + self.cue_steps

    def in_order(self, signals: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Counts ``(sample, time, channel)`` in the order in which they are encoded, here unchanged."""
        return signals

    def kinds(self) -> dict[str, range]:
        """The input channels by what their spikes say."""
        return {"events": range(self.signals), "cue": range(self.signals, self.channels)}

    def encode(self, signals: npt.ArrayLike) -> Events:
        """Encode a batch of samples.

        Args:
            signals: numbers of events in each step, whole numbers from 0, ``(sample, time, channel)``.

        Raises:
            DataError: counts of another shape or type, or below 0.
        """
        x = np.asarray(signals)
        if x.ndim != 3 or 0 in x.shape or x.dtype.kind not in "biu":
            raise DataError(f"events: found {x.dtype} {x.shape}, allowed whole numbers (sample, time, channel)")
        if x.shape[2] != self.signals:
            raise DataError(f"events: found {x.shape[2]} channels, allowed {self.signals}, as the encoder has")
        if x.dtype.kind == "i" and x.min() < 0:
            raise DataError(f"events: found {x.min()} in a step, allowed counts from 0")
        parts = [self._encode(x[k : k + _CHUNK]) for k in range(0, len(x), _CHUNK)]
        steps, counts, times, sources = (np.concatenate(part) for part in zip(*parts, strict=True))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Events(self.channels, steps, offsets, times, sources)

    def _encode(self, x: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        """Steps and number of spikes of each sample, then time and channel of each spike."""
        samples, length, _ = x.shape
        spikes = np.zeros((samples, self.steps(length), self.channels), dtype=bool)
        spikes[:, :length, :-1] = x != 0
        spikes[:, length:, -1] = True
        found = Events.from_dense(spikes)
        return found.steps, np.diff(found.offsets), found.times, found.sources

    def misfit(self, signals: npt.NDArray[Any]) -> None:
        """None: nothing was fitted."""

    def to_json(self) -> dict[str, Any]:
        """The description stored in a network file."""
        return {"name": self.name, "signals": self.signals, "cue_steps": self.cue_steps}
