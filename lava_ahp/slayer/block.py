"""Blocks like lava-dl's: synapses, neurons and an export, for use in a ``torch.nn.Sequential``.

Input and output are spikes ``(sample, neuron, time)``, zeros and ones.  Step ``t`` of the output is ``s[t]`` of
docs/numerics.md, and an input spike at ``t`` arrives at ``t + 1``.  lava-dl's blocks delay their output by one step
instead.  The sequence is the same, so both kinds of block can be mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.errors import SpecError
from lava_ahp.network import READOUT_THRESHOLD
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer._base import DenseSynapse
from lava_ahp.slayer.base_block import Block
from lava_ahp.slayer.delays import whole_steps


class Dense(Block):
    """Neurons with synapses from the input.

    Args:
        neuron_params: arguments of :class:`lava_ahp.slayer.neuron.Neuron`.
        in_neurons: size of the input.
        out_neurons: number of neurons.
        weight_scale: multiplies the initial weights, which are uniform in ``±1 / sqrt(fan-in)`` as in lava-dl.
        extra_delay: steps ``0..62`` added to the delay of one step of the input synapses: one value, one per neuron,
            or ``(target, source)``.  It is not learned.
        input_delay: steps ``1..63`` from a spike of a source to its arrival, before any extra delay: one value, or
            ``(source,)``.
        learn_input_delay: whether the input delays are learned.  The forward pass rounds them to whole steps.
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
        input_delay: int | npt.ArrayLike = fx.DELAY_MIN,
        learn_input_delay: bool = False,
        counts: bool = False,
    ) -> None:
        super().__init__(
            neuron_params, in_neurons, out_neurons, weight_scale, extra_delay, input_delay, learn_input_delay
        )
        self.counts = counts


class Recurrent(Block):
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
        input_delay: as in :class:`Dense`.
        learn_input_delay: as in :class:`Dense`.

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
        input_delay: int | npt.ArrayLike = fx.DELAY_MIN,
        learn_input_delay: bool = False,
    ) -> None:
        super().__init__(
            neuron_params, in_neurons, out_neurons, weight_scale, extra_delay, input_delay, learn_input_delay
        )
        self._register_delays("recurrent_delay", recurrent_delay, out_neurons, learn_delay)

    @property
    def longest_delay(self) -> int:
        """Most steps that a recurrent delay may have."""
        return fx.DELAY_MAX

    def clamp_delays(self) -> None:
        """As for every block, recurrent delays too."""
        super().clamp_delays()
        if self.recurrent_delay is not None:
            with torch.no_grad():
                self.recurrent_delay.clamp_(fx.DELAY_MIN, self.longest_delay)

    def _recurrent_delay(self) -> Tensor | None:
        return None if self.recurrent_delay is None else whole_steps(self.recurrent_delay, self.longest_delay)

    def _make_synapses(self, in_neurons: int, out_neurons: int, weight_scale: float) -> None:
        self.input_synapse = self._synapse(in_neurons, out_neurons, weight_scale)
        self.recurrent_synapse = self._synapse(out_neurons, out_neurons, weight_scale)

    @property
    def _feedforward(self) -> DenseSynapse:
        return self.input_synapse

    @property
    def _recurrent(self) -> DenseSynapse:
        return self.recurrent_synapse


class Readout(Block):
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
        return (self._respond(spikes, "voltages").out / self.neuron.s_scale).to(spikes.dtype)
