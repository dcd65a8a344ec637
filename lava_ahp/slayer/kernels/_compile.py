"""How Numba compiles the loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lava_ahp.errors import BackendUnavailable
from lava_ahp.files.parsing import parsing

# Numba checks its environment variables when it is imported.
with parsing("numba", "does not start", "correct or unset the variables NUMBA_*", BackendUnavailable):
    from numba import njit
    from numba.extending import intrinsic


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``njit`` with a cache on disk, or without one if no cache folder is writable."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            result: Callable[..., Any] = njit(function, cache=True, **options)
        except RuntimeError:
            result = njit(function, **options)
        return result

    return decorate


def emitted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Numba's ``intrinsic``: a function whose instructions are written for the compiler, for use in compiled ones."""
    result: Callable[..., Any] = intrinsic(function)
    return result
