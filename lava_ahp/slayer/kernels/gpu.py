"""The kernel on a GPU: an autograd function that takes the whole batch through one chunk of steps after another.

Kept for the backward pass:

- 4 bytes per neuron and step: the voltage before the reset, which gives the spike and its derivative;
- 1 byte per source and step: the input spikes;
- 12 bytes per neuron and chunk, if decays of ``u`` or ``a`` are learned: the states before the chunk, to recompute it;
  4 bytes more per step of the lag, if synapses come in pairs.

Other arrays with a time axis exist for one chunk at a time.  Every sum has a fixed order, so results repeat exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lava_ahp.errors import DataError, SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.delays import one_step_apart
from lava_ahp.slayer.kernels._chunk import MAX_WEIGHT, Population, pick
from lava_ahp.slayer.kernels._settings import Context, Settings
from lava_ahp.slayer.loop import surrogate_derivative
from lava_ahp.slayer.surrogate import Surrogate, Triangular

#: Samples times neurons times steps in a chunk, and the smallest number of steps in one.
CHUNK_SIZE, MIN_STEPS = 2**24, 16


class Sequence(torch.autograd.Function):
    """A population over a whole sequence; the inputs and the output are those of :class:`cpu.Sequence`.

    In memory the output is ``(time, sample, neuron)``.
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
    ) -> Tensor:
        """Output of every step."""
        _check(spikes, weight, recurrent)
        population = Population(
            None if spikes is None else _arrivals(spikes, settings.delay),
            None if drive is None else drive.permute(2, 0, 1).int().contiguous(),
            None if weight is None else weight.float(),
            None if recurrent is None else recurrent.to(torch.bfloat16).contiguous(),
            _neuron_constants(constants, autapse),
            None if delays is None else delays.detach().long(),
        )
        given = drive if spikes is None else spikes
        assert given is not None
        samples, _, steps = given.shape
        plane = samples, len(constants[0])
        chunks = _chunks(steps, *plane)
        recompute = settings.learning and (ctx.needs_input_grad[8] or ctx.needs_input_grad[10])
        states = population.constants.new_zeros(len(chunks) + 1 if recompute else 1, 3, *plane)
        seen = settings.learning or delays is not None
        voltages = population.constants.new_zeros(steps + 1, *plane) if seen else None
        out = torch.empty(steps, *plane, device=states.device)
        assert settings.late is None, "late weights have more bits than the products of the GPU"
        past = _past(settings.lag, states, chunks)
        pasts: list[Tensor] = []
        with torch.autocast(out.device.type, enabled=False):
            for k, (begin, end) in enumerate(chunks):
                if past is not None:
                    past[: settings.lag] = past[-settings.lag :].clone()
                    if recompute:
                        pasts.append(past[: settings.lag].clone())
                population.forward(
                    begin,
                    end,
                    states[k if recompute else 0],
                    states[k + 1 if recompute else 0],
                    readout=settings.voltages,
                    voltages=None if voltages is None else voltages[begin + 1 : end + 1],
                    out=out[begin:end],
                    past=None if past is None else past[: settings.lag + end - begin],
                    seen=None if delays is None else voltages,
                )
        if settings.learning:
            kept = population if recompute else population._replace(drive=None)
            before = torch.stack(pasts) if pasts else None
            ctx.save_for_backward(voltages, states if recompute else None, before, *kept)
            ctx.settings = settings
            ctx.set_materialize_grads(False)
        return out.permute(1, 2, 0)

    @staticmethod
    def backward(ctx: Context, grad_out: Tensor | None) -> tuple[Tensor | None, ...]:
        """Gradients of the inputs, in their order."""
        if grad_out is None:
            return (None,) * len(ctx.needs_input_grad)
        voltages, states, pasts, *kept = ctx.saved_tensors
        population, settings = Population(*kept), ctx.settings
        steps, samples, neurons = len(voltages) - 1, *voltages.shape[1:]
        factors = _backward_factors(population.constants, settings.surrogate)
        carried = factors.new_zeros(4, samples, neurons)
        chunks, lag = _chunks(steps, samples, neurons), settings.lag
        past, later = (_past(lag, like, chunks) for like in (voltages, carried))
        gradients = _Gradients.zeros(ctx.needs_input_grad, population, voltages)
        delays = population.delays
        through = None if delays is None else factors.new_zeros(steps + fx.DELAY_MAX, samples, neurons)
        with torch.autocast(voltages.device.type, enabled=False):
            for k, (begin, end) in reversed(list(enumerate(chunks))):
                length, history = end - begin, None
                if states is not None:
                    history = voltages.new_empty(length, 2, samples, neurons)
                    if past is not None:
                        past[:lag] = pasts[k]
                    population.forward(
                        begin, end, states[k], torch.empty_like(states[k]), history=history,
                        past=None if past is None else past[: lag + length],
                        seen=None if delays is None else voltages,
                    )  # fmt: skip
                grad_drive = factors.new_empty(length, samples, neurons)
                if later is not None:
                    later[length : length + lag] = later[:lag].clone()
                population.backward(
                    grad_out[..., begin:end].float(),
                    voltages[begin : end + 1],
                    _slopes(voltages[begin + 1 : end + 1], population.constants, settings.surrogate),
                    factors,
                    carried,
                    grad_drive,
                    readout=settings.voltages,
                    history=history,
                    sums=gradients.constants,
                    later=None if later is None else later[: length + lag],
                    through=None if through is None else through[begin:],
                )
                gradients.add(population, begin, end, settings.delay, voltages, grad_drive)
            own = None
            if through is not None and delays is not None and ctx.needs_input_grad[6]:
                own = _of_delays(population.fired(voltages[1:]), through, delays)
        return None, *gradients.in_input_order(lag > 0, own), None


