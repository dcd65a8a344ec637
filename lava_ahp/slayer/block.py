"""Blocks like lava-dl's: synapses, neurons and an export, for use in a ``torch.nn.Sequential``.

Input and output are spikes ``(sample, neuron, time)``, zeros and ones.  Step ``t`` of the output is ``s[t]`` of
docs/numerics.md, and an input spike at ``t`` arrives at ``t + 1``.  lava-dl's blocks delay their output by one step
instead.  The sequence is the same, so both kinds of block can be mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from lava_ahp.slayer.delays import extra_delays, recurrent_delays
from lava_ahp.slayer.loop import Constants, PairedSynapses, States, delayed, integrate
from lava_ahp.slayer.neuron import Neuron
from lava_ahp.slayer.surrogate import Surrogate
from lava_ahp.slayer.weights import Weights, int64, whole_weights


class _Block(torch.nn.Module):
    """The common part of all blocks: input synapses, forward pass and export."""

    # The buffer has the name of earlier versions, so that their checkpoints load.
    delay: Tensor

    counts = False

    def __init__(
        self,
        neuron_params: Mapping[str, Any],
        in_neurons: int,
        out_neurons: int,
        weight_scale: float = 1.0,
        extra_delay: int | npt.ArrayLike = 0,
    ) -> None:
        super().__init__()
        self.neuron = self._make_neuron(neuron_params)
        self.neuron._fix_shape(out_neurons)
        self._make_synapses(in_neurons, out_neurons, weight_scale)
        self.register_buffer("delay", extra_delays(extra_delay, out_neurons, in_neurons))

    def _make_neuron(self, neuron_params: Mapping[str, Any]) -> Neuron:
        return Neuron(**neuron_params)

    def _paired(self, weight: Tensor, recurrent: Tensor | None, constants: Constants) -> PairedSynapses | None:
        """How synapses of these weights come in pairs; None for single ones."""
        return None

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
        """Shape of the output without the axes of sample and time."""
        return self.neuron.shape

    def weights(self) -> Weights:
        """Weights and delays as the forward pass uses them."""
        with torch.no_grad():
            feedforward, recurrent = self._matrices()
        weight = int64(feedforward)
        delay = None
        if self.delay.any():
            delay = np.broadcast_to(int64(self.delay) + fx.DELAY_MIN, weight.shape)
        own = self._recurrent_delay()
        return Weights(
            weight, None if recurrent is None else int64(recurrent), delay, None if own is None else int64(own)
        )

    def _recurrent_delay(self) -> Tensor | None:
        """Steps from a spike to its arrival at the other neurons, ``float64 (neuron,)``; None for one step."""
        return None

    def _matrices(self) -> tuple[Tensor, Tensor | None]:
        recurrent = self._recurrent
        return whole_weights(self._feedforward), None if recurrent is None else whole_weights(recurrent)

    def states(self, spikes: Tensor) -> States:
        """States at every step, computed by the readable loop, for spikes ``(sample, source, time)``.

        Returns:
            Whole numbers ``float64 (sample, time, neuron)`` in units of the chip, with gradients.

        Raises:
            SpecError: the spikes have another shape.
        """
        weight, recurrent, constants, surrogate = self._numbers(spikes)
        # float32 adds up to 65536 8-bit weights exactly, in any order.
        exact = weight.shape[1] <= 2**16 and weight.detach().abs().max() <= 2**8 and not self.counts
        incoming = spikes.transpose(1, 2).to(torch.float32 if exact else torch.float64)
        paired = self._paired(weight, recurrent, constants)
        late = None if paired is None or paired.late is None else self._drive(incoming, paired.late.feedforward)
        drive = self._drive(incoming, weight)
        return integrate(drive, recurrent, constants, surrogate, paired, late, self._recurrent_delay())

    def _drive(self, incoming: Tensor, weight: Tensor) -> Tensor:
        """Sums of the weights of the spikes that arrive, both ``(sample, time, channel)``."""
        drive = incoming.new_zeros(*incoming.shape[:2], len(weight))
        for extra in torch.unique(self.delay):
            of_delay = (weight * (self.delay == extra)).T.to(incoming.dtype)
            drive = drive + delayed(incoming @ of_delay, int(extra) + fx.DELAY_MIN)
        return drive

    def _respond(self, spikes: Tensor, output: kernels.Output) -> Tensor:
        """Spikes or voltages ``(sample, neuron, time)`` from the fused kernel, equal to those of :meth:`states`."""
        weight, recurrent, constants, surrogate = self._numbers(spikes)
        delay, paired = self.delay + fx.DELAY_MIN, self._paired(weight, recurrent, constants)
        return kernels.respond(
            spikes, weight, recurrent, constants, surrogate,
            delay=delay, output=output, counts=self.counts, paired=paired, recurrent_delay=self._recurrent_delay(),
        )  # fmt: skip

    def _numbers(self, spikes: Tensor) -> tuple[Tensor, Tensor | None, Constants, Surrogate]:
        source = self._feedforward.in_channels
        if spikes.ndim != 3 or spikes.shape[1] != source:
            raise SpecError(f"block input: found shape {tuple(spikes.shape)}, allowed (sample, {source}, time)")
        return *self._matrices(), self.neuron.constants(), self.neuron.surrogate

    def forward(self, spikes: Tensor) -> Tensor:
        """Spikes of the block for input spikes, both ``(sample, neuron, time)``."""
        return self._respond(spikes, "spikes").to(spikes.dtype)

    def export_hdf5(self, handle: Any) -> None:
        """Write the block as one layer of a NetX file, with lava-dl's keys and those of the AHP neuron.

        Args:
            handle: empty h5py group of the layer.

        Raises:
            SpecError: lava-dl's layout cannot represent the block.
        """
        weights = self.weights()
        size = len(weights.feedforward)
        recurrent = None
        if weights.recurrent is not None:
            recurrent = Connection("block", "block", weights.recurrent, delay=weights.recurrent_delays)
        delay = fx.DELAY_MIN if weights.delay is None else weights.delay
        feedforward = Connection("input", "block", weights.feedforward, delay=delay)
        netx.write_layer(handle, Population("block", size, self.neuron.to_network_neuron()), feedforward, recurrent)


class Dense(_Block):
    """Neurons with synapses from the input.

    Args:
        neuron_params: arguments of :class:`lava_ahp.slayer.neuron.Neuron`.
        in_neurons: size of the input.
        out_neurons: number of neurons.
        weight_scale: multiplies the initial weights, which are uniform in ``±1 / sqrt(fan-in)`` as in lava-dl.
        extra_delay: steps ``0..62`` added to the delay of one step of the input synapses: one value, one per neuron,
            or ``(target, source)``.  It is not learned.
        counts: whether the input is whole numbers of spikes instead of zeros and ones: each source stands for many
            neurons with the same weights, of which so many spike.

    Raises:
        SpecError: parameters, sizes or delays do not fit together, or are out of range.
    """

    def __init__(
        self,
        neuron_params: Mapping[str, Any],
        in_neurons: int,
        out_neurons: int,
        weight_scale: float = 1.0,
        extra_delay: int | npt.ArrayLike = 0,
        *,
        counts: bool = False,
    ) -> None:
        super().__init__(neuron_params, in_neurons, out_neurons, weight_scale, extra_delay)
        self.counts = counts


class Recurrent(_Block):
    """Neurons with synapses from the input and from one another.

    Args:
        neuron_params: as in :class:`Dense`.
        in_neurons: as in :class:`Dense`.
        out_neurons: as in :class:`Dense`.
        weight_scale: as in :class:`Dense`; it multiplies the recurrent weights too, with the number of neurons as
            fan-in.
        extra_delay: as in :class:`Dense`, for the input synapses only.
        recurrent_delay: steps ``1..63`` from a neuron's spike to its arrival at the others: one value, or
            ``(neuron,)``.
        learn_delay: whether the recurrent delays are learned.  The forward pass rounds them to whole steps.

    Raises:
        SpecError: as in :class:`Dense`.
    """

    #: In steps, ``float32 (neuron,)``; None where all are 1 for good.
    recurrent_delay: Tensor | None

    def __init__(
        self,
        neuron_params: Mapping[str, Any],
        in_neurons: int,
        out_neurons: int,
        weight_scale: float = 1.0,
        extra_delay: int | npt.ArrayLike = 0,
        *,
        recurrent_delay: int | npt.ArrayLike = fx.DELAY_MIN,
        learn_delay: bool = False,
    ) -> None:
        super().__init__(neuron_params, in_neurons, out_neurons, weight_scale, extra_delay)
        delays = recurrent_delays(recurrent_delay, out_neurons)
        if learn_delay:
            self.recurrent_delay = torch.nn.Parameter(delays)
        else:
            self.register_buffer("recurrent_delay", None if (delays == fx.DELAY_MIN).all() else delays)

    @property
    def longest_delay(self) -> int:
        """Most steps that a recurrent delay may have."""
        return fx.DELAY_MAX

    def clamp_delays(self) -> None:
        """Clip recurrent delays to their range."""
        if self.recurrent_delay is not None:
            with torch.no_grad():
                self.recurrent_delay.clamp_(fx.DELAY_MIN, self.longest_delay)

    def _recurrent_delay(self) -> Tensor | None:
        if self.recurrent_delay is None:
            return None
        exact = self.recurrent_delay.double()
        return exact + (exact.round().clamp(fx.DELAY_MIN, self.longest_delay) - exact).detach()

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
    """Neurons with the largest possible threshold.  Their output is the voltage.

    A readout that reaches its threshold spikes and is reset, as on the chip.

    Args:
        neuron_params: as in :class:`Dense`, without the threshold.
        in_neurons: as in :class:`Dense`.
        out_neurons: number of readouts.
        weight_scale: as in :class:`Dense`.
        extra_delay: as in :class:`Dense`.

    Raises:
        SpecError: as in :class:`Dense`.
    """

    def __init__(
        self,
        neuron_params: Mapping[str, Any],
        in_neurons: int,
        out_neurons: int,
        weight_scale: float = 1.0,
        extra_delay: int | npt.ArrayLike = 0,
    ) -> None:
        if "threshold" in neuron_params:
            raise SpecError("readout threshold: found one, allowed none (it is always the largest); use Dense instead")
        threshold = READOUT_THRESHOLD / 2**fx.STATE_SHIFT
        super().__init__({**neuron_params, "threshold": threshold}, in_neurons, out_neurons, weight_scale, extra_delay)

    def forward(self, spikes: Tensor) -> Tensor:
        """Voltage after the reset, ``(sample, neuron, time)``, in SLAYER's unit: multiples of 1/4096."""
        return (self._respond(spikes, "voltages") / self.neuron.s_scale).to(spikes.dtype)
