"""The kernel on the CPU: an autograd function over NumPy arrays, whole groups of samples to a thread.

Kept for the way back are 4 bytes per neuron and step (the voltage before the reset, from which spike and derivative
follow), 4 bytes per spike of the input, and, where decays of ``u`` or ``a`` are learned, these two states at every
:data:`CHECKPOINT`-th step.  What is summed over samples is summed group by group in an order of its own, so no result
depends on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.kernels import _events, _loops
from lava_ahp.slayer.kernels._arrays import Cells, Gradients, Synapses, Tangents
from lava_ahp.slayer.kernels._setting import Setting
from lava_ahp.slayer.loop import surrogate_derivative
from lava_ahp.slayer.surrogate import Surrogate, Triangular

#: Samples are cut into so many groups at most, of two at least, each with sums of its own.
GROUPS = 32

#: Steps between two stored states where ``u`` and ``a`` are wanted on the way back.
CHECKPOINT = 32

#: Steps of neurons and of their sources from which threads are worth starting.
SHARED_FROM = 2**22

#: Threads of the kernels while torch itself is held to one.
_threads: int | None = None

_Result = TypeVar("_Result")


class Sequence(torch.autograd.Function):
    """A population over a whole sequence.

    Inputs are a :class:`Setting`; the spikes of the input, zeros and ones, ``(sample, source, time)``, or None; sums of
    weights from outside, ``(sample, neuron, time)``, or None; feedforward weights ``(target, source)`` or None;
    recurrent ones or None; and the six of :class:`lava_ahp.slayer.loop.Constants`, ``(neuron,)`` each.  The output is
    ``float32 (sample, neuron, time)``.
    """

    @staticmethod
    def forward(  # type: ignore[no-untyped-def]
        ctx,
        setting: Setting,
        spikes: Tensor | None,
        drive: Tensor | None,
        weight: Tensor | None,
        recurrent: Tensor | None,
        *constants: Tensor,
    ) -> Tensor:
        """Outputs of every step."""
        cells = _cells(constants)
        samples, _, steps = (drive if spikes is None else spikes).shape  # type: ignore[union-attr]
        shape = samples, steps, len(cells.threshold)
        synapses = Synapses(_rows(weight, shape[2]), _rows(recurrent, shape[2]))
        needs_states = setting.learning and (ctx.needs_input_grad[6] or ctx.needs_input_grad[8])
        checkpoints = -(-steps // CHECKPOINT) if needs_states else 0
        kept = (
            _empty(shape if setting.learning else (0, 0, 0), np.int32),
            _empty((samples, checkpoints, shape[2]), np.int32),
            _empty((samples, checkpoints, shape[2]), np.int32),
        )
        arriving = np.zeros((0, 0, 0), np.int32) if drive is None else _time_major(drive).int().numpy()
        dense, time_major = (None, True) if spikes is None else _dense(spikes)
        out = _empty(shape, np.float32)

        def run(_: int, first: int, last: int) -> _events.Events:
            events = _events.none(last - first, steps)
            if dense is not None:
                events = _events.extract(dense, time_major, first, last, setting.delay)
            _loops.forward(synapses, cells, events, arriving, first, CHECKPOINT, setting.voltages, out, kept)
            return events

        sources = 0 if spikes is None else spikes.shape[1]
        events = _in_groups(run, samples, samples * steps * (shape[2] + sources))
        if setting.learning:
            flat = [x for group in events for x in group]
            ctx.save_for_backward(*map(torch.from_numpy, (*kept, arriving, *synapses, *cells, *flat)))
            ctx.setting = setting
            ctx.set_materialize_grads(False)
        return torch.from_numpy(out).transpose(1, 2)

    @staticmethod
    def backward(ctx, gradient: Tensor | None) -> tuple[Any, ...]:  # type: ignore[no-untyped-def]
        """Gradients by the inputs, in their order."""
        wanted = ctx.needs_input_grad
        if gradient is None:
            return (None,) * len(wanted)
        saved = [x.numpy() for x in ctx.saved_tensors]
        kept, arriving, saved = tuple(saved[:3]), saved[3], saved[4:]
        synapses, cells, saved = Synapses(*saved[:2]), Cells(*saved[2:8]), saved[8:]
        events = [_events.Events(*pair) for pair in zip(saved[::2], saved[1::2], strict=True)]
        setting, (samples, steps, neurons) = ctx.setting, kept[0].shape
        sources = len(synapses.feedforward)
        tangents = _tangents(synapses, cells, setting.surrogate, kept[0])
        by_output = _time_major(gradient).float().numpy()
        groups = len(events)
        by_weight = _empty((groups, sources if wanted[3] else 0, neurons), np.float32)
        by_recurrent = _empty((groups, len(synapses.recurrent) if wanted[4] else 0, neurons), np.float32)
        by_spikes = _empty((samples, steps, sources) if wanted[1] else (0, 0, 0), np.float32)
        by_drive = _empty(kept[0].shape if wanted[2] else (0, 0, 0), np.float32)
        by_constants = np.zeros((groups, 5 if any(wanted[5:]) else 0, neurons))

        def run(g: int, first: int, last: int) -> None:
            by_weight[g], by_recurrent[g] = 0, 0
            gradients = Gradients(by_weight[g], by_recurrent[g], by_spikes, by_drive, by_constants[g])
            _loops.backward(
                synapses, cells, tangents, events[g], arriving, first, setting.delay, CHECKPOINT, setting.voltages,
                by_output, kept, gradients,
            )  # fmt: skip

        _in_groups(run, samples, samples * steps * (neurons + sources))
        constants = torch.from_numpy(by_constants.sum(axis=0))
        return (
            None,
            torch.from_numpy(by_spikes).transpose(1, 2) if wanted[1] else None,
            torch.from_numpy(by_drive).transpose(1, 2) if wanted[2] else None,
            torch.from_numpy(by_weight.sum(axis=0)).T.double() if wanted[3] else None,
            torch.from_numpy(by_recurrent.sum(axis=0)).T.double() if wanted[4] else None,
            *(constants if len(constants) else (None,) * 5),
            None,
        )


@contextmanager
def torch_on_one_thread() -> Iterator[None]:
    """Leave the threads to the kernels: what torch does between them is too small to share out, and sums then have
    one order on every machine."""
    global _threads
    before = torch.get_num_threads()
    _threads = before
    torch.set_num_threads(1)
    try:
        yield
    finally:
        _threads = None
        torch.set_num_threads(before)


def _in_groups(run: Callable[[int, int, int], _Result], samples: int, size: int) -> list[_Result]:
    """What ``run(group, first, last)`` gives for every group of samples, in order.

    On as many threads as torch uses, or used before it was restricted; on one where there is little to do.
    """
    groups = min(-(-samples // 2), GROUPS)
    bounds = [(g, g * samples // groups, (g + 1) * samples // groups) for g in range(groups)]
    threads = min(_threads or torch.get_num_threads(), groups) if size >= SHARED_FROM else 1
    if threads <= 1:
        return [run(*b) for b in bounds]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda b: run(*b), bounds))


def _empty(shape: tuple[int, ...], dtype: type) -> npt.NDArray[Any]:
    """An array that begins with a cache line.  Large ones of NumPy use huge pages, which halves the time of a step."""
    size, width = int(np.prod(shape)), np.dtype(dtype).itemsize
    raw: npt.NDArray[Any] = np.empty(size + 64 // width, dtype)
    skip = -raw.ctypes.data % 64 // width
    return raw[skip : skip + size].reshape(shape)


def _aligned(x: npt.NDArray[Any], dtype: type) -> npt.NDArray[Any]:
    copy = _empty(x.shape, dtype)
    copy[:] = x
    return copy


def _time_major(x: Tensor) -> Tensor:
    return x.detach().transpose(1, 2).contiguous()


def _dense(spikes: Tensor) -> tuple[npt.NDArray[np.float32], bool]:
    """Spikes as they lie in memory, and whether that is ``(sample, time, source)``."""
    x = spikes.detach().float()
    time_major = x.transpose(1, 2).is_contiguous()
    return (x.transpose(1, 2) if time_major else x.contiguous()).numpy(), time_major


def _rows(weight: Tensor | None, neurons: int) -> npt.NDArray[np.int32]:
    """``(source, target)``."""
    if weight is None:
        return np.zeros((0, neurons), np.int32)
    return weight.detach().T.to(torch.int32).contiguous().numpy()


def _cells(constants: tuple[Tensor, ...]) -> Cells:
    threshold, current, voltage, ahp, ahp_weight, gain = (
        x.detach().to(torch.int32).contiguous().numpy() for x in constants
    )
    one = np.int32(fx.DECAY_ONE)
    return Cells(threshold, one - current, one - voltage, one - ahp, ahp_weight, gain)


def _tangents(synapses: Synapses, cells: Cells, surrogate: Surrogate, v: npt.NDArray[np.int32]) -> Tangents:
    one = np.float32(fx.DECAY_ONE)
    threshold = torch.from_numpy(cells.threshold)
    scale = np.maximum(cells.threshold, 2**fx.STATE_SHIFT).astype(np.float64)
    reach = steepness = np.zeros(len(scale), np.float32)
    derivative = np.zeros((0, 0, 0), np.float32)
    if type(surrogate) is Triangular:
        reach = (surrogate.width * scale).astype(np.float32)
        steepness = (surrogate.dampening / (surrogate.width * scale * scale)).astype(np.float32)
    else:
        derivative = _empty(v.shape, np.float32)
        # A sample at a time, so that what lies between fits the cache.
        for k in range(len(v)):
            of_sample = surrogate_derivative(torch.from_numpy(v[k]).float(), threshold.float(), surrogate)
            derivative[k] = of_sample.numpy()
    return Tangents(
        _aligned(synapses.feedforward.T, np.float32),
        _aligned(synapses.recurrent, np.float32),
        cells.current_factor / one,
        cells.voltage_factor / one,
        cells.ahp_factor / one,
        cells.ahp_weight.astype(np.float32),
        cells.gain.astype(np.float32),
        reach,
        steepness,
        derivative,
    )
