"""LIF neurons whose own current is their AHP current, in groups of equal constants.

:mod:`lava_ahp.slayer.paired` has the block.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.errors import SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network.autapses import CHARGE_MAX
from lava_ahp.network.grouping import Constants as Grouped
from lava_ahp.network.grouping import grouped
from lava_ahp.slayer.loop import Constants
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

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        group = state_dict.get(f"{prefix}group")
        if group is not None and not bool(((group >= 0) & (group < self.groups)).all()):
            raise ValueError(f"{prefix}group: found {group.min()}..{group.max()}, allowed 0..{self.groups - 1}")
        super()._load_from_state_dict(state_dict, prefix, *rest)


def _each(value: Value, neurons: int) -> Value:
    """One value per neuron."""
    if isinstance(value, Tensor):
        return value.expand(neurons) if value.numel() == 1 else value
    return np.broadcast_to(np.asarray(value), (neurons,)) if np.size(value) == 1 else value
