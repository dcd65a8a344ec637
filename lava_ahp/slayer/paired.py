"""Blocks of LIF neurons whose synapses come in pairs, so that each neuron's current is its AHP current.

Every synapse counts twice: with its weight, and with the opposite weight ``lag`` steps later.  An input so acts for
``lag`` steps.  By then some of it has decayed, so the opposite weight takes away a little too much; corrected pairs
take away just what is left, in steps of ``2**-scale`` of a weight.  The slow current of the neuron is left to its own
spikes, from which a synapse of the neuron onto itself, the autapse, subtracts.  docs/loihi2.md has the equations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.errors import SpecError
from lava_ahp.network import Connection
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network.autapses import autapses
from lava_ahp.network.splitting import by_exponent, of_one_sign
from lava_ahp.slayer.block import Recurrent
from lava_ahp.slayer.loop import Constants, Late, PairedSynapses
from lava_ahp.slayer.paired_neuron import PairedNeuron
from lava_ahp.slayer.weights import int64


class PairedRecurrent(Recurrent):
    """Neurons with synapses from the input and from one another, each of them a pair; see the head of this module.

    Args:
        neuron_params: arguments of :class:`PairedNeuron` but the number of neurons.
        in_neurons: size of the input.
        out_neurons: number of neurons.
        weight_scale: as for :class:`Recurrent`.
        extra_delay: as for :class:`Recurrent`; with input delay and lag at most 63.
        recurrent_delay: as for :class:`Recurrent`; with the lag at most 63.
        learn_delay: as for :class:`Recurrent`.
        input_delay: as for :class:`Recurrent`.
        learn_input_delay: as for :class:`Recurrent`.
        lag: steps for which a spike acts, 1 or more.
        scale: for corrected pairs, the ``k`` of ``lava-ahp lower``: weights count ``2**k`` times; None for second
            synapses that are the opposite of the first.
        even: whether the second weights of corrected pairs are rounded to even numbers instead of whole ones.  With a
            scale of 0, all of them are then one connection, and a network is fewer Processes.

    Raises:
        SpecError: as for :class:`Recurrent`, delay and lag are together too long, or a scale out of range.
    """

    neuron: PairedNeuron

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
        lag: int = 3,
        scale: int | None = None,
        even: bool = False,
    ) -> None:
        super().__init__(
            {**neuron_params, "neurons": out_neurons}, in_neurons, out_neurons, weight_scale, extra_delay,
            recurrent_delay=recurrent_delay, learn_delay=learn_delay,
            input_delay=input_delay, learn_input_delay=learn_input_delay,
        )  # fmt: skip
        longest = self._longest_of("input_delay") + int(self.delay.max()), self._longest_of("recurrent_delay")
        most = fx.DELAY_MAX - max(longest)
        if not 1 <= lag <= most:
            raise SpecError(f"block lag: found {lag}, allowed 1..{most} with these delays")
        if scale is not None and not 0 <= scale <= fx.CONNECTION_EXPONENT_MAX:
            raise SpecError(f"block scale: found {scale}, allowed 0..{fx.CONNECTION_EXPONENT_MAX}")
        self.lag, self.scale, self.even = lag, scale, even

    @property
    def longest_delay(self) -> int:
        """Most steps that a recurrent delay may have: the second synapse of a pair comes later by the lag."""
        return fx.DELAY_MAX - self.lag

    @property
    def longest_input_delay(self) -> int:
        """Most steps that an input delay may have."""
        return super().longest_input_delay - self.lag

    def _make_neuron(self, neuron_params: Mapping[str, Any]) -> PairedNeuron:
        return PairedNeuron(**neuron_params)

    def _matrices(self) -> tuple[Tensor, Tensor | None]:
        feedforward, recurrent = super()._matrices()
        factor = 2 ** (self.scale or 0)
        return feedforward * factor, None if recurrent is None else recurrent * factor

    def _paired(self, weight: Tensor, recurrent: Tensor | None, constants: Constants) -> PairedSynapses:
        if self.scale is None:
            return PairedSynapses(self.lag, self.neuron.autapse())
        with torch.no_grad():
            keep = (1 - constants.current_decay / fx.DECAY_ONE) ** self.lag
            leak, step = (1 - keep)[:, None], 2 if self.even else 1

            def second(first: Tensor) -> Tensor:
                rounded: Tensor = step * (leak * first / step).round()
                return rounded - first

            late = Late(second(weight), None if recurrent is None else second(recurrent), keep)
        return PairedSynapses(self.lag, self.neuron.autapse(), late)

    def connections(self, source: str, name: str) -> Iterator[Connection]:
        """The synapses as those of a network of LIF neurons, in which the second of each pair has its own delay.

        Args:
            source: population of the input.
            name: population of this block.
        """
        weights, scale = self.weights(), self.scale or 0
        late = self._paired(*self._matrices(), self.neuron.constants()).late
        delay: Any = fx.DELAY_MIN if weights.delay is None else weights.delay
        again: Any = weights.recurrent_delays
        assert weights.recurrent is not None
        for origin, values, second, first in (
            (source, weights.feedforward, None if late is None else late.feedforward, delay),
            (name, weights.recurrent, None if late is None else late.recurrent, again),
        ):
            yield Connection(origin, name, values >> scale, exponent=scale, delay=first)
            for exponent, mantissa in by_exponent(-values if second is None else int64(second)):
                for part in of_one_sign(mantissa):
                    here = np.where(part, mantissa, 0)
                    yield Connection(origin, name, here, exponent=exponent, delay=first + self.lag)
        for own, exponent in autapses(int64(self.neuron.autapse())):
            yield Connection(name, name, own, exponent=exponent)

    def export_hdf5(self, handle: Any) -> None:
        """Not possible: lava-dl's layout of a layer has one delay of recurrent synapses.

        Raises:
            SpecError: always.
        """
        raise SpecError(
            "block PairedRecurrent: found pairs of synapses, allowed one of each in a layer of lava-dl; "
            "write a whole network (lava_ahp.models.to_network, lava_ahp.write)"
        )
