"""How many units of the state one volt is, and how large the finest weight is.

A population has one scale, so that equal thresholds stay equal.  It is the largest at which

- the threshold is at most 2048, so that the voltage can fall 64 thresholds below zero,
- the current cannot wrap, whatever spikes arrive, as long as the threshold stays 64 or more,
- every bias fits its register.

A neuron that does not spike has no threshold to go by: its largest weight becomes 255.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lava_ahp.formats.nir._parts import Part
from lava_ahp.network import fixedpoint as fx

#: Largest and smallest threshold that the scale aims at.
THRESHOLD, LEAST_THRESHOLD = 2048, 64
#: A weight is rounded to this part of the threshold, or finer.
STEPS = 1024
_MAX_BIAS = fx.BIAS_MANTISSA_MAX << fx.BIAS_EXPONENT_MAX
_MAX_WEIGHT = fx.WEIGHT_MAX


@dataclass(frozen=True)
class Scale:
    """Scale of a population.

    Attributes:
        per_volt: units of the state in one volt.
        finest: the value of a weight of 1 in the connection with exponent 0 is ``2**finest`` units of the state.
        wraps: whether the current could wrap if all synapses were active in every step.
    """

    per_volt: float
    finest: int
    wraps: bool


def scale_of(part: Part) -> Scale:
    """Choose the scale of a population."""
    worst = np.zeros(part.unit.size)
    largest = 0.0
    for term in part.terms:
        size = np.abs(term.matrix)
        worst += size if term.diagonal else size.sum(axis=1)
        largest = max(largest, float(size.max(initial=0)))
    current = float(np.max(worst / np.maximum(part.unit.current_leak, 1 / fx.DECAY_ONE)))
    bias = float(np.max(np.abs(part.bias)))
    room = fx.STATE_MAX / current if current else np.inf
    high = _MAX_BIAS / bias if bias else np.inf
    threshold = None if part.unit.threshold is None else float(part.unit.threshold.max())
    unit = 2.0**fx.STATE_SHIFT
    if not threshold:
        voltage = (current + bias) / np.maximum(part.unit.voltage_leak, 1 / fx.DECAY_ONE)
        ceiling = fx.STATE_MAX / float(np.max(voltage)) if np.max(voltage) else np.inf
        per_volt = min(unit * _MAX_WEIGHT / largest if largest else unit, room, high, ceiling)
        return Scale(per_volt, _finest(per_volt * largest, per_volt * largest), False)
    wanted = min(unit * THRESHOLD / threshold, max(room, unit * LEAST_THRESHOLD / threshold), high)
    if part.ahp_charge is not None and part.ahp_charge.any():
        wanted = min(wanted, fx.AHP_WEIGHT_MAX / float(part.ahp_charge.max()))
    # The largest threshold becomes a whole number, so that nothing is lost where all are equal.
    per_volt = unit * max(1, np.floor(wanted * threshold / unit + 1e-9)) / threshold
    return Scale(per_volt, _finest(per_volt * largest, per_volt * threshold * _MAX_WEIGHT / STEPS), per_volt > room)


def _finest(largest: float, wanted: float) -> int:
    """The exponent at which the largest weight, or a smaller wanted one, uses all eight bits."""
    if not largest:
        return fx.STATE_SHIFT
    low, high = fx.STATE_SHIFT + fx.INPUT_EXPONENT_MIN, fx.STATE_SHIFT + fx.INPUT_EXPONENT_MAX
    # Connections have exponents up to 7 of their own for weights above that.
    least = int(exponent(largest)) - fx.CONNECTION_EXPONENT_MAX
    return int(np.clip(max(int(exponent(min(largest, wanted))), least), low, high))


def exponent(magnitude: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The smallest exponents at which magnitudes above 0 are at most 255."""
    shares = np.asarray(magnitude, dtype=np.float64) / _MAX_WEIGHT
    exponents: npt.NDArray[np.int64] = np.ceil(np.log2(shares) - 1e-12).astype(np.int64)
    return exponents
