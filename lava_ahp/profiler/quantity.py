"""A figure with its unit, its source and its kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from lava_ahp.errors import shorten
from lava_ahp.settings import Table

#: How a figure was obtained.  ``measured``: on a real device.  ``simulated``: by the maker, before there was a device.
#: ``vendor``: stated by the maker, without a measurement.  ``derived``: computed from other figures.  ``inherited``:
#: that of another device.
Kind = Literal["measured", "simulated", "vendor", "derived", "inherited"]

_PREFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0}
#: Allowed units of each dimension, with their size in SI units.
UNITS = {
    "energy": {f"{prefix}J": size for prefix, size in _PREFIXES.items()},
    "time": {f"{prefix}s": size for prefix, size in _PREFIXES.items()},
    "power": {f"{prefix}W": size for prefix, size in _PREFIXES.items()},
    "count": {"1": 1.0},
    "bytes": {"B": 1.0, "KiB": 1024.0},
    "bits": {"bit": 1.0},
}


class Quantity(Table):
    """A figure, never negative, with its unit, source and kind.

    Attributes:
        value: ``0`` or more, in ``unit``.
        unit: ``pJ``, ``ns``, ``mW``, ``KiB``, ``bit``, or ``1`` for a count.
        source: key of the profile's table of sources.
        kind: see :data:`Kind`.
    """

    value: float = Field(ge=0)
    unit: str
    source: str = Field(min_length=1)
    kind: Kind

    @property
    def si(self) -> float:
        """The value in J, s, W, bytes or bits, or as a count."""
        return self.value * next(units[self.unit] for units in UNITS.values() if self.unit in units)

    @property
    def whole(self) -> int:
        """A count or a number of bytes or bits, as an integer."""
        return int(self.si)


def _of(dimension: str, *, whole: bool = False, least: int = 0) -> AfterValidator:
    def check(quantity: Quantity) -> Quantity:
        if quantity.unit not in UNITS[dimension]:
            raise ValueError(
                f"found unit {shorten(quantity.unit)}, allowed for {dimension}: {', '.join(UNITS[dimension])}"
            )
        if whole and (quantity.si != int(quantity.si) or quantity.si < least):
            raise ValueError(f"found value {quantity.value!r}, allowed integers from {least}")
        return quantity

    return AfterValidator(check)


Energy = Annotated[Quantity, _of("energy")]
Time = Annotated[Quantity, _of("time")]
Power = Annotated[Quantity, _of("power")]
Count = Annotated[Quantity, _of("count", whole=True, least=1)]
Bytes = Annotated[Quantity, _of("bytes", whole=True, least=1)]
Bits = Annotated[Quantity, _of("bits", whole=True)]
