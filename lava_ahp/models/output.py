"""What a classifier answers."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Output(NamedTuple):
    """What a classifier answers.

    Attributes:
        readout: voltage of the readouts in SLAYER's unit, or scores, ``(sample, class, time)``.
        spikes: of each hidden layer that has any, ``(sample, neuron, time)``.
    """

    readout: Tensor
    spikes: tuple[Tensor, ...]
