"""What a kernel is told besides tensors."""

from __future__ import annotations

from typing import NamedTuple

from lava_ahp.slayer.surrogate import Surrogate


class Setting(NamedTuple):
    """What wants no gradient.

    Attributes:
        surrogate: derivative of the spike.
        delay: steps from a spike of the input to its arrival.
        voltages: whether the output is the voltage after the reset instead of the spikes.
        learning: whether there will be a way back.
    """

    surrogate: Surrogate
    delay: int
    voltages: bool
    learning: bool
