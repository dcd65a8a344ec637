"""Blocks of LIF neurons whose synapses come in pairs, so that each neuron's current is its AHP current.

Every synapse counts twice: with its weight, and with the opposite weight ``lag`` steps later.  An input so acts for
``lag`` steps.  By then some of it has decayed, so the opposite weight takes away a little too much; corrected pairs
take away just what is left, in steps of ``2**-scale`` of a weight.  The slow current of the neuron is left to its own
spikes, from which a synapse of the neuron onto itself, the autapse, subtracts.  docs/loihi2.md has the equations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.errors import SpecError
from lava_ahp.network import Connection
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network.autapses import CHARGE_MAX, autapses
from lava_ahp.network.grouping import Constants as Grouped
from lava_ahp.network.grouping import grouped
from lava_ahp.network.splitting import by_exponent, of_one_sign
from lava_ahp.slayer.block import Recurrent
from lava_ahp.slayer.loop import Constants, Late, PairedSynapses
from lava_ahp.slayer.neuron import Neuron, Value
from lava_ahp.slayer.surrogate import Surrogate
from lava_ahp.slayer.weights import int64

#: Groups of equal constants in a block, unless the caller says otherwise.
GROUPS = 16

#: Constants that the neurons of a group share, because a LIF Process on the chip has each of them once.
SHARED = ("threshold", "voltage_decay", "ahp_decay")


class Start(NamedTuple):
    """Constants of every neuron in units of the chip, ``(neuron,)``, before they are put into groups.

    Attributes:
        constants: decays and threshold; the decay of the current is that of the AHP current.
        autapse: ``q``, in units of weight.
    """

    constants: Grouped
    autapse: npt.NDArray[np.int64]


class PairedNeuron(Neuron):
    """A LIF neuron with a slow current, its AHP current: ``ahp_decay`` is the decay of ``u`` on the chip.

    Threshold, voltage decay and AHP decay are those of the neuron's group.  Each neuron keeps numbers of its own, and
    the mean over its group counts; so they get equal gradients and stay equal.

    Args:
        threshold: as for :class:`Neuron`.
        voltage_decay: as for :class:`Neuron`, at most 4095/4096.
        ahp_decay: as for :class:`Neuron`, at least 1/4096.
        ahp_strength: the autapse, in the unit of the threshold, rounded to 1/64; at most 32767/64.
        neurons: number of neurons.
        groups: most groups of neurons with equal constants; neurons with similar ones are put together.
        requires_grad: as for :class:`Neuron`.  There is no synaptic current, so ``current_decay`` is never learned.
        surrogate: as for :class:`Neuron`.

    Raises:
        SpecError: as for :class:`Neuron`, or a number of groups below 1.
    """

    #: -256 has no partner of the opposite sign.
    least_weight = fx.WEIGHT_PAIRED_MIN

    group: Tensor

    def __init__(
        self,
        threshold: Value,
        voltage_decay: Value,
        ahp_decay: Value,
        ahp_strength: Value = 0.0,
        *,
        neurons: int,
        groups: int = GROUPS,
        requires_grad: bool | Collection[str] = False,
        surrogate: Surrogate | None = None,
    ) -> None:
        super().__init__(
            _each(threshold, neurons),
            1.0,
            _each(voltage_decay, neurons),
            _each(ahp_decay, neurons),
            _each(ahp_strength, neurons),
            requires_grad=requires_grad,
            surrogate=surrogate,
        )
        self.current_decay_raw.requires_grad_(False)
        if groups < 1:
            raise SpecError(f"neuron groups: found {groups}, allowed 1 or more")
        self.groups = groups
        self.register_buffer("group", torch.zeros(neurons, dtype=torch.int64))
        with torch.no_grad():
            # Before there are groups, the raw numbers of the base class count.
            own = {name: int64(super(PairedNeuron, self)._raw(name).round()) for name in (*SHARED, "ahp_strength")}
        constants = Grouped(own["ahp_decay"], own["voltage_decay"], own["threshold"])
        self.start(Start(constants, own["ahp_strength"]))

    def start(self, start: Start) -> None:
        """Begin from given constants.

        Args:
            start: constants in the range of the chip.

        Raises:
            SpecError: a constant out of range.
        """
        constants = grouped(start.constants, self.groups)
        group = np.unique(np.stack(constants), axis=1, return_inverse=True)[1].reshape(-1)
        values = {
            "ahp_decay": constants.current_decay,
            "voltage_decay": constants.voltage_decay,
            "threshold": constants.threshold,
            "ahp_strength": start.autapse,
        }
        with torch.no_grad():
            self.group.copy_(torch.from_numpy(group))
            for name, value in values.items():
                low, high = self._bounds(name)
                if value.min() < low or value.max() > high:
                    raise SpecError(f"neuron {name}: found {value.min()}..{value.max()}, allowed {low}..{high}")
                units = 1 if name.endswith("decay") else self._units(name)
                getattr(self, f"{name}_raw").copy_(torch.from_numpy(value / units))

    def _units(self, name: str) -> int:
        # The autapse is a weight.
        return super()._units("threshold" if name == "ahp_strength" else name)

    def _bounds(self, name: str) -> tuple[int, int]:
        low, high = super()._bounds(name)
        if name == "ahp_strength":
            return low, CHARGE_MAX
        # Registers of the chip hold du - 1 and dv in 12 bits.
        return {"ahp_decay": (1, high), "voltage_decay": (low, high - 1)}.get(name, (low, high))

    def _raw(self, name: str) -> Tensor:
        raw = super()._raw(name)
        if name not in SHARED:
            return raw
        # Products with zeros and ones: their sums have the same order on every device.
        member = torch.nn.functional.one_hot(self.group, self.groups).to(raw.dtype)
        return member @ ((raw @ member) / member.sum(dim=0).clamp_min(1))

    def constants(self) -> Constants:
        """The whole numbers of the chip: those of a LIF neuron, whose current decays as the AHP current does."""
        whole = super().constants()
        nothing = torch.zeros_like(whole.ahp_decay)
        return whole._replace(current_decay=whole.ahp_decay, ahp_decay=nothing, ahp_weight=nothing)

    def autapse(self) -> Tensor:
        """``q`` of every neuron, whole numbers in units of weight, ``float64 (neuron,)``."""
        return self._whole("ahp_strength")

    def quantize_8bit(self, weight: Tensor, descale: bool = False) -> Tensor:
        """As for :class:`Neuron`, from -254 on."""
        rounded: Tensor = super().quantize_8bit(weight, descale)
        return rounded.clamp_min(self.least_weight / (1 if descale else self.w_scale))

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        group = state_dict.get(f"{prefix}group")
        if group is not None and not bool(((group >= 0) & (group < self.groups)).all()):
            raise ValueError(f"{prefix}group: found {group.min()}..{group.max()}, allowed 0..{self.groups - 1}")
        super()._load_from_state_dict(state_dict, prefix, *rest)


class PairedRecurrent(Recurrent):
    """Neurons with synapses from the input and from one another, each of them a pair; see the head of this module.

    Args:
        neuron_params: arguments of :class:`PairedNeuron` but the number of neurons.
        in_neurons: size of the input.
        out_neurons: number of neurons.
        weight_scale: as for :class:`Recurrent`.
        extra_delay: as for :class:`Recurrent`; with the lag at most 62.
        recurrent_delay: as for :class:`Recurrent`; with the lag at most 63.
        learn_delay: as for :class:`Recurrent`.
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
        lag: int = 3,
        scale: int | None = None,
        even: bool = False,
    ) -> None:
        super().__init__(
            {**neuron_params, "neurons": out_neurons}, in_neurons, out_neurons, weight_scale, extra_delay,
            recurrent_delay=recurrent_delay, learn_delay=learn_delay,
        )  # fmt: skip
        longest = fx.DELAY_MIN if self.recurrent_delay is None else int(self.recurrent_delay.max())
        most = fx.DELAY_MAX - max(fx.DELAY_MIN + int(self.delay.max()), longest)
        if not 1 <= lag <= most:
            raise SpecError(f"block lag: found {lag}, allowed 1..{most} with these delays")
        if scale is not None and not 0 <= scale <= fx.CONNECTION_EXPONENT_MAX:
            raise SpecError(f"block scale: found {scale}, allowed 0..{fx.CONNECTION_EXPONENT_MAX}")
        self.lag, self.scale, self.even = lag, scale, even

    @property
    def longest_delay(self) -> int:
        """Most steps that a recurrent delay may have: the second synapse of a pair comes later by the lag."""
        return fx.DELAY_MAX - self.lag

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


def _each(value: Value, neurons: int) -> Value:
    """One value per neuron."""
    if isinstance(value, Tensor):
        return value.expand(neurons) if value.numel() == 1 else value
    return np.broadcast_to(np.asarray(value), (neurons,)) if np.size(value) == 1 else value
