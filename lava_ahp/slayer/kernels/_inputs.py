"""What the compiled loops on the CPU take: arrays aligned to cache lines, filled up to whole vectors of neurons."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.kernels._arrays import BackwardFactors, NeuronConstants, Synapses
from lava_ahp.slayer.kernels._settings import Settings
from lava_ahp.slayer.loop import surrogate_derivative
from lava_ahp.slayer.surrogate import Triangular

#: Threshold of the neurons that fill up a population: more than any state, or sum of three.
_OUT_OF_REACH = np.iinfo(np.int32).max


def empty(shape: tuple[int, ...], dtype: type) -> npt.NDArray[Any]:
    """An array aligned to cache lines.  NumPy puts large arrays on huge pages, which halves the time of a step."""
    size, width = prod(shape), np.dtype(dtype).itemsize
    raw: npt.NDArray[Any] = np.empty(size + 64 // width, dtype)
    skip = -raw.ctypes.data % 64 // width
    return raw[skip : skip + size].reshape(shape)


def aligned(x: npt.NDArray[Any], dtype: type) -> npt.NDArray[Any]:
    """A copy aligned to cache lines."""
    copy = empty(x.shape, dtype)
    copy[:] = x
    return copy


def filled(x: npt.NDArray[Any], width: int, value: int = 0) -> npt.NDArray[Any]:
    """An array whose last axis is filled up with a value, and aligned."""
    wider = empty((*x.shape[:-1], width), x.dtype.type)
    wider[..., : x.shape[-1]], wider[..., x.shape[-1] :] = x, value
    return wider


def rows(weight: Tensor | None, width: int) -> npt.NDArray[Any]:
    """Weights ``(source, target)`` as ``int16``, or as ``int32`` if one has more than the 8 bits of the chip."""
    if weight is None:
        return np.zeros((0, width), np.int16)
    of_source = weight.detach().T
    wide = of_source.numel() > 0 and of_source.abs().max() > -fx.WEIGHT_MIN
    return filled(of_source.to(torch.int32 if wide else torch.int16).numpy(), width)


def delays(recurrent: Tensor | None, steps: Tensor | None) -> npt.NDArray[np.int32]:
    """Delays of the recurrent synapses; empty if there are none."""
    if recurrent is None:
        return np.zeros(0, np.int32)
    return np.full(len(recurrent), fx.DELAY_MIN, np.int32) if steps is None else int32(steps)


def int32(whole: Tensor) -> npt.NDArray[np.int32]:
    values: npt.NDArray[np.int32] = whole.detach().to(torch.int32).contiguous().numpy()
    return values


def neuron_constants(constants: tuple[Tensor, ...], width: int) -> NeuronConstants:
    threshold, current, voltage, ahp, ahp_weight, gain = map(int32, constants)
    one = np.int32(fx.DECAY_ONE)
    others = one - current, one - voltage, one - ahp, ahp_weight, gain
    return NeuronConstants(filled(threshold, width, _OUT_OF_REACH), *(filled(x, width) for x in others))


def triangle(
    threshold: npt.NDArray[np.int32], surrogate: Triangular
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Reach and steepness of :class:`BackwardFactors`."""
    scale = np.maximum(threshold, 2**fx.STATE_SHIFT).astype(np.float64)
    reach = (surrogate.width * scale).astype(np.float32)
    return reach, (surrogate.dampening / (surrogate.width * scale * scale)).astype(np.float32)


def backward_factors(
    synapses: Synapses, constants: NeuronConstants, settings: Settings, v: npt.NDArray[np.int32], neurons: int
) -> BackwardFactors:
    surrogate, width = settings.surrogate, v.shape[2]
    keep = torch.ones(neurons) if settings.late is None else settings.late.keep
    one = np.float32(fx.DECAY_ONE)
    threshold = constants.threshold[:neurons]
    reach = steepness = np.zeros(neurons, np.float32)
    derivative = np.zeros((0, 0, 0), np.float32)
    if type(surrogate) is Triangular:
        reach, steepness = triangle(threshold, surrogate)
    else:
        derivative = np.zeros((len(v), v.shape[1] - 1, width), np.float32)
        # One sample at a time, so that temporary arrays fit into the cache.
        for k in range(len(v)):
            clipped = torch.from_numpy(v[k, 1:, :neurons]).clamp(-fx.STATE_MAX, fx.STATE_MAX).float()
            of_sample = surrogate_derivative(clipped, torch.from_numpy(threshold).float(), surrogate)
            derivative[k, :, :neurons] = of_sample.numpy()
    return BackwardFactors(
        aligned(synapses.feedforward[:, :neurons].T, np.float32),
        aligned(synapses.recurrent, np.float32),
        synapses.autapse.astype(np.float32),
        filled(keep.detach().float().numpy(), width),
        constants.current_factor.astype(np.float32) / one,
        constants.voltage_factor.astype(np.float32) / one,
        constants.ahp_factor.astype(np.float32) / one,
        -constants.ahp_weight.astype(np.float32),
        constants.gain.astype(np.float32),
        filled(reach, width),
        filled(steepness, width),
        derivative,
    )
