"""The SLAYER side: AHP neurons and blocks that train with the integers of the chip.

Everything here needs torch.  ``kernels`` also needs Numba on a CPU, or Triton on a GPU.  The classes in ``neuron`` and
``block`` are subclasses of lava-dl's where lava-dl is installed.  Elsewhere they use our own bases, with the same
numbers.  Submodules are imported on first use.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from types import ModuleType

_MODULES = ("block", "kernels", "loop", "neuron", "paired", "pairs", "surrogate", "weights")

__all__ = [*_MODULES, "has_lava_dl"]


def has_lava_dl() -> bool:
    """Whether lava-dl is installed.  It exists for Python 3.10 only."""
    try:
        return find_spec("lava.lib.dl.slayer") is not None
    except ModuleNotFoundError:
        return False


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
