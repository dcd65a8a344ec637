"""Blocks in lava-dl's manner: synapses, neurons and an export, to be put into a ``torch.nn.Sequential``.

Spikes in and out are ``(sample, neuron, time)`` zeros and ones, and step ``t`` of the output is ``s[t]`` of
docs/numerics.md: a spike of the input at ``t`` arrives at ``t + 1``.  lava-dl's blocks delay their output by that step
instead, which gives the same sequence, so both kinds can be mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp import netx
from lava_ahp.errors import SpecError
from lava_ahp.network import READOUT_THRESHOLD, Connection, Population
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer import kernels
from lava_ahp.slayer._base import DenseSynapse
from lava_ahp.slayer.loop import Constants, States, integrate
from lava_ahp.slayer.neuron import Neuron
from lava_ahp.slayer.surrogate import Surrogate


class Weights(NamedTuple):
    """Synapses of a block as the chip has them: ``int64 (target, source)``, and total delays in steps or None for 1."""

    feedforward: npt.NDArray[np.int64]
    recurrent: npt.NDArray[np.int64] | None
    delay: npt.NDArray[np.int64] | None


class _Block(torch.nn.Module):
    """What the blocks share: the synapses from the input, the run of the neurons, the export."""

    delay: Tensor

    def __init__(
        self,
        neuron_params: Mapping[str, Any],
        in_neurons: int,
        out_neurons: int,
        weight_scale: float = 1.0,
        delay: int | npt.ArrayLike = 0,
    ) -> None:
        super().__init__()
        self.neuron = Neuron(**neuron_params)
        self.neuron._fix_shape(out_neurons)
        self._make_synapses(in_neurons, out_neurons, weight_scale)
        self.register_buffer("delay", _delays(delay, out_neurons, in_neurons))

    def _make_synapses(self, in_neurons: int, out_neurons: int, weight_scale: float) -> None:
        self.synapse = self._synapse(in_neurons, out_neurons, weight_scale)

    def _synapse(self, in_neurons: int, out_neurons: int, weight_scale: float) -> DenseSynapse:
        return DenseSynapse(in_neurons, out_neurons, weight_scale, pre_hook_fx=self.neuron.quantize_8bit)

    @property
    def _feedforward(self) -> DenseSynapse:
        return self.synapse

    @property
    def _recurrent(self) -> DenseSynapse | None:
        return None

    @property
    def shape(self) -> torch.Size | None:
        """Shape of the block's output without sample and time."""
        return self.neuron.shape

    def weights(self) -> Weights:
        """Weights and delays as the forward pass uses them."""
        with torch.no_grad():
            matrices = [None if m is None else m.cpu().numpy().astype(np.int64) for m in self._matrices()]
        delay = None
        if self.delay.any():
            delay = np.broadcast_to(self.delay.cpu().numpy() + fx.DELAY_MIN, matrices[0].shape)  # type: ignore[union-attr]
        return Weights(matrices[0], matrices[1], delay)  # type: ignore[arg-type]

    def _matrices(self) -> tuple[Tensor, Tensor | None]:
        recurrent = self._recurrent
        return _integer(self._feedforward), None if recurrent is None else _integer(recurrent)

    def states(self, spikes: Tensor) -> States:
        """Every state of every step by the readable loop, for spikes ``(sample, source, time)``.

        Returns:
            ``float64 (sample, time, neuron)`` whole numbers in the units of the chip, with their gradients.

        Raises:
            SpecError: spikes of another shape.
        """
        weight, recurrent, constants, surrogate = self._numbers(spikes)
        # Sums of 8-bit weights are exact in float32 whatever the order, up to 65536 synapses per neuron.
        dtype = torch.float32 if weight.shape[1] <= 2**16 else torch.float64
        incoming = spikes.transpose(1, 2).to(dtype)
        drive = incoming.new_zeros(*incoming.shape[:2], len(weight))
        for extra in torch.unique(self.delay):
            of_delay = (weight * (self.delay == extra)).T.to(dtype)
            drive = drive + _later(incoming @ of_delay, int(extra) + fx.DELAY_MIN)
        return integrate(drive, recurrent, constants, surrogate)

    def _respond(self, spikes: Tensor, output: kernels.Output) -> Tensor:
        """Spikes or voltages ``(sample, neuron, time)`` by the fused kernel: the numbers of :meth:`states`."""
        weight, recurrent, constants, surrogate = self._numbers(spikes)
        delay = self.delay + fx.DELAY_MIN
        return kernels.respond(spikes, weight, recurrent, constants, surrogate, delay=delay, output=output)

    def _numbers(self, spikes: Tensor) -> tuple[Tensor, Tensor | None, Constants, Surrogate]:
        source = self._feedforward.in_channels
        if spikes.ndim != 3 or spikes.shape[1] != source:
            raise SpecError(f"block input: found shape {tuple(spikes.shape)}, allowed (sample, {source}, time)")
        return *self._matrices(), self.neuron.constants(), self.neuron.surrogate

    def forward(self, spikes: Tensor) -> Tensor:
        """Spikes of the block for spikes of its input, both ``(sample, neuron, time)``."""
        return self._respond(spikes, "spikes").to(spikes.dtype)

    def export_hdf5(self, handle: Any) -> None:
        """Write the block as one layer of a NetX file, in lava-dl's keys and those of the AHP neuron.

        Args:
            handle: h5py group of the layer, empty.

        Raises:
            SpecError: a block that lava-dl's layout cannot say.
        """
        weights = self.weights()
        size = len(weights.feedforward)
        recurrent = None if weights.recurrent is None else Connection("block", "block", weights.recurrent)
        delay = fx.DELAY_MIN if weights.delay is None else weights.delay
        feedforward = Connection("input", "block", weights.feedforward, delay=delay)
        netx.write_layer(handle, Population("block", size, self.neuron.to_network_neuron()), feedforward, recurrent)


