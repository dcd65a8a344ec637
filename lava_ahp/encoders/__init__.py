"""From signals to spikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy.typing as npt

from lava_ahp.encoders.level import LevelCrossing
from lava_ahp.encoders.threshold import ThresholdCrossing
from lava_ahp.errors import DataError
from lava_ahp.network import Events

__all__ = ["Encoder", "LevelCrossing", "ThresholdCrossing", "from_json"]


class Encoder(Protocol):
    """A code that a network file can describe."""

    @property
    def channels(self) -> int:
        """Input channels."""

    def steps(self, length: int) -> int:
        """Steps of a sample whose signal has ``length`` values."""

    def in_order(self, signals: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Signals ``(sample, time, ...)`` as they are read."""

    def encode(self, signals: npt.ArrayLike) -> Events:
        """Spikes of signals ``(sample, time, ...)``."""

    def to_json(self) -> dict[str, Any]:
        """Its description, as a network file keeps it."""


_ENCODERS: dict[str, type[Encoder]] = {e.name: e for e in (ThresholdCrossing, LevelCrossing)}


def from_json(description: Mapping[str, Any]) -> Encoder:
    """The encoder that a network file describes.

    Raises:
        DataError: an unknown encoder or parameter.
    """
    values = dict(description)
    name = values.pop("name", None)
    if not isinstance(name, str) or name not in _ENCODERS:
        raise DataError(f"encoder: found {name!r}, allowed {', '.join(_ENCODERS)}")
    try:
        return _ENCODERS[name](**values)
    except TypeError as error:
        raise DataError(f"encoder {name}: {error}") from None
