"""The kernel on a GPU: an autograd function that takes a whole batch through one stretch of steps after the other.

Kept for the way back are 4 bytes per neuron and step (the voltage before the reset, from which spike and derivative
follow), 1 byte per source and step (the spikes of the input), and, where decays of ``u`` or ``a`` are learned, 12
bytes per neuron and stretch (the states ahead of it, from which it is run again).  What else is as long as time is
made for one stretch at a time.  No sum has an order that changes from run to run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from lava_ahp.errors import DataError, SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.kernels._setting import Setting
from lava_ahp.slayer.kernels._stretch import WEIGHT, Population
from lava_ahp.slayer.loop import surrogate_derivative
from lava_ahp.slayer.surrogate import Surrogate, Triangular

#: Samples times neurons times steps of a stretch, and the steps that it has at least.
STRETCH, SHORTEST = 2**24, 16


class Sequence(torch.autograd.Function):
    """A population over a whole sequence, with the inputs and the output of the kernel on the CPU.

    Inputs are a :class:`Setting`; the spikes of the input, zeros and ones, ``(sample, source, time)``, or None; sums of
    weights from outside, ``(sample, neuron, time)``, or None; feedforward weights ``(target, source)`` or None;
    recurrent ones or None; and the six of :class:`lava_ahp.slayer.loop.Constants`, ``(neuron,)`` each.  The output is
    ``float32 (sample, neuron, time)``, in memory ``(time, sample, neuron)``.
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
        _check(spikes, weight, recurrent)
        population = Population(
            None if spikes is None else _arrivals(spikes, setting.delay),
            None if drive is None else drive.permute(2, 0, 1).int().contiguous(),
            None if weight is None else weight.float(),
            None if recurrent is None else recurrent.to(torch.bfloat16).contiguous(),
            _cells(constants),
        )
        samples, _, steps = (drive if spikes is None else spikes).shape  # type: ignore[union-attr]
        plane = samples, len(constants[0])
        stretches = _stretches(steps, *plane)
        replayed = setting.learning and (ctx.needs_input_grad[6] or ctx.needs_input_grad[8])
        states = population.cells.new_zeros(len(stretches) + 1 if replayed else 1, 3, *plane)
        voltages = population.cells.new_zeros(steps + 1, *plane) if setting.learning else None
        out = torch.empty(steps, *plane, device=states.device)
        with torch.autocast(out.device.type, enabled=False):
            for k, (begin, end) in enumerate(stretches):
                population.advance(
                    begin,
                    end,
                    states[k if replayed else 0],
                    states[k + 1 if replayed else 0],
                    readout=setting.voltages,
                    voltages=None if voltages is None else voltages[begin + 1 : end + 1],
                    out=out[begin:end],
                )
        if setting.learning:
            kept = population if replayed else population._replace(drive=None)
            ctx.save_for_backward(voltages, states if replayed else None, *kept)
            ctx.setting = setting
            ctx.set_materialize_grads(False)
        return out.permute(1, 2, 0)

    @staticmethod
    def backward(ctx, gradient: Tensor | None) -> tuple[Any, ...]:  # type: ignore[no-untyped-def]
        """Gradients by the inputs, in their order."""
        if gradient is None:
            return (None,) * len(ctx.needs_input_grad)
        voltages, states, *kept = ctx.saved_tensors
        population, setting = Population(*kept), ctx.setting
        steps, plane = len(voltages) - 1, tuple(voltages.shape[1:])
        tangents = _tangents(population.cells, setting.surrogate)
        carried = tangents.new_zeros(4, *plane)
        gradients = _Gradients.zeros(ctx.needs_input_grad, population, voltages)
        with torch.autocast(voltages.device.type, enabled=False):
            for k, (begin, end) in reversed(list(enumerate(_stretches(steps, *plane)))):
                history = None
                if states is not None:
                    history = voltages.new_empty(end - begin, 2, *plane)
                    population.advance(begin, end, states[k], torch.empty_like(states[k]), history=history)
                by_drive = tangents.new_empty(end - begin, *plane)
                population.retreat(
                    gradient[..., begin:end].float(),
                    voltages[begin : end + 1],
                    _slopes(voltages[begin + 1 : end + 1], population.cells, setting.surrogate),
                    tangents,
                    carried,
                    by_drive,
                    readout=setting.voltages,
                    history=history,
                    sums=gradients.constants,
                )
                gradients.add(population, begin, end, setting.delay, voltages[begin:end], by_drive)
        return None, *gradients.by_input(), None


