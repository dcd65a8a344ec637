"""Kernel settings that carry no gradient, and the autograd context that holds them."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from torch import Tensor

from lava_ahp.slayer.loop import Late
from lava_ahp.slayer.surrogate import Surrogate


class Settings(NamedTuple):
    """Kernel settings that carry no gradient.

    Attributes:
        surrogate: derivative of the spike.
        delay: steps from an input spike to its arrival.
        voltages: whether the output is the voltages after the reset instead of the spikes.
        learning: whether a backward pass may follow.
        lag: of synapses in pairs, see :class:`lava_ahp.slayer.loop.PairedSynapses`; 0 for single ones.
        late: weights of the second synapses of pairs; None for the opposite of the first.
    """

    surrogate: Surrogate
    delay: int
    voltages: bool
    learning: bool
    lag: int = 0
    late: Late | None = None


class Context(Protocol):
    """The part of autograd's context that the kernels use."""

    settings: Settings
    neurons: int
    needs_input_grad: tuple[bool, ...]
    saved_tensors: tuple[Tensor, ...]

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for the backward pass."""

    def set_materialize_grads(self, value: bool) -> None:
        """Whether a missing gradient is passed as zeros instead of None."""
