"""Neuron parameters and populations, checked when they are created."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network._arrays import array_text, integers, read_only

#: A readout has the largest possible threshold: it integrates, and is read out as ``v``.
READOUT_THRESHOLD = fx.THRESHOLD_MAX

MAX_NEURONS = 2**24

_RANGES: dict[str, tuple[int, int]] = {
    "threshold": (0, fx.THRESHOLD_MAX),
    "current_decay": (0, fx.DECAY_ONE),
    "voltage_decay": (0, fx.DECAY_ONE),
    "ahp_decay": (0, fx.DECAY_ONE),
    "ahp_weight": (0, fx.AHP_WEIGHT_MAX),
    "bias": (fx.BIAS_MANTISSA_MIN << fx.BIAS_EXPONENT_MAX, fx.BIAS_MANTISSA_MAX << fx.BIAS_EXPONENT_MAX),
    "input_exponent": (fx.INPUT_EXPONENT_MIN, fx.INPUT_EXPONENT_MAX),
}

Parameter = int | npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Neuron:
    """Parameters of a population: each an integer for all of its neurons, or one value per neuron.

    Attributes:
        threshold: ``vth``, 17-bit mantissa; a neuron spikes when ``v > 64 * threshold``.
        current_decay: ``du``, ``0..4096``; 4096 keeps no memory of the synaptic current.
        voltage_decay: ``dv``, ``0..4096``.
        ahp_decay: ``da``, ``0..4096``.
        ahp_weight: ``w_ahp``, ``0..131071``, in units of the state: each spike subtracts it from ``a``.
            0 makes a plain LIF (CUBA) neuron.
        bias: added to ``v`` in every step, in units of the state; must be a signed 13-bit mantissa
            shifted left by 0 to 7.
        input_exponent: ``e``, ``-6..7``; weighted spikes arrive as ``2**(6 + e) * sum``.

    Raises:
        SpecError: a value that is not an integer or is out of range, or arrays of different lengths.
    """

    threshold: Parameter
    current_decay: Parameter = fx.DECAY_ONE
    voltage_decay: Parameter = 0
    ahp_decay: Parameter = 0
    ahp_weight: Parameter = 0
    bias: Parameter = 0
    input_exponent: Parameter = 0

    def __post_init__(self) -> None:
        lengths = {}
        for name, (low, high) in _RANGES.items():
            array = integers(getattr(self, name), f"neuron {name}")
            if array.ndim > 1 or array.size == 0:
                raise SpecError(f"neuron {name}: expected one value or one per neuron, found shape {array.shape}")
            if array.min() < low or array.max() > high:
                bad = array.flat[np.flatnonzero((array < low) | (array > high))[0]]
                raise SpecError(f"neuron {name}: found {bad}, allowed {low}..{high}")
            if array.ndim:
                lengths[name] = len(array)
            object.__setattr__(self, name, read_only(array) if array.ndim else int(array))
        if len(set(lengths.values())) > 1:
            raise SpecError(f"neuron parameters differ in length: {lengths}; give each one value per neuron")
        if fx.split_bias(self.bias) is None:
            raise SpecError(
                f"neuron bias: {array_text(self.bias)} is not a 13-bit mantissa shifted left by 0..7; "
                "round it to a multiple of 128"
            )

    @property
    def size(self) -> int | None:
        """Length of the per-neuron parameters, or None if every parameter is shared."""
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                return len(value)
        return None

    @property
    def has_ahp(self) -> bool:
        """Whether any neuron has an AHP current."""
        return bool(np.any(np.asarray(self.ahp_weight) != 0))

    def expand(self, size: int) -> dict[str, npt.NDArray[np.int64]]:
        """Every parameter as an ``int64`` array ``(neuron,)``."""
        return {
            item.name: np.broadcast_to(np.asarray(getattr(self, item.name), dtype=np.int64), (size,))
            for item in fields(self)
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Neuron):
            return NotImplemented
        mine, theirs = ([getattr(n, f.name) for f in fields(n)] for n in (self, other))
        size = self.size or other.size or 1
        return (
            self.size in (None, size)
            and other.size in (None, size)
            and all(
                np.array_equal(np.broadcast_to(a, (size,)), np.broadcast_to(b, (size,)))
                for a, b in zip(mine, theirs, strict=True)
            )
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Population:
    """Neurons that share a name.

    Attributes:
        name: a Python identifier.
        size: number of neurons, ``1..2**24``.
        neuron: parameters, or None for the input, which receives its spikes from outside.

    Raises:
        SpecError: a name, a size or parameters that are not allowed.
    """

    name: str
    size: int
    neuron: Neuron | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.isidentifier():
            raise SpecError(
                f"population name: found {self.name!r}, allowed letters, digits and _ (a Python identifier)"
            )
        if (
            not isinstance(self.size, (int, np.integer))
            or isinstance(self.size, bool)
            or not 1 <= self.size <= MAX_NEURONS
        ):
            raise SpecError(f"population {self.name}: size {self.size!r}, allowed 1..{MAX_NEURONS}")
        object.__setattr__(self, "size", int(self.size))
        if self.neuron is not None and self.neuron.size not in (None, self.size):
            raise SpecError(
                f"population {self.name}: found parameters for {self.neuron.size} neurons, allowed {self.size}; "
                "give one value per neuron"
            )

    @property
    def is_input(self) -> bool:
        """Whether this population receives its spikes from outside."""
        return self.neuron is None

    def parameters(self) -> dict[str, npt.NDArray[np.int64]]:
        """Every neuron parameter as an ``int64`` array ``(neuron,)``; an error for an input."""
        if self.neuron is None:
            raise SpecError(f"population {self.name} is an input: it has no neuron parameters")
        return self.neuron.expand(self.size)
