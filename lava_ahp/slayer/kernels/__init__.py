"""A population over a whole sequence as one autograd function: what trains.

The forward pass has the integers of docs/numerics.md and equals :func:`lava_ahp.slayer.loop.integrate` to the bit; the
way back has the derivatives named there and equals its gradients to rounding.

:func:`respond` and :func:`respond_to_drive` pick the kernel for the device: ``cpu`` (needs Numba) or, on a GPU,
``gpu`` (needs Triton), each imported when it is first used.  Elsewhere the loop runs, with its need of memory.
"""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType
from typing import Literal

import torch
from torch import Tensor

from lava_ahp.slayer.kernels._setting import Setting
from lava_ahp.slayer.loop import Constants, integrate
from lava_ahp.slayer.surrogate import Surrogate

__all__ = ["Output", "kernel_for", "respond", "respond_to_drive"]

#: What comes out: spikes, or voltages after the reset in units of the state.
Output = Literal["spikes", "voltages"]


def kernel_for(device: torch.device) -> ModuleType | None:
    """The module with the kernel for a device; None where there is none, and the loop runs instead."""
    if device.type == "cpu":
        return importlib.import_module(f"{__name__}.cpu")
    # Products of bfloat16 exist from compute capability 8.0 on.
    if device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0) and _has_triton():
        return importlib.import_module(f"{__name__}.gpu")
    return None


def respond(
    spikes: Tensor,
    weight: Tensor,
    recurrent: Tensor | None,
    constants: Constants,
    surrogate: Surrogate,
    *,
    delay: int | Tensor = 1,
    output: Output = "spikes",
) -> Tensor:
    """Run a population from an all-zero state.

    Args:
        spikes: of the input, zeros and ones, ``(sample, source, time)``.
        weight: integers ``(target, source)``; on a GPU within ``-256..256``, as all that the chip takes are.
        recurrent: integer weights ``(target, source)`` of the population onto itself, one step of delay.
        constants: parameters of the neurons.
        surrogate: derivative of the spike.
        delay: steps from a spike of the input to its arrival, at least 1: of all synapses, or ``(target, source)``.
        output: what to return.

    Returns:
        Whole numbers ``float32 (sample, neuron, time)``.

    Raises:
        DataError: input that is neither 0 nor 1.
        SpecError: weights out of range, on a GPU.
    """
    delays = _distinct(torch.as_tensor(delay))
    if len(delays) > 1:
        # A synapse of a longer delay is one from a later copy of its source.
        weight = torch.cat([weight * (delay == d) for d in delays], dim=1)
        spikes = torch.cat([_later(spikes, d - delays[0]) for d in delays], dim=1)
    kernel = kernel_for(spikes.device)
    if kernel is None:
        return _loop(_later(weight.to(spikes.dtype) @ spikes, delays[0]), recurrent, constants, surrogate, output)
    setting = Setting(surrogate, delays[0], output == "voltages", torch.is_grad_enabled())
    each = (x.expand(len(weight)) for x in constants)
    return kernel.Sequence.apply(setting, spikes, None, weight, recurrent, *each)


def respond_to_drive(drive: Tensor, constants: Constants, surrogate: Surrogate) -> Tensor:
    """Spikes of a population that has no synapses of its own.

    Args:
        drive: sum of the weights of the spikes that arrive at each step, whole numbers ``(sample, neuron, time)``.
        constants: as for :func:`respond`.
        surrogate: as for :func:`respond`.

    Returns:
        ``float32 (sample, neuron, time)``.
    """
    kernel = kernel_for(drive.device)
    if kernel is None:
        return _loop(drive, None, constants, surrogate, "spikes")
    setting = Setting(surrogate, 1, False, torch.is_grad_enabled())
    each = (x.expand(drive.shape[1]) for x in constants)
    return kernel.Sequence.apply(setting, None, drive, None, None, *each)


def _has_triton() -> bool:
    return importlib.util.find_spec("triton") is not None


def __getattr__(name: str) -> ModuleType:
    if name in ("cpu", "gpu"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _loop(
    drive: Tensor, recurrent: Tensor | None, constants: Constants, surrogate: Surrogate, output: Output
) -> Tensor:
    states = integrate(drive.transpose(1, 2), recurrent, constants, surrogate)
    return (states.v if output == "voltages" else states.s).transpose(1, 2).float()


def _distinct(delay: Tensor) -> list[int]:
    low, high = int(delay.min()), int(delay.max())
    return [low] if low == high else torch.unique(delay).tolist()


def _later(x: Tensor, steps: int) -> Tensor:
    """``(sample, channel, time)`` that many steps later, zeros in front, the end cut off."""
    return torch.nn.functional.pad(x, (steps, 0))[..., : x.shape[-1]]
