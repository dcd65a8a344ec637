"""The bases of neurons and synapses: lava-dl's where it is installed, else our own with the same numbers."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

__all__ = ["BaseNeuron", "DenseSynapse", "has_lava_dl"]


def has_lava_dl() -> bool:
    """Whether lava-dl is installed; it exists for Python 3.10 only."""
    try:
        return find_spec("lava.lib.dl.slayer") is not None
    except ModuleNotFoundError:
        return False


if not TYPE_CHECKING and has_lava_dl():
    from lava_ahp.slayer._lava import BaseNeuron, DenseSynapse
else:
    from lava_ahp.slayer._own import BaseNeuron, DenseSynapse
