"""What all blocks have in common: input synapses and their delays, forward pass and export.

:mod:`lava_ahp.slayer.block` has the blocks themselves.
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
from lava_ahp.network import Connection, Population
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer import kernels
from lava_ahp.slayer._base import DenseSynapse
from lava_ahp.slayer.delays import delay_spikes, extra_delays, source_delays, whole_steps
from lava_ahp.slayer.loop import Constants, PairedSynapses, States, delayed, integrate
from lava_ahp.slayer.neuron import Neuron
from lava_ahp.slayer.surrogate import Surrogate
from lava_ahp.slayer.weights import Weights, int64, whole_weights


class Block(torch.nn.Module):
    """The common part of all blocks, for spikes ``(sample, neuron, time)``.  Arguments are those of the blocks."""

    # The buffer has the name of earlier versions, so that their checkpoints load.
    delay: Tensor
    #: In steps, ``float32 (source,)``; None where all are 1 for good.
    input_delay: Tensor | None

    counts = False

    def __init__(
        self,
        neuron_params: Mapping[str, Any],
        in_neurons: int,
        out_neurons: int,
        weight_scale: float = 1.0,
        extra_delay: int | npt.ArrayLike = 0,
        input_delay: int | npt.ArrayLike = fx.DELAY_MIN,
        learn_input_delay: bool = False,
    ) -> None:
        super().__init__()
        self.neuron = self._make_neuron(neuron_params)
        self.neuron._fix_shape(out_neurons)
        self._make_synapses(in_neurons, out_neurons, weight_scale)
        self.register_buffer("delay", extra_delays(extra_delay, out_neurons, in_neurons))
        self._register_delays("input_delay", input_delay, in_neurons, learn_input_delay)
        most = fx.DELAY_MAX - int(self.delay.max())
        if self._longest_of("input_delay") > most:
            found = self._longest_of("input_delay")
            raise SpecError(f"block input_delay: found {found}, allowed 1..{most} with these extra delays")

    def _register_delays(self, name: str, given: int | npt.ArrayLike, sources: int, learned: bool) -> None:
        """Keep delays of sources under a name: to be learned, fixed, or none where all are one step."""
        delays = source_delays(given, sources, name)
        if learned:
            self.register_parameter(name, torch.nn.Parameter(delays))
        else:
            self.register_buffer(name, None if (delays == fx.DELAY_MIN).all() else delays)

    def _longest_of(self, name: str) -> int:
        """The longest of the delays under a name, in steps."""
        delays: Tensor | None = getattr(self, name)
        return fx.DELAY_MIN if delays is None else int(delays.max())

    @property
    def longest_input_delay(self) -> int:
        """Most steps that an input delay may have."""
        return fx.DELAY_MAX - int(self.delay.max())

    def clamp_delays(self) -> None:
        """Clip learned delays to their range; the forward pass uses the clipped values anyway."""
        if self.input_delay is not None:
            with torch.no_grad():
                self.input_delay.clamp_(fx.DELAY_MIN, self.longest_input_delay)

    def _input_delay(self) -> Tensor | None:
        """Steps from a spike of each source to its arrival, ``float64 (source,)``; None for one step."""
        return None if self.input_delay is None else whole_steps(self.input_delay, self.longest_input_delay)

    def _delayed(self, spikes: Tensor) -> Tensor:
        """The input as if all input delays were one step."""
        delay = self._input_delay()
        return spikes if delay is None else delay_spikes(spikes, delay)

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
        of_input, own = self._input_delay(), self._recurrent_delay()
        delay = int64(self.delay) + (fx.DELAY_MIN if of_input is None else int64(of_input))
        return Weights(
            weight,
            None if recurrent is None else int64(recurrent),
            np.broadcast_to(delay, weight.shape) if (delay != fx.DELAY_MIN).any() else None,
            None if own is None else int64(own),
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
        incoming = self._delayed(spikes).transpose(1, 2).to(torch.float32 if exact else torch.float64)
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

    def _respond(self, spikes: Tensor, output: kernels.Output) -> kernels.Response:
        """Spikes or voltages ``(sample, neuron, time)`` from the fused kernel, equal to those of :meth:`states`."""
        weight, recurrent, constants, surrogate = self._numbers(spikes)
        delay, paired = self.delay + fx.DELAY_MIN, self._paired(weight, recurrent, constants)
        return kernels.respond(
            self._delayed(spikes), weight, recurrent, constants, surrogate,
            delay=delay, output=output, counts=self.counts, paired=paired, recurrent_delay=self._recurrent_delay(),
        )  # fmt: skip

    def _numbers(self, spikes: Tensor) -> tuple[Tensor, Tensor | None, Constants, Surrogate]:
        source = self._feedforward.in_channels
        if spikes.ndim != 3 or spikes.shape[1] != source:
            raise SpecError(f"block input: found shape {tuple(spikes.shape)}, allowed (sample, {source}, time)")
        return *self._matrices(), self.neuron.constants(), self.neuron.surrogate

    def respond(self, spikes: Tensor) -> kernels.Response:
        """Spikes of the block as :meth:`forward` gives them, and their sums over samples and steps."""
        found = self._respond(spikes, "spikes")
        return found._replace(out=found.out.to(spikes.dtype))

    def forward(self, spikes: Tensor) -> Tensor:
        """Spikes of the block for input spikes, both ``(sample, neuron, time)``."""
        return self.respond(spikes).out

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
