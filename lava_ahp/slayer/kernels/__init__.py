"""A population over a whole sequence as one autograd function, fast enough to train.

The forward pass computes the integers of docs/numerics.md and equals :func:`lava_ahp.slayer.loop.integrate` bit for
bit.  The backward pass computes the derivatives given there and equals the loop's gradients up to rounding.

:func:`respond` and :func:`respond_to_drive` pick the kernel for the device: ``cpu`` (needs Numba) or ``gpu`` (needs
Triton).  Each is imported on first use.  Other devices run the loop, which needs more memory.  The pair layers have
kernels of their own, ``pairs`` and ``pairs_gpu``.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from types import ModuleType
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from lava_ahp.errors import DataError, SpecError
from lava_ahp.slayer.kernels._settings import Settings
from lava_ahp.slayer.loop import Constants, PairedSynapses, integrate
from lava_ahp.slayer.surrogate import Surrogate

__all__ = ["Output", "Response", "kernel_for", "pair_kernel_for", "pair_kernel_for_gpu", "respond", "respond_to_drive"]

#: Kind of output: spikes, or voltages after the reset in units of the state.
Output = Literal["spikes", "voltages"]


class Response(NamedTuple):
    """Output of a population; gradients pass through both.

    Attributes:
        out: whole numbers ``float32 (sample, neuron, time)``.
        counts: spikes of each neuron, summed over samples and steps, whole numbers ``float32 (neuron,)``; None with
            voltages.
    """

    out: Tensor
    counts: Tensor | None


def kernel_for(device: torch.device) -> ModuleType | None:
    """The module with the kernel for a device; None if there is no kernel, and the loop runs instead."""
    if device.type == "cpu":
        return importlib.import_module(f"{__name__}.cpu")
    return importlib.import_module(f"{__name__}.gpu") if _runs_triton(device) else None


def pair_kernel_for(device: torch.device, sizes: Sequence[int], sources: int) -> ModuleType | None:
    """The module whose ``run`` is the kernel of the pair layers for a device; None if the loop runs instead.

    Arguments are as in :func:`pair_kernel_for_gpu`.
    """
    kernel = pair_kernel_for_gpu(device, sizes, sources)
    if kernel is None and device.type == "cpu":
        kernel = importlib.import_module(f"{__name__}.pairs")
    return kernel


def pair_kernel_for_gpu(device: torch.device, sizes: Sequence[int], sources: int) -> ModuleType | None:
    """The module with the kernel of the pair layers for a GPU; None if it has no kernel, or none for such layers.

    Args:
        device: any device.
        sizes: neurons of each layer.
        sources: synapses of a neuron of the first layer over which spikes may arrive in one step.
    """
    if not _runs_triton(device):
        return None
    kernel = importlib.import_module(f"{__name__}.pairs_gpu")
    return kernel if kernel.fits(device, sizes, sources) else None


def respond(
    spikes: Tensor,
    weight: Tensor,
    recurrent: Tensor | None,
    constants: Constants,
    surrogate: Surrogate,
    *,
    delay: int | Tensor = 1,
    output: Output = "spikes",
    counts: bool = False,
    paired: PairedSynapses | None = None,
    recurrent_delay: Tensor | None = None,
) -> Response:
    """Run a population from an all-zero state.

    Args:
        spikes: input spikes, zeros and ones, ``(sample, source, time)``.
        weight: whole numbers ``(target, source)``; on a GPU within ``-256..256``, the range of the chip, unless the
            second synapses of pairs have weights of their own.
        recurrent: weights ``(target, source)`` from the population to itself.
        constants: parameters of the neurons.
        surrogate: derivative of the spike.
        delay: steps from an input spike to its arrival, at least 1: one value, or ``(target, source)``.
        output: what to return.
        counts: whether the input is whole numbers of spikes instead of zeros and ones; not with recurrent weights.
        paired: for synapses in pairs, those of the input included; None for single ones.  Not with counts.
        recurrent_delay: as for :func:`lava_ahp.slayer.loop.integrate`.

    Raises:
        DataError: an input value other than 0 and 1, or no whole number of spikes.
        SpecError: weights out of range on a GPU, or counts as input of a recurrent population.
    """
    delays = _distinct(torch.as_tensor(delay))
    late = None if paired is None else paired.late
    if len(delays) > 1:
        if late is not None:
            late = late._replace(feedforward=torch.cat([late.feedforward * (delay == d) for d in delays], dim=1))
        # A synapse with a longer delay is one from a delayed copy of its source.
        weight = torch.cat([weight * (delay == d) for d in delays], dim=1)
        spikes = torch.cat([_delayed(spikes, d - delays[0]) for d in delays], dim=1)
    if counts:
        if recurrent is not None or paired is not None:
            raise SpecError("counts as input: found recurrent weights or synapses in pairs, allowed none")
        return respond_to_drive(_delayed(_drive(spikes, weight), delays[0]), constants, surrogate, output=output)
    kernel = kernel_for(spikes.device)
    # Late weights have more than the 8 bits whose products are exact on the GPU's matrix units.
    if kernel is None or (late is not None and spikes.is_cuda):
        # Sums of late weights may exceed the whole numbers of float32.
        incoming = spikes.double()
        drive = _delayed(weight.double() @ incoming, delays[0])
        late_drive = None if late is None else _delayed(late.feedforward @ incoming, delays[0])
        return _loop(drive, recurrent, constants, surrogate, output, paired, late_drive, recurrent_delay)
    lag = 0 if paired is None else paired.lag
    settings = Settings(surrogate, delays[0], output == "voltages", torch.is_grad_enabled(), lag, late)
    each = (x.expand(len(weight)) for x in constants)
    autapse = None if paired is None else paired.autapse.expand(len(weight))
    return _response(
        output, kernel.Sequence.apply(settings, spikes, None, weight, recurrent, autapse, recurrent_delay, *each)
    )


def respond_to_drive(
    drive: Tensor, constants: Constants, surrogate: Surrogate, *, output: Output = "spikes"
) -> Response:
    """Run a population without synapses from an all-zero state, from sums of weights.

    Args:
        drive: sum of the weights of the spikes that arrive at each step, whole numbers ``(sample, neuron, time)``.
        constants: as for :func:`respond`.
        surrogate: as for :func:`respond`.
        output: as for :func:`respond`.
    """
    kernel = kernel_for(drive.device)
    if kernel is None:
        return _loop(drive, None, constants, surrogate, output)
    settings = Settings(surrogate, 1, output == "voltages", torch.is_grad_enabled())
    each = (x.expand(drive.shape[1]) for x in constants)
    return _response(output, kernel.Sequence.apply(settings, None, drive, None, None, None, None, *each))


def _runs_triton(device: torch.device) -> bool:
    # Matrix products of bfloat16 need compute capability 8.0.
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0) and _has_triton()


def _has_triton() -> bool:
    return importlib.util.find_spec("triton") is not None


def __getattr__(name: str) -> ModuleType:
    if name in ("cpu", "gpu"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _response(output: Output, found: Tensor | tuple[Tensor, Tensor]) -> Response:
    """The output of a kernel, which may count spikes itself."""
    out, counts = (found, None) if isinstance(found, Tensor) else found
    if output == "voltages":
        return Response(out, None)
    return Response(out, out.sum(dim=(0, 2)) if counts is None else counts)


def _loop(
    drive: Tensor,
    recurrent: Tensor | None,
    constants: Constants,
    surrogate: Surrogate,
    output: Output,
    paired: PairedSynapses | None = None,
    late_drive: Tensor | None = None,
    recurrent_delay: Tensor | None = None,
) -> Response:
    late = None if late_drive is None else late_drive.transpose(1, 2)
    states = integrate(drive.transpose(1, 2), recurrent, constants, surrogate, paired, late, recurrent_delay)
    return _response(output, (states.v if output == "voltages" else states.s).transpose(1, 2).float())


def _drive(counts: Tensor, weight: Tensor) -> Tensor:
    """Sums of weights ``(sample, target, time)`` for whole numbers of spikes ``(sample, source, time)``."""
    known = counts.detach()
    whole = known.round()
    least, greatest = (x.item() for x in known.aminmax()) if known.numel() else (0, 0)
    if least < 0 or not torch.equal(known, whole):
        odd = known[(known < 0) | (known != whole)]
        raise DataError(f"counts of spikes: found {odd[0].item()}, allowed whole numbers from 0")
    # float32 holds whole numbers up to 2**24, so sums below are exact in any order.
    most = greatest * weight.shape[1] * weight.detach().abs().max()
    exact = torch.float32 if most < 2**24 else torch.float64
    # One matrix product for all samples, not one for each.
    return (counts.to(exact).transpose(1, 2) @ weight.T.to(exact)).transpose(1, 2)


def _distinct(delay: Tensor) -> list[int]:
    low, high = int(delay.min()), int(delay.max())
    return [low] if low == high else torch.unique(delay).tolist()


def _delayed(x: Tensor, steps: int) -> Tensor:
    """``(sample, channel, time)`` shifted to later steps: zeros at the start, the end cut off."""
    return torch.nn.functional.pad(x, (steps, 0))[..., : x.shape[-1]]
