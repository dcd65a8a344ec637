"""Encoders: they turn signals into input spikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy.typing as npt

from lava_ahp.encoders.binned import Binned
from lava_ahp.encoders.level import LevelCrossing
from lava_ahp.encoders.story import StoryCode
from lava_ahp.encoders.threshold import ThresholdCrossing
from lava_ahp.errors import DataError, shorten
from lava_ahp.files.parsing import parsing
from lava_ahp.network import Events

__all__ = ["Binned", "Encoder", "LevelCrossing", "StoryCode", "ThresholdCrossing", "from_json"]


class Encoder(Protocol):
    """An encoder that can be described in a network file."""

    @property
    def signals(self) -> int:
        """Number of signals that it reads, the size of axis 2 of what it encodes."""

    @property
    def channels(self) -> int:
        """Number of input channels."""

    def steps(self, length: int) -> int:
        """Number of time steps of a sample with ``length`` values per signal."""

    def in_order(self, signals: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Signals ``(sample, time, ...)`` in the order in which they are encoded."""

    def kinds(self) -> Mapping[str, range]:
        """The input channels by what their spikes say, in a word or two."""

    def encode(self, signals: npt.ArrayLike) -> Events:
        """Encode signals ``(sample, time, ...)`` as spikes."""

    def misfit(self, signals: npt.NDArray[Any]) -> str | None:
        """How signals are far from those that the encoder was fitted to; None if they are not, or it was not fitted."""

    def to_json(self) -> dict[str, Any]:
        """The description stored in a network file."""


_ENCODERS: dict[str, type[Encoder]] = {e.name: e for e in (ThresholdCrossing, LevelCrossing, Binned, StoryCode)}


def from_json(description: Mapping[str, Any]) -> Encoder:
    """Make the encoder described in a network file.

    Args:
        description: as returned by the encoder's ``to_json``.

    Raises:
        DataError: the encoder or one of its parameters is unknown, or a parameter is out of range.
    """
    values = dict(description)
    name = values.pop("name", None)
    if not isinstance(name, str) or name not in _ENCODERS:
        raise DataError(f"encoder: found {shorten(name)}, allowed {', '.join(_ENCODERS)}")
    with parsing(f"encoder {name}", "found parameters that are not allowed", "export the network again"):
        return _ENCODERS[name](**values)
