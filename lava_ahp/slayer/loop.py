"""A population over a whole sequence in torch, step by step: integers forward, back-propagation through time.

States are whole numbers in ``float64``, which holds the product of a 24-bit state and a 12-bit factor exactly.  This is
the readable reference for training: every faster kernel has to equal :func:`integrate`.

Derivatives: rounding, wrapping and saturation have the derivative 1.  The spike has the surrogate's derivative.  The
reset multiplies by ``1 - s``, where ``s`` is treated as a constant.  That of a recurrent delay is a central difference:
half of what the spikes would have changed one step later, minus half of what they would have changed one step earlier.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.surrogate import Surrogate


class Constants(NamedTuple):
    """Parameters of a population in units of the chip: whole numbers in ``float64``, ``(neuron,)`` or ``(1,)``.

    Attributes:
        threshold: in units of the state, ``64 * vth``.
        current_decay: ``0..4096``.
        voltage_decay: ``0..4096``.
        ahp_decay: ``0..4096``.
        ahp_weight: in units of the state.
        gain: ``2**(6 + e)``, the amount that one unit of weight adds to ``u``; it has no gradient.
    """

    threshold: Tensor
    current_decay: Tensor
    voltage_decay: Tensor
    ahp_decay: Tensor
    ahp_weight: Tensor
    gain: Tensor


class Late(NamedTuple):
    """The second synapses of pairs whose weights are not those of the first with the opposite sign.

    Attributes:
        feedforward: whole numbers in ``float64``, ``(target, source)``.
        recurrent: the same from the population to itself; None if it has no such synapses.
        keep: the backward pass takes a second synapse for ``-keep`` times the first, ``float64 (target,)``.
    """

    feedforward: Tensor
    recurrent: Tensor | None
    keep: Tensor


class PairedSynapses(NamedTuple):
    """How the synapses of a population come in pairs, and each neuron's synapse onto itself.

    The sum ``A[t]`` of the weights that arrive at ``t`` counts again ``lag`` steps later, with the opposite sign, or
    with weights of its own.

    Attributes:
        lag: steps between the two synapses of a pair, 1 or more.
        autapse: ``q``, the amount in units of weight that a neuron's own spike takes from its current one step later:
            whole numbers in ``float64``, ``(neuron,)``.
        late: weights of the second synapses; None for the opposite of the first.
    """

    lag: int
    autapse: Tensor
    late: Late | None = None


class States(NamedTuple):
    """States at every step, ``float64 (sample, time, neuron)``, in units of the state; ``v`` is after the reset."""

    u: Tensor
    a: Tensor
    v: Tensor
    s: Tensor


class _Truncate(torch.autograd.Function):
    """Round toward zero; the derivative is 1."""

    @staticmethod
    def forward(_ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        return x.trunc()

    @staticmethod
    def backward(_ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> Tensor:
        return grad


class _Wrap(torch.autograd.Function):
    """Wrap into 24 bit as ``u`` does; the derivative is 1."""

    @staticmethod
    def forward(_ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        half = 2.0 ** (fx.STATE_BITS - 1)
        return half - torch.remainder(half - x, 2 * half)

    @staticmethod
    def backward(_ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> Tensor:
        return grad


class _Saturate(torch.autograd.Function):
    """Clip as ``a`` and ``v`` do; the derivative is 1."""

    @staticmethod
    def forward(_ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        return x.clamp(-fx.STATE_MAX, fx.STATE_MAX)

    @staticmethod
    def backward(_ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> Tensor:
        return grad


def surrogate_derivative(v: Tensor, threshold: Tensor, surrogate: Surrogate) -> Tensor:
    """Derivative of the spike by ``v`` before the reset; a threshold of 0 is scaled like the smallest positive one."""
    scale = threshold.clamp_min(2.0**fx.STATE_SHIFT)
    return surrogate((v - threshold) / scale) / scale


class _SpikeContext(Protocol):
    surrogate: Surrogate
    saved_tensors: tuple[Tensor, ...]

    def save_for_backward(self, *tensors: Tensor) -> None: ...


class _Spike(torch.autograd.Function):
    """``v > threshold`` with a surrogate derivative."""

    @staticmethod
    def forward(ctx: _SpikeContext, v: Tensor, threshold: Tensor, surrogate: Surrogate) -> Tensor:
        ctx.save_for_backward(v, threshold)
        ctx.surrogate = surrogate
        return (v > threshold).to(v.dtype)

    @staticmethod
    def backward(ctx: _SpikeContext, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        v, threshold = ctx.saved_tensors
        grad = grad * surrogate_derivative(v, threshold, ctx.surrogate)
        return grad, -grad.sum_to_size(threshold.shape), None


class _Delay(torch.autograd.Function):
    """Spikes of one step that arrive later: a row of zeros and ones for each step from the next one on.

    The input is ``s (sample, neuron)`` and the delays ``(neuron,)``; the output ``(step, sample, neuron)`` is 1 where a
    spike arrives, ``step`` counting from 0 for the next step of the population.
    """

    @staticmethod
    def forward(ctx: _DelayContext, s: Tensor, delays: Tensor, steps: int) -> Tensor:
        row = delays.long() - fx.DELAY_MIN
        arriving = s.new_zeros(steps, *s.shape)
        arriving.scatter_(0, row.expand_as(s)[None], s[None])
        ctx.save_for_backward(s, row)
        return arriving

    @staticmethod
    def backward(ctx: _DelayContext, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        s, row = ctx.saved_tensors

        def at(rows: Tensor) -> Tensor:
            return grad.gather(0, rows.expand_as(s)[None])[0]

        later = (row + 1).clamp_max(fx.DELAY_MAX - fx.DELAY_MIN)
        earlier = (row - 1).clamp_min(0)
        difference = (at(later) - at(earlier)) / (later - earlier)
        return at(row), (s * difference).sum(dim=0), None


class _DelayContext(Protocol):
    saved_tensors: tuple[Tensor, ...]

    def save_for_backward(self, *tensors: Tensor) -> None: ...


def integrate(
    drive: Tensor,
    recurrent: Tensor | None,
    constants: Constants,
    surrogate: Surrogate,
    paired: PairedSynapses | None = None,
    late_drive: Tensor | None = None,
    recurrent_delay: Tensor | None = None,
) -> States:
    """Run a population from an all-zero state.

    Args:
        drive: sum of the weights of the input spikes that arrive at each step, ``(sample, time, neuron)``.
        recurrent: integer weights ``(target, source)`` from the population to itself.
        constants: parameters of the neurons.
        surrogate: derivative of the spike.
        paired: for synapses in pairs, those of the input included; None for single ones.
        late_drive: the same as ``drive`` with the late weights, before the lag; given with those.
        recurrent_delay: steps from a neuron's spike to its arrival at the others, whole numbers ``1..63`` in
            ``float64 (neuron,)``; None for one step.
    """
    drive = drive.double()
    recurrent = None if recurrent is None else recurrent.double()
    factor_u, factor_v, factor_a = (
        (fx.DECAY_ONE - d) / fx.DECAY_ONE
        for d in (constants.current_decay, constants.voltage_decay, constants.ahp_decay)
    )
    u = a = v = s = arrived = drive.new_zeros(drive.shape[0], drive.shape[2])
    # What arrives in the next steps, of the spikes so far.
    longest = 0 if recurrent_delay is None else int(recurrent_delay.max())
    ahead = drive.new_zeros(min(longest + 1, fx.DELAY_MAX), *s.shape)
    history = []
    sums: list[Tensor] = []
    for t, arriving in enumerate(drive.unbind(1)):
        if recurrent is not None:
            arriving = arriving + arrived @ recurrent.T
        if paired is not None:
            second = -arriving if late_drive is None else _second(arriving, late_drive[:, t], arrived, paired.late)
            sums.append(second)
            if len(sums) > paired.lag:
                arriving = arriving + sums[-1 - paired.lag]
            arriving = arriving - paired.autapse * s
        u = _Wrap.apply(_Truncate.apply(u * factor_u) + arriving * constants.gain)
        a = _Saturate.apply(_Truncate.apply(a * factor_a) - constants.ahp_weight * s)
        v = _Saturate.apply(_Truncate.apply(v * factor_v) + u + a)
        s = _Spike.apply(v, constants.threshold, surrogate)
        v = v * (1 - s.detach())
        if recurrent_delay is None:
            arrived = s
        else:
            ahead = ahead + _Delay.apply(s, recurrent_delay, len(ahead))
            # A copy, as a view would keep all of these rows for the backward pass.
            arrived, ahead = ahead[0].clone(), torch.cat([ahead[1:], torch.zeros_like(ahead[:1])])
        history.append((u, a, v, s))
    return States(*(torch.stack(states, dim=1) for states in zip(*history, strict=True)))


def _second(arriving: Tensor, late_drive: Tensor, arrived: Tensor, late: Late | None) -> Tensor:
    """What the second synapses will bring of the spikes that arrive now; derivative of ``-keep * arriving``."""
    assert late is not None
    value = late_drive.double().detach()
    if late.recurrent is not None:
        value = value + arrived.detach() @ late.recurrent.T
    slope = -late.keep * arriving
    return value + (slope - slope.detach())


def delayed(drive: Tensor, steps: int) -> Tensor:
    """``(sample, time, neuron)`` shifted to later steps: zeros at the start, the end cut off."""
    return torch.nn.functional.pad(drive, (0, 0, steps, 0))[:, : drive.shape[1]]
