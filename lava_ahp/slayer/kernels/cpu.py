"""The kernel on the CPU: an autograd function over NumPy arrays, in which every thread takes groups of samples.

Kept for the backward pass:

- 4 bytes per neuron and step: the voltage before it is clipped and reset, which gives the spike and its derivative;
- 4 bytes per input spike;
- ``a`` at every :data:`CHECKPOINT`-th step, if decays of ``u`` or ``a`` are learned.

The compiled loops take a multiple of 64 neurons.  A population is filled up with neurons that never spike.

Sums over samples are taken group by group in a fixed order, so no result depends on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.slayer.kernels import _backward, _events, _inputs, _loops
from lava_ahp.slayer.kernels._arrays import Gradients, NeuronConstants, Synapses
from lava_ahp.slayer.kernels._product import padded
from lava_ahp.slayer.kernels._settings import Context, Settings
from lava_ahp.slayer.kernels._vectors import SHORTS
from lava_ahp.slayer.kernels.denormals import denormals_as_zero

#: Largest number of groups of samples.  A group has at least two samples and its own sums.
GROUPS = 32

#: Steps between two checkpoints of ``a``.
CHECKPOINT = 32

#: Samples times steps times (neurons + sources), from which groups and threads pay off.
PARALLEL_FROM = 2**22

#: Threads of the kernels while torch itself is limited to one.
_threads: int | None = None

_Result = TypeVar("_Result")


class Sequence(torch.autograd.Function):
    """A population over a whole sequence.

    Inputs, each of which but the first and the last may be None:

    - ``settings``: a :class:`Settings`;
    - ``spikes``: input spikes, zeros and ones, ``(sample, source, time)``;
    - ``drive``: input as sums of weights, ``(sample, neuron, time)``; either ``spikes`` or ``drive`` is given;
    - ``weight``: feedforward weights ``(target, source)``;
    - ``recurrent``: recurrent weights ``(target, source)``;
    - ``autapse``: that of :class:`lava_ahp.slayer.loop.PairedSynapses`, ``(neuron,)``; given with a lag;
    - ``delays``: steps from a neuron's spike to its arrival at the others, whole numbers ``(neuron,)``; None for 1;
    - ``constants``: the six of :class:`lava_ahp.slayer.loop.Constants`, ``(neuron,)`` each.

    The outputs are ``float32 (sample, neuron, time)`` and the spikes summed over samples and steps,
    ``float32 (neuron,)``.
    """

    @staticmethod
    def forward(
        ctx: Context,
        settings: Settings,
        spikes: Tensor | None,
        drive: Tensor | None,
        weight: Tensor | None,
        recurrent: Tensor | None,
        autapse: Tensor | None,
        delays: Tensor | None,
        *constants: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Output of every step, and sums of spikes."""
        given = drive if spikes is None else spikes
        assert given is not None
        samples, _, steps = given.shape
        neurons = len(constants[0])
        width = padded(neurons, SHORTS)
        neuron_constants, late = _inputs.neuron_constants([constants], [0, width]), settings.late
        synapses = Synapses(
            _inputs.rows(weight, width), _inputs.rows(recurrent, width),
            np.zeros(0, np.int32) if autapse is None else _inputs.filled(autapse.detach().numpy(), width, np.int32),
            _inputs.rows(None if late is None else late.feedforward, width),
            _inputs.rows(None if late is None else late.recurrent, width),
            _inputs.delays(recurrent, delays),
        )  # fmt: skip
        needs_states = settings.learning and (ctx.needs_input_grad[8] or ctx.needs_input_grad[10])
        kept = (
            _inputs.empty((samples, steps + 1, width) if settings.learning else (0, 0, 0), np.int32),
            _inputs.empty((samples, -(-steps // CHECKPOINT) if needs_states else 0, width), np.int32),
        )
        arriving = np.zeros((0, 0, 0), np.int32) if drive is None else _time_major(drive).int().numpy()
        dense, time_major = (None, True) if spikes is None else _dense(spikes)
        out = _inputs.empty((samples, steps, neurons), np.float32)
        sources = 0 if spikes is None else spikes.shape[1]
        size = samples * steps * (neurons + sources)
        groups = _groups(samples, size, GROUPS)
        counts = np.zeros((groups, width), np.int64)

        def run(g: int, first: int, last: int) -> _events.Events:
            events = _events.none(last - first, steps)
            if dense is not None:
                events = _events.extract(dense, time_major, first, last, settings.delay)
            _loops.forward(
                synapses, neuron_constants, events, arriving, first, CHECKPOINT, settings.lag, settings.voltages,
                out, counts[g], kept,
            )  # fmt: skip
            return events

        events = _in_groups(run, samples, groups)
        if settings.learning:
            flat = [x for group in events for x in group]
            ctx.save_for_backward(*map(torch.from_numpy, (*kept, *synapses, *neuron_constants, *flat)))
            ctx.settings, ctx.neurons = settings, neurons
            ctx.set_materialize_grads(False)
        return torch.from_numpy(out).transpose(1, 2), torch.from_numpy(counts.sum(axis=0)[:neurons]).float()

    @staticmethod
    def backward(ctx: Context, grad_out: Tensor | None, grad_counts: Tensor | None) -> tuple[Tensor | None, ...]:
        """Gradients of the inputs, in their order."""
        needed = ctx.needs_input_grad
        if grad_out is None and grad_counts is None:
            return (None,) * len(needed)
        saved = [x.numpy() for x in ctx.saved_tensors]
        kept, saved = tuple(saved[:2]), saved[2:]
        synapses, neuron_constants, saved = Synapses(*saved[:6]), NeuronConstants(*saved[6:12]), saved[12:]
        events = [_events.Events(*pair) for pair in zip(saved[::2], saved[1::2], strict=True)]
        settings, (samples, later, width) = ctx.settings, kept[0].shape
        neurons, steps = ctx.neurons, later - 1
        sources = len(synapses.feedforward)
        factors = _inputs.backward_factors(synapses, neuron_constants, settings, kept[0], neurons, needed[1])
        shape = samples, steps, neurons
        grad = np.zeros(shape, np.float32) if grad_out is None else _time_major(grad_out).float().numpy()
        of_counts = np.zeros(neurons) if grad_counts is None else grad_counts.detach().numpy()
        everywhere = _inputs.filled(of_counts, width, np.float32)
        groups = len(events)
        grad_weight = _inputs.empty((groups, sources if needed[3] else 0, width), np.float32)
        grad_recurrent = _inputs.empty((groups, len(synapses.recurrent) if needed[4] else 0, width), np.float32)
        grad_spikes = _inputs.empty((samples, steps, sources) if needed[1] else (0, 0, 0), np.float32)
        grad_drive = _inputs.empty((samples, steps, neurons) if needed[2] else (0, 0, 0), np.float32)
        grad_constants = np.zeros((groups, 7 if any(needed[5:]) else 0, width))

        def run(g: int, first: int, _last: int) -> None:
            grad_weight[g], grad_recurrent[g] = 0, 0
            gradients = Gradients(grad_weight[g], grad_recurrent[g], grad_spikes, grad_drive, grad_constants[g])
            _backward.backward(
                synapses, neuron_constants, factors, events[g], first, settings.delay, CHECKPOINT, settings.lag,
                settings.voltages, needed[6], grad, everywhere, kept, gradients,
            )  # fmt: skip

        _in_groups(run, samples, groups)
        constants = torch.from_numpy(grad_constants.sum(axis=0)[:, :neurons])
        return (
            None,
            torch.from_numpy(grad_spikes).transpose(1, 2) if needed[1] else None,
            torch.from_numpy(grad_drive).transpose(1, 2) if needed[2] else None,
            torch.from_numpy(grad_weight.sum(axis=0)[:, :neurons]).T if needed[3] else None,
            torch.from_numpy(grad_recurrent.sum(axis=0)[:, :neurons]).T if needed[4] else None,
            constants[5] if needed[5] else None,
            constants[6] if needed[6] else None,
            *(constants[:5] if len(constants) else (None,) * 5),
            None,
        )


@contextmanager
def torch_on_one_thread() -> Iterator[None]:
    """Leave all threads to the kernels, and limit torch to one.

    What torch does between kernels is too small to be worth threads.  With one thread, its sums also have the same
    order on every machine.
    """
    global _threads
    before = torch.get_num_threads()
    _threads = before
    torch.set_num_threads(1)
    try:
        yield
    finally:
        _threads = None
        torch.set_num_threads(before)


def _groups(samples: int, size: int, most: int) -> int:
    """Number of groups of samples, at most ``most``; a single one if there is little to do."""
    return min(-(-samples // 2), most if size >= PARALLEL_FROM else 1)


def _in_groups(run: Callable[[int, int, int], _Result], samples: int, groups: int) -> list[_Result]:
    """Call ``run(group, first, last)`` for every group of samples, and return the results in order.

    Uses as many threads as torch does, or did before it was limited, but at most one for each group.
    """
    bounds = [(g, g * samples // groups, (g + 1) * samples // groups) for g in range(groups)]
    threads = min(_threads or torch.get_num_threads(), groups)

    with denormals_as_zero():
        if threads <= 1:
            return [run(*b) for b in bounds]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(lambda b: run(*b), bounds))


def _time_major(x: Tensor) -> Tensor:
    return x.detach().transpose(1, 2).contiguous()


def _dense(spikes: Tensor) -> tuple[npt.NDArray[np.float32], bool]:
    """Spikes in their memory order, and whether that is ``(sample, time, source)``."""
    x = spikes.detach().float()
    time_major = x.transpose(1, 2).is_contiguous()
    return (x.transpose(1, 2) if time_major else x.contiguous()).numpy(), time_major
