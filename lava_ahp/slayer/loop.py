"""A population over a whole sequence in torch, step by step: integers forward, back-propagation through time.

The states are whole numbers held in ``float64``, where a 24-bit state times a 12-bit factor is exact.  This is the
readable reference of training; :func:`integrate` says what any faster kernel has to equal.

Derivatives: rounding, wrapping and saturation count as the identity, the spike has its surrogate's derivative, and
the reset multiplies by ``1 - s`` with ``s`` taken as a constant.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.surrogate import Surrogate


class Constants(NamedTuple):
    """Parameters of a population as the chip has them: whole numbers in ``float64``, ``(neuron,)`` or ``(1,)``.

    Attributes:
        threshold: in units of the state, ``64 * vth``.
        current_decay: ``0..4096``.
        voltage_decay: ``0..4096``.
        ahp_decay: ``0..4096``.
        ahp_weight: in units of the state.
        gain: ``2**(6 + e)``, what one unit of weight adds to ``u``; no gradient.
    """

    threshold: Tensor
    current_decay: Tensor
    voltage_decay: Tensor
    ahp_decay: Tensor
    ahp_weight: Tensor
    gain: Tensor


class States(NamedTuple):
    """What a population did: ``float64 (sample, time, neuron)``, states in their own units, ``v`` after the reset."""

    u: Tensor
    a: Tensor
    v: Tensor
    s: Tensor


class _Truncate(torch.autograd.Function):
    """Round toward zero; the derivative is 1."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        return x.trunc()

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> Tensor:
        return grad


class _Wrap(torch.autograd.Function):
    """Wrap into 24 bit as ``u`` does; the derivative is 1."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        half = 2.0 ** (fx.STATE_BITS - 1)
        return half - torch.remainder(half - x, 2 * half)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> Tensor:
        return grad


class _Saturate(torch.autograd.Function):
    """Clip as ``a`` and ``v`` do; the derivative is 1."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        return x.clamp(-fx.STATE_MAX, fx.STATE_MAX)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> Tensor:
        return grad


def surrogate_derivative(v: Tensor, threshold: Tensor, surrogate: Surrogate) -> Tensor:
    """Derivative of the spike by ``v`` before the reset; a threshold of 0 is scaled as the smallest one above it."""
    scale = threshold.clamp_min(2.0**fx.STATE_SHIFT)
    return surrogate((v - threshold) / scale) / scale


class _Spike(torch.autograd.Function):
    """``v > threshold`` with a surrogate derivative."""

    @staticmethod
    def forward(ctx, v: Tensor, threshold: Tensor, surrogate: Surrogate) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.save_for_backward(v, threshold)
        ctx.surrogate = surrogate
        return (v > threshold).to(v.dtype)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor, None]:  # type: ignore[no-untyped-def]
        v, threshold = ctx.saved_tensors
        grad = grad * surrogate_derivative(v, threshold, ctx.surrogate)
        return grad, -grad.sum_to_size(threshold.shape), None


def integrate(drive: Tensor, recurrent: Tensor | None, constants: Constants, surrogate: Surrogate) -> States:
    """Run a population from an all-zero state.

    Args:
        drive: sum of the weights of the spikes that arrive from outside at each step, ``(sample, time, neuron)``.
        recurrent: integer weights ``(target, source)`` of the population onto itself, one step of delay.
        constants: parameters of the neurons.
        surrogate: derivative of the spike.
    """
    drive = drive.double()
    factor_u, factor_v, factor_a = (
        (fx.DECAY_ONE - d) / fx.DECAY_ONE
        for d in (constants.current_decay, constants.voltage_decay, constants.ahp_decay)
    )
    u = a = v = s = drive.new_zeros(drive.shape[0], drive.shape[2])
    history = []
    for arriving in drive.unbind(1):
        if recurrent is not None:
            arriving = arriving + s @ recurrent.T
        u = _Wrap.apply(_Truncate.apply(u * factor_u) + arriving * constants.gain)
        a = _Saturate.apply(_Truncate.apply(a * factor_a) - constants.ahp_weight * s)
        v = _Saturate.apply(_Truncate.apply(v * factor_v) + u + a)
        s = _Spike.apply(v, constants.threshold, surrogate)
        v = v * (1 - s.detach())
        history.append((u, a, v, s))
    return States(*(torch.stack(states, dim=1) for states in zip(*history, strict=True)))