class _Gradients(NamedTuple):
    """Gradients that the backward pass accumulates; each is None if it is not needed.

    Attributes:
        spikes: ``(time, sample, source)``.
        drive: ``(time, sample, neuron)``.
        weight: ``(target, source)``.
        recurrent: ``(target, source)``.
        constants: the ``sums`` of :func:`_triton.backward`, ``float64 (6, sample, neuron)``.
    """

    spikes: Tensor | None
    drive: Tensor | None
    weight: Tensor | None
    recurrent: Tensor | None
    constants: Tensor | None

    @classmethod
    def zeros(cls, needed: tuple[bool, ...], population: Population, voltages: Tensor) -> _Gradients:
        """Zeros for the inputs of :class:`Sequence` that need a gradient."""
        steps, samples, neurons = len(voltages) - 1, *voltages.shape[1:]
        sources = 0 if population.weight is None else population.weight.shape[1]
        shapes = (steps, samples, sources), (steps, samples, neurons), (neurons, sources), (neurons, neurons)
        spikes, drive, weight, recurrent = (
            torch.zeros(shape, device=voltages.device) if need else None
            for shape, need in zip(shapes, needed[1:5], strict=True)
        )
        sums = voltages.new_zeros(6, samples, neurons, dtype=torch.float64) if any(needed[5:]) else None
        return cls(spikes, drive, weight, recurrent, sums)

    def add(
        self, population: Population, begin: int, end: int, delay: int, voltages: Tensor, grad_arriving: Tensor
    ) -> None:
        """Add the gradients of a chunk.

        Args:
            population: the population.
            begin: first step.
            end: one past the last step.
            delay: steps from an input spike to its arrival.
            voltages: voltages before the reset, from one step before the first on, ``(time + 1, sample, neuron)``.
            grad_arriving: gradient of the arriving sums, ``(time, sample, neuron)``.
        """
        flat = grad_arriving.flatten(0, 1).T
        if self.drive is not None:
            self.drive[begin:end] = grad_arriving
        if self.spikes is not None and population.weight is not None and end > delay:
            first = max(begin, delay)
            self.spikes[first - delay : end - delay] = grad_arriving[first - begin :] @ population.weight
        if self.weight is not None and population.arrivals is not None:
            self.weight.addmm_(flat, population.arrivals[begin:end].flatten(0, 1).float())
        if self.recurrent is not None:
            self.recurrent.addmm_(flat, population.arrived(voltages, begin, end).flatten(0, 1))

    def in_input_order(self, paired: bool, delays: Tensor | None) -> tuple[Tensor | None, ...]:
        """The gradients in the order and layout of the inputs.

        Args:
            paired: whether there are autapses.
            delays: gradient of the recurrent delays.
        """
        spikes, drive = (None if x is None else x.permute(1, 2, 0) for x in (self.spikes, self.drive))
        if self.constants is None:
            return spikes, drive, self.weight, self.recurrent, None, delays, *(None,) * 6
        *constants, autapse = self.constants.sum(dim=1)
        for decay in constants[1:4]:
            decay /= fx.DECAY_ONE
        return spikes, drive, self.weight, self.recurrent, autapse if paired else None, delays, *constants