class _Gradients(NamedTuple):
    """What the way back adds up; None where it is not wanted.

    Attributes:
        spikes: ``(time, sample, source)``.
        drive: ``(time, sample, neuron)``.
        weight: ``(target, source)``.
        recurrent: ``(target, source)``.
        constants: as the kernel has them, ``float64 (5, sample, neuron)``.
    """

    spikes: Tensor | None
    drive: Tensor | None
    weight: Tensor | None
    recurrent: Tensor | None
    constants: Tensor | None

    @classmethod
    def zeros(cls, wanted: tuple[bool, ...], population: Population, voltages: Tensor) -> _Gradients:
        """Of the inputs of :class:`Sequence` that want one."""
        steps, samples, neurons = len(voltages) - 1, *voltages.shape[1:]
        sources = 0 if population.weight is None else population.weight.shape[1]
        shapes = (steps, samples, sources), (steps, samples, neurons), (neurons, sources), (neurons, neurons)
        spikes, drive, weight, recurrent = (
            torch.zeros(shape, device=voltages.device) if asked else None
            for shape, asked in zip(shapes, wanted[1:5], strict=True)
        )
        sums = voltages.new_zeros(5, samples, neurons, dtype=torch.float64) if any(wanted[5:]) else None
        return cls(spikes, drive, weight, recurrent, sums)

    def add(
        self, population: Population, begin: int, end: int, delay: int, voltages: Tensor, by_arriving: Tensor
    ) -> None:
        """Add those of a stretch.

        Args:
            population: whose.
            begin: first step.
            end: the step behind the last one.
            delay: steps from a spike of the input to its arrival.
            voltages: of the step ahead of each, ``(time, sample, neuron)``.
            by_arriving: gradient by what arrives, ``(time, sample, neuron)``.
        """
        flat = by_arriving.flatten(0, 1).T
        if self.drive is not None:
            self.drive[begin:end] = by_arriving
        if self.spikes is not None and end > delay:
            first = max(begin, delay)
            self.spikes[first - delay : end - delay] = by_arriving[first - begin :] @ population.weight  # type: ignore[operator]
        if self.weight is not None:
            self.weight.addmm_(flat, population.arrivals[begin:end].flatten(0, 1).float())  # type: ignore[index]
        if self.recurrent is not None:
            self.recurrent.addmm_(flat, population.fired(voltages).flatten(0, 1))

    def by_input(self) -> tuple[Tensor | None, ...]:
        """In the order and the layout of the inputs."""
        spikes, drive = (None if x is None else x.permute(1, 2, 0) for x in (self.spikes, self.drive))
        if self.constants is None:
            return spikes, drive, self.weight, self.recurrent, *(None,) * 5
        constants = self.constants.sum(dim=1)
        constants[1:4] /= fx.DECAY_ONE
        return spikes, drive, self.weight, self.recurrent, *constants


def _stretches(steps: int, samples: int, neurons: int) -> list[tuple[int, int]]:
    """First step of each and the step behind its last one."""
    length = max(STRETCH // max(samples * neurons, 1), SHORTEST)
    return [(begin, min(begin + length, steps)) for begin in range(0, steps, length)]


def _check(spikes: Tensor | None, weight: Tensor | None, recurrent: Tensor | None) -> None:
    """Raise for what is no spike and for weights that the products of the device may round."""
    odd = {}
    if spikes is not None:
        odd["input spikes"] = spikes, (spikes != 0) & (spikes != 1), "0 and 1"
    for name, x in (("weights", weight), ("recurrent weights", recurrent)):
        if x is not None:
            odd[name] = x, ~(x.abs() <= WEIGHT), f"-{WEIGHT}..{WEIGHT} on a GPU"
    # One question for all, because each answer waits for the device.
    if not odd or not bool(torch.stack([where.any() for _, where, _ in odd.values()]).any()):
        return
    for name, (x, where, allowed) in odd.items():
        if bool(where.any()):
            error = DataError if x is spikes else SpecError
            raise error(f"{name}: found {x[where][0].item()}, allowed {allowed}")


def _arrivals(spikes: Tensor, delay: int) -> Tensor:
    """``bool (time, sample, source)``, zeros in front, the end cut off."""
    samples, sources, steps = spikes.shape
    arrivals = torch.zeros(steps, samples, sources, dtype=torch.bool, device=spikes.device)
    arrivals[delay:] = spikes.detach().permute(2, 0, 1)[: max(steps - delay, 0)] != 0
    return arrivals


def _cells(constants: tuple[Tensor, ...]) -> Tensor:
    threshold, current, voltage, ahp, ahp_weight, gain = (x.detach().int() for x in constants)
    one = fx.DECAY_ONE
    return torch.stack([threshold, one - current, one - voltage, one - ahp, ahp_weight, gain])


def _tangents(cells: Tensor, surrogate: Surrogate) -> Tensor:
    """As the kernel takes them; zeros for the triangle where there is none."""
    scale = cells[0].clamp_min(2**fx.STATE_SHIFT).double()
    reach = steepness = torch.zeros_like(scale)
    if type(surrogate) is Triangular:
        reach = surrogate.width * scale
        steepness = surrogate.dampening / (reach * scale)
    return torch.stack([*(cells[1:4].double() / fx.DECAY_ONE), reach, steepness]).float()


def _slopes(voltages: Tensor, cells: Tensor, surrogate: Surrogate) -> Tensor | None:
    """Derivative of the spike by the voltage; None where the kernel has the triangle for it."""
    if type(surrogate) is Triangular:
        return None
    return surrogate_derivative(voltages.float(), cells[0].float(), surrogate).float().contiguous()
