"""The SLAYER side: AHP neurons and blocks that train with the integers of the chip.

Everything here needs torch.  ``kernels`` also needs Numba on a CPU, or Triton on a GPU.  The classes in ``neuron`` and
``block`` are subclasses of lava-dl's where lava-dl is installed.  Elsewhere they use our own bases, with the same
numbers.  Submodules are imported on first use.
"""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = ["block", "kernels", "loop", "neuron", "surrogate"]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