def _of_delays(spikes: Tensor, through: Tensor, delays: Tensor) -> Tensor:
    """Gradient of recurrent delays, ``float64 (neuron,)``: the central difference of :mod:`lava_ahp.slayer.loop`.

    Args:
        spikes: zeros and ones, ``(time, sample, neuron)``.
        through: that of :meth:`Population.backward`, of all steps.
        delays: ``int64 (neuron,)``.
    """
    later, earlier = one_step_apart(delays)
    total = torch.zeros(len(delays), dtype=torch.float64, device=spikes.device)
    for t, fired in enumerate(spikes):
        total += (fired * (pick(through, t + later) - pick(through, t + earlier))).sum(dim=0)
    return total / (later - earlier)


def _chunks(steps: int, samples: int, neurons: int) -> list[tuple[int, int]]:
    """First step and one past the last step of every chunk."""
    length = max(CHUNK_SIZE // max(samples * neurons, 1), MIN_STEPS)
    return [(begin, min(begin + length, steps)) for begin in range(0, steps, length)]


def _check(spikes: Tensor | None, weight: Tensor | None, recurrent: Tensor | None) -> None:
    """Raise for input other than 0 and 1, and for weights that the device might round in its products."""
    odd = {}
    if spikes is not None:
        odd["input spikes"] = spikes, (spikes != 0) & (spikes != 1), "0 and 1"
    for name, x in (("weights", weight), ("recurrent weights", recurrent)):
        if x is not None:
            odd[name] = x, ~(x.abs() <= MAX_WEIGHT), f"-{MAX_WEIGHT}..{MAX_WEIGHT} on a GPU"
    # One test for all, because every answer waits for the device.
    if not odd or not bool(torch.stack([where.any() for _, where, _ in odd.values()]).any()):
        return
    for name, (x, where, allowed) in odd.items():
        if bool(where.any()):
            error = DataError if x is spikes else SpecError
            raise error(f"{name}: found {x[where][0].item()}, allowed {allowed}")


def _arrivals(spikes: Tensor, delay: int) -> Tensor:
    """Spikes at the step at which they arrive, ``bool (time, sample, source)``."""
    samples, sources, steps = spikes.shape
    arrivals = torch.zeros(steps, samples, sources, dtype=torch.bool, device=spikes.device)
    arrivals[delay:] = spikes.detach().permute(2, 0, 1)[: max(steps - delay, 0)] != 0
    return arrivals


def _past(lag: int, like: Tensor, chunks: list[tuple[int, int]]) -> Tensor | None:
    """Zeros for a chunk and ``lag`` steps beside it, ``(lag + time, sample, neuron)``; None without lag."""
    longest = max((end - begin for begin, end in chunks), default=0)
    return like.new_zeros(lag + longest, *like.shape[-2:]) if lag else None


def _neuron_constants(constants: tuple[Tensor, ...], autapse: Tensor | None = None) -> Tensor:
    """Constants as :func:`_triton.forward` takes them."""
    threshold, current, voltage, ahp, ahp_weight, gain = (x.detach().int() for x in constants)
    one = fx.DECAY_ONE
    own = [] if autapse is None else [autapse.detach().int()]
    return torch.stack([threshold, one - current, one - voltage, one - ahp, ahp_weight, gain, *own])


def _backward_factors(constants: Tensor, surrogate: Surrogate) -> Tensor:
    """Factors as :func:`_triton.backward` takes them, with zeros for the triangle if the surrogate is another one."""
    scale = constants[0].clamp_min(2**fx.STATE_SHIFT).double()
    reach = steepness = torch.zeros_like(scale)
    if type(surrogate) is Triangular:
        reach = surrogate.width * scale
        steepness = surrogate.dampening / (reach * scale)
    return torch.stack([*(constants[1:4].double() / fx.DECAY_ONE), reach, steepness]).float()


def _slopes(voltages: Tensor, constants: Tensor, surrogate: Surrogate) -> Tensor | None:
    """Surrogate derivative of the spike by the voltage; None for the triangle, which the kernel computes itself."""
    if type(surrogate) is Triangular:
        return None
    return surrogate_derivative(voltages.float(), constants[0].float(), surrogate).float().contiguous()
