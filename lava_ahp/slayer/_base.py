"""The bases of neurons and synapses: lava-dl's where it is installed, else our own with the same numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lava_ahp.slayer import has_lava_dl

__all__ = ["BaseNeuron", "DenseSynapse"]

if not TYPE_CHECKING and has_lava_dl():
    from lava_ahp.slayer._lava import BaseNeuron, DenseSynapse
else:
    from lava_ahp.slayer._own import BaseNeuron, DenseSynapse
