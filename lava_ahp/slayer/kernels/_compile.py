"""How Numba compiles the loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``njit`` with a cache on disk, or without one if no cache folder is writable."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            result: Callable[..., Any] = njit(function, cache=True, **options)
        except RuntimeError:
            result = njit(function, **options)
        return result

    return decorate