class Dense(_Block):
    """Neurons that hear their input alone.

    Args:
        neuron_params: arguments of :class:`lava_ahp.slayer.neuron.Neuron`.
        in_neurons: size of the input.
        out_neurons: number of neurons.
        weight_scale: multiplies lava-dl's initial weights, uniform in ``±1 / sqrt(fan-in)``.
        delay: steps that a spike of the input takes beyond the usual one, ``0..62``: one value, one per neuron,
            or ``(target, source)``.  Fixed, not learned.

    Raises:
        SpecError: parameters, sizes or delays that do not fit.
    """


class Recurrent(_Block):
    """Neurons that hear their input and, one step later, one another.

    Args:
        neuron_params: as in :class:`Dense`.
        in_neurons: as in :class:`Dense`.
        out_neurons: as in :class:`Dense`.
        weight_scale: as in :class:`Dense`, for the recurrent weights too, whose fan-in is the number of neurons.
        delay: as in :class:`Dense`, of the synapses from the input; recurrent spikes always take one step.

    Raises:
        SpecError: parameters, sizes or delays that do not fit.
    """

    def _make_synapses(self, in_neurons: int, out_neurons: int, weight_scale: float) -> None:
        self.input_synapse = self._synapse(in_neurons, out_neurons, weight_scale)
        self.recurrent_synapse = self._synapse(out_neurons, out_neurons, weight_scale)

    @property
    def _feedforward(self) -> DenseSynapse:
        return self.input_synapse

    @property
    def _recurrent(self) -> DenseSynapse:
        return self.recurrent_synapse


class Readout(_Block):
    """Neurons with the largest threshold there is, whose output is their voltage.

    They do spike and reset when they get there, as on the chip.

    Args:
        neuron_params: as in :class:`Dense`, but for the threshold.
        in_neurons: as in :class:`Dense`.
        out_neurons: number of readouts.
        weight_scale: as in :class:`Dense`.
        delay: as in :class:`Dense`.

    Raises:
        SpecError: parameters, sizes or delays that do not fit.
    """

    def __init__(
        self,
        neuron_params: Mapping[str, Any],
        in_neurons: int,
        out_neurons: int,
        weight_scale: float = 1.0,
        delay: int | npt.ArrayLike = 0,
    ) -> None:
        if "threshold" in neuron_params:
            raise SpecError(
                "readout threshold: found one, allowed none (it is the largest there is); use Dense instead"
            )
        threshold = READOUT_THRESHOLD / 2**fx.STATE_SHIFT
        super().__init__({**neuron_params, "threshold": threshold}, in_neurons, out_neurons, weight_scale, delay)

    def forward(self, spikes: Tensor) -> Tensor:
        """Voltage after the reset, ``(sample, neuron, time)``, in SLAYER's unit: whole multiples of 1/4096."""
        return (self._respond(spikes, "voltages") / self.neuron.s_scale).to(spikes.dtype)


def _integer(synapse: DenseSynapse) -> Tensor:
    """Weights ``float64 (target, source)``, whole and even in -256..254, straight-through."""
    return synapse.pre_hook_fx(synapse.weight, descale=True).flatten(1).double()


def _later(drive: Tensor, steps: int) -> Tensor:
    """``(sample, time, neuron)`` that many steps later, zeros in front, the end cut off."""
    return torch.nn.functional.pad(drive, (0, 0, steps, 0))[:, : drive.shape[1]]


def _delays(delay: Any, targets: int, sources: int) -> Tensor:
    array = np.asarray(delay)
    most = fx.DELAY_MAX - fx.DELAY_MIN
    if array.dtype.kind not in "iu" and not (array.dtype == bool and not array.any()):
        raise SpecError(f"block delay: found {delay!r}, allowed integers 0..{most} (they are not learned)")
    if array.shape not in ((), (targets,), (targets, sources)):
        raise SpecError(
            f"block delay: found shape {array.shape}, allowed one value, ({targets},) or ({targets}, {sources})"
        )
    if array.min() < 0 or array.max() > most:
        raise SpecError(f"block delay: found {array.min()}..{array.max()}, allowed 0..{most}")
    if array.ndim == 1:
        array = np.broadcast_to(array[:, None], (targets, sources))
    return torch.from_numpy(array.astype(np.int64))
