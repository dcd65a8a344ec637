"""The SLAYER side: AHP neurons and blocks that train with the integers of the chip.

``neuron`` and ``block`` stand on lava-dl; ``loop`` and ``surrogate`` need torch alone, ``kernels`` numba besides on a
CPU and triton on a GPU.  Nothing is imported before it is asked for.
"""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = ["block", "kernels", "loop", "neuron", "surrogate"]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
