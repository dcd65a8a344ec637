"""The 8-bit weights of blocks and models: their whole numbers, their range and their random start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer._base import DenseSynapse

#: Largest 8-bit weight, and units of the chip in 1.0 of SLAYER's.
_MOST, _UNITS = 254, 64


class Weights(NamedTuple):
    """Synapses of a block in units of the chip, ``int64 (target, source)``; delays in steps, None if all are 1.

    ``recurrent_delay`` has one value per source, ``int64 (neuron,)``.
    """

    feedforward: npt.NDArray[np.int64]
    recurrent: npt.NDArray[np.int64] | None
    delay: npt.NDArray[np.int64] | None
    recurrent_delay: npt.NDArray[np.int64] | None = None

    @property
    def recurrent_delays(self) -> npt.ArrayLike:
        """Delays of the recurrent synapses as :class:`lava_ahp.network.Connection` takes them."""
        if self.recurrent is None or self.recurrent_delay is None:
            return fx.DELAY_MIN
        return np.broadcast_to(self.recurrent_delay, self.recurrent.shape)


class _EightBits(torch.autograd.Function):
    """Weights as even whole numbers, times a factor."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, least: int, factor: float) -> Tensor:
        rounded = (weight * (_UNITS / 2)).round_().mul_(2)
        clipped = rounded.clamp(least, _MOST)
        ctx.factor, ctx.clipped = factor, None if torch.equal(clipped, rounded) else clipped != rounded
        return clipped if factor == 1 else clipped.mul_(factor)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        of_weight = grad * (_UNITS * ctx.factor)
        return of_weight if ctx.clipped is None else of_weight.masked_fill_(ctx.clipped, 0), None, None


def quantise(weight: Tensor, least: int, factor: float) -> Tensor:
    """Weights as even whole numbers in ``least..254``, times a factor; any shape.

    The gradient passes through the rounding, and not through the clipping.

    Args:
        weight: in SLAYER's unit.
        least: the smallest weight, in units of the chip.
        factor: 1 for the result in units of the chip.
    """
    quantised: Tensor = _EightBits.apply(weight, least, factor)
    return quantised


def whole_weights(synapse: DenseSynapse) -> Tensor:
    """Weights ``float32 (target, source)``: even whole numbers in -256..254, with a straight-through gradient."""
    return synapse.pre_hook_fx(synapse.weight, descale=True).flatten(1)


def int64(whole: Tensor) -> npt.NDArray[np.int64]:
    """Whole numbers as an array, without gradient."""
    return whole.detach().cpu().numpy().astype(np.int64)


def clip_weights(weights: Iterable[Tensor], least: int = fx.WEIGHT_MIN) -> None:
    """Clip weights to the range of 8 bits; outside it they get no gradient.

    Args:
        weights: in SLAYER's unit.
        least: the smallest weight, in units of the chip.
    """
    with torch.no_grad():
        for weight in weights:
            weight.clamp_(least / _UNITS, _MOST / _UNITS)


def prune(weight: Tensor, density: float) -> None:
    """Set all but the largest weights to zero, in place, so that at most a fraction ``density`` of the synapses exists.

    Of equal weights, the first are kept.
    """
    with torch.no_grad():
        order = weight.abs().flatten().argsort(descending=True, stable=True)
        weight.view(-1)[order[_synapses(weight, density) :]] = 0


def draw_weights(weight: Tensor, deviation: float, density: float, generator: torch.Generator | None) -> None:
    """Draw normal weights ``(target, source, 1, 1, 1)``; their sum over all sources has the given standard deviation.

    A random fraction ``density`` of the synapses exists; the other weights are zero.
    """
    with torch.no_grad():
        weight.normal_(0, deviation / (density * weight.shape[1]) ** 0.5, generator=generator)
        if density < 1:
            absent = torch.randperm(weight.numel(), generator=generator)[_synapses(weight, density) :]
            weight.view(-1)[absent] = 0


def _synapses(weight: Tensor, density: float) -> int:
    """Number of synapses of a matrix of this density."""
    return max(1, round(density * weight.numel()))
