"""A population over a whole sequence as one autograd function: the integers of :mod:`lava_ahp.slayer.loop`, compiled.

Held equal to that loop by tests: the forward pass to the bit, gradients to rounding.  Samples are independent, so
threads take whole groups of samples; what is summed over samples is summed in an order that the threads do not change.
Needs torch and numba alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from lava_ahp.slayer import _kernels
from lava_ahp.slayer.loop import Constants, integrate, surrogate_derivative
from lava_ahp.slayer.surrogate import Surrogate


class Response(NamedTuple):
    """Spikes and voltage after the reset, whole numbers, ``(sample, time, neuron)``."""

    s: Tensor
    v: Tensor


def respond(drive: Tensor, recurrent: Tensor | None, constants: Constants, surrogate: Surrogate) -> Response:
    """Run a population from an all-zero state, as :func:`lava_ahp.slayer.loop.integrate` does.

    On a device other than the CPU that loop runs.

    Args:
        drive: sum of the weights of the spikes that arrive from outside at each step, ``(sample, time, neuron)``.
        recurrent: integer weights ``(target, source)`` of the population onto itself, one step of delay.
        constants: parameters of the neurons.
        surrogate: derivative of the spike.
    """
    if drive.device.type != "cpu":
        states = integrate(drive, recurrent, constants, surrogate)
        return Response(states.s, states.v)
    neurons = drive.shape[2]
    each = [c.expand(neurons) for c in constants]
    return Response(*_Sequence.apply(surrogate, drive.float(), recurrent, *each))


class _Sequence(torch.autograd.Function):
    """Every whole number here has at most 24 bits and a sign, which ``float32`` holds; sums of gradients have 64."""

    @staticmethod
    def forward(  # type: ignore[no-untyped-def]
        ctx, surrogate: Surrogate, drive: Tensor, recurrent: Tensor | None, *constants: Tensor
    ) -> tuple[Tensor, Tensor]:
        # Only learned decays of u and a need the history of u and a.
        keep = ctx.needs_input_grad[4] or ctx.needs_input_grad[6]
        states = _kernels.forward(
            drive.detach().contiguous().numpy(),
            None if recurrent is None else recurrent.detach().T.to(torch.int32).contiguous().numpy(),
            [x.detach().to(torch.int64).contiguous().numpy() for x in constants],
            keep,
        )
        v, s, u, a = (torch.from_numpy(x) for x in states)
        ctx.save_for_backward(v, s, u, a, recurrent, *constants)
        ctx.surrogate, ctx.keep = surrogate, keep
        spikes = s.float()
        return spikes, v.float() * (1 - spikes)

    @staticmethod
    def backward(ctx, grad_s: Tensor, grad_v: Tensor) -> tuple[Any, ...]:  # type: ignore[no-untyped-def]
        v, s, u, a, recurrent, *constants = ctx.saved_tensors
        slope = surrogate_derivative(v.float(), constants[0].float(), ctx.surrogate)
        drive, weights, parameters = _kernels.backward(
            [x.contiguous().numpy() for x in (grad_s, grad_v, slope)],
            [x.numpy() for x in (v, s, u, a)],
            None if recurrent is None else recurrent.float().T.contiguous().numpy(),
            [x.contiguous().numpy() for x in constants],
            ctx.keep,
        )
        by_recurrent = None if recurrent is None else torch.from_numpy(weights).T
        return None, torch.from_numpy(drive), by_recurrent, *torch.from_numpy(parameters), None
