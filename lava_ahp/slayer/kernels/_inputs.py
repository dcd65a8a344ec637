"""What the compiled loops on the CPU take: arrays aligned to cache lines, filled up to whole vectors of neurons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def filled(x: npt.NDArray[Any], width: int, dtype: type) -> npt.NDArray[Any]:
    """An array whose last axis is filled up with zeros, and aligned."""
    wider = empty((*x.shape[:-1], width), dtype)
    # What is not finite becomes some whole number: training notices after the step, and says so.
    with np.errstate(invalid="ignore"):
        wider[..., : x.shape[-1]], wider[..., x.shape[-1] :] = x, 0
    return wider


def rows(weight: Tensor | None, width: int) -> npt.NDArray[Any]:
    """Weights ``(source, target)`` as ``int16``, or as ``int32`` if one has more than the 8 bits of the chip."""
    if weight is None:
        return np.zeros((0, width), np.int16)
    of_target = weight.detach().numpy()
    wide = of_target.size > 0 and max(of_target.max(), -of_target.min()) > -fx.WEIGHT_MIN
    return filled(of_target.T, width, np.int32 if wide else np.int16)


def delays(recurrent: Tensor | None, steps: Tensor | None) -> npt.NDArray[np.int32]:
    """Delays of the recurrent synapses; empty if there are none."""
    if recurrent is None:
        return np.zeros(0, np.int32)
    return np.full(len(recurrent), fx.DELAY_MIN, np.int32) if steps is None else int32(steps)


def int32(whole: Tensor) -> npt.NDArray[np.int32]:
    values: npt.NDArray[np.int32] = whole.detach().to(torch.int32).contiguous().numpy()
    return values


def neuron_constants(layers: Iterable[tuple[Tensor, ...]], bounds: Sequence[int]) -> NeuronConstants:
    """Those of several layers one after another, each filled up to the bound of the next.

    Args:
        layers: constants as in :class:`lava_ahp.slayer.loop.Constants`, ``(neuron,)`` each.
        bounds: first neuron of each layer, and the number of neurons.
    """
    table = empty((len(NeuronConstants._fields), bounds[-1]), np.int32)
    table[0], table[1:] = _OUT_OF_REACH, 0
    for first, constants in zip(bounds, layers, strict=False):
        last = first + len(constants[0])
        with np.errstate(invalid="ignore"):
            for row, values in zip(table, constants, strict=True):
                row[first:last] = values.detach().numpy()
        table[1:4, first:last] = fx.DECAY_ONE - table[1:4, first:last]
    return NeuronConstants(*table)


def triangle(
    threshold: npt.NDArray[np.int32], surrogate: Triangular
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Reach and steepness of :class:`BackwardFactors`."""
    scale = np.maximum(threshold, 2**fx.STATE_SHIFT).astype(np.float64)
    reach = (surrogate.width * scale).astype(np.float32)
    return reach, (surrogate.dampening / (surrogate.width * scale * scale)).astype(np.float32)


def backward_factors(
    synapses: Synapses,
    constants: NeuronConstants,
    settings: Settings,
    v: npt.NDArray[np.int32],
    neurons: int,
    needs_spikes: bool,
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
        aligned(synapses.feedforward[: None if needs_spikes else 0, :neurons].T, np.float32),
        aligned(synapses.recurrent, np.float32),
        synapses.autapse.astype(np.float32),
        filled(keep.detach().numpy(), width, np.float32),
        constants.current_factor.astype(np.float32) / one,
        constants.voltage_factor.astype(np.float32) / one,
        constants.ahp_factor.astype(np.float32) / one,
        -constants.ahp_weight.astype(np.float32),
        constants.gain.astype(np.float32),
        filled(reach, width, np.float32),
        filled(steepness, width, np.float32),
        derivative,
    )
