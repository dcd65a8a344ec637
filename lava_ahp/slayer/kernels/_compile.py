"""How the loops are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``njit`` with its cache on disk, or without one where no folder for it can be written."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return njit(function, cache=True, **options)
        except RuntimeError:
            return njit(function, **options)

    return decorate
