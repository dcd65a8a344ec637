"""Figures with a suitable unit prefix."""

from __future__ import annotations

_PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def scaled(value: float, unit: str) -> str:
    """Three digits, a no-break space and the unit with a prefix: ``22.1 µJ``."""
    if value == 0:
        return f"0\u00a0{unit}"
    size, prefix = next(((s, p) for s, p in _PREFIXES if abs(value) >= 0.9995 * s), _PREFIXES[-1])
    number = f"{value / size:.3g}" if abs(value) < 999.5 else f"{value:,.0f}"
    return f"{number}\u00a0{prefix}{unit}"


def joules(value: float) -> str:
    """Energy in J."""
    return scaled(value, "J")


def seconds(value: float) -> str:
    """Time in s."""
    return scaled(value, "s")


def js(value: float) -> str:
    """Energy times time in J s."""
    return scaled(value, "Js")


def times(value: float | None) -> str:
    """A ratio; ``not known`` for None."""
    if value is None:
        return "not known"
    return f"{value:,.0f} x" if value >= 99.5 else f"{value:.3g} x"
