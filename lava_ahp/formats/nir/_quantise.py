"""Populations in floats become populations and connections of integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError
from lava_ahp.formats.nir._drive import Term
from lava_ahp.formats.nir._loss import DecayLoss, ThresholdLoss, WeightLoss, decay_loss
from lava_ahp.formats.nir._parts import Part
from lava_ahp.formats.nir._scale import Scale, exponent, scale_of
from lava_ahp.formats.nir._units import Array
from lava_ahp.network import READOUT_THRESHOLD, Connection, Neuron, Population
from lava_ahp.network import fixedpoint as fx

#: Neurons of a one-to-one connection, which is held as a whole matrix while it is made.
_MAX_DIAGONAL = 4096


@dataclass(frozen=True)
class Quantised:
    """One population with the connections onto it."""

    population: Population
    connections: list[Connection]
    weights: list[WeightLoss]
    decays: list[DecayLoss]
    threshold: ThresholdLoss | None
    scale: Scale


def quantise(name: str, part: Part, sources: dict[str, str], natural: dict[str, int]) -> Quantised:
    """Round a population.

    Args:
        name: its name in the network.
        part: its neurons and what drives them.
        sources: names in the network by node.
        natural: by node, the steps from its spikes to their arrival here, without delay nodes.

    Raises:
        DataError: a delay that is too long, or a one-to-one connection of too many neurons.
    """
    scale = scale_of(part)
    neuron, decays, threshold = _neuron(name, part, scale)
    measure = _measure(part, scale)
    connections, losses = [], []
    for term in part.terms:
        made, loss = _connect(sources[term.source], name, term, natural[term.source], scale, measure)
        connections += made
        losses.append(loss)
    population = Population(name, part.unit.size, neuron)
    return Quantised(population, connections, losses, decays, threshold, scale)


@dataclass(frozen=True)
class _Measure:
    """What errors of weights are parts of: its name, and its size in units of the state."""

    name: str
    size: float


def _measure(part: Part, scale: Scale) -> _Measure:
    if part.unit.threshold is not None and part.unit.threshold.max() > 0:
        return _Measure("threshold", scale.per_volt * float(part.unit.threshold.max()))
    largest = max((float(np.abs(term.matrix).max()) for term in part.terms), default=0.0)
    return _Measure("largest weight", scale.per_volt * largest or 1.0)


def _neuron(name: str, part: Part, scale: Scale) -> tuple[Neuron, list[DecayLoss], ThresholdLoss | None]:
    unit, zero = part.unit, np.zeros(part.unit.size)
    leaks = {
        "current": unit.current_leak,
        "voltage": unit.voltage_leak,
        "ahp": zero if part.ahp_leak is None else part.ahp_leak,
    }
    decays = {key: np.rint(fx.DECAY_ONE * leak).astype(np.int64) for key, leak in leaks.items()}
    charge = np.rint(scale.per_volt * (zero if part.ahp_charge is None else part.ahp_charge)).astype(np.int64)
    threshold, loss = np.full(unit.size, READOUT_THRESHOLD), None
    if unit.threshold is not None and unit.threshold.max() > 0:
        exact = scale.per_volt * unit.threshold / 2**fx.STATE_SHIFT
        threshold = np.rint(exact).astype(np.int64)
        change = np.abs(threshold - exact) / np.where(exact > 0, exact, 1)
        loss = ThresholdLoss(name, (int(threshold.min()), int(threshold.max())), float(change.max()))
    elif unit.threshold is not None:
        threshold = np.zeros(unit.size, np.int64)
    neuron = Neuron(
        threshold=_shared(threshold),
        current_decay=_shared(decays["current"]),
        voltage_decay=_shared(decays["voltage"]),
        ahp_decay=_shared(decays["ahp"]),
        ahp_weight=_shared(charge),
        bias=_shared(_bias(scale.per_volt * part.bias)),
        input_exponent=scale.finest - fx.STATE_SHIFT,
    )
    kept = [key for key in leaks if key != "ahp" or part.ahp_leak is not None]
    # An integrator without leak has no time constant to lose.
    found = (decay_loss(name, key, leaks[key], decays[key]) for key in kept if np.any(leaks[key] > 0))
    return neuron, [item for item in found if item is not None], loss


def _shared(values: npt.NDArray[np.int64]) -> Any:
    """One value where all are equal."""
    return int(values[0]) if np.all(values == values[0]) else values


def _bias(exact: Array) -> npt.NDArray[np.int64]:
    """The nearest values that are a 13-bit mantissa shifted left by 0 to 7."""
    size = np.maximum(np.abs(exact), 1) / (fx.BIAS_MANTISSA_MAX + 0.5)
    shift = np.clip(np.ceil(np.log2(size)), 0, fx.BIAS_EXPONENT_MAX).astype(np.int64)
    mantissa = np.clip(np.rint(exact / 2.0**shift), fx.BIAS_MANTISSA_MIN, fx.BIAS_MANTISSA_MAX)
    bias: npt.NDArray[np.int64] = mantissa.astype(np.int64) << shift
    return bias


def _connect(
    source: str, target: str, term: Term, natural: int, scale: Scale, measure: _Measure
) -> tuple[list[Connection], WeightLoss]:
    """One connection for every exponent that occurs: a weight keeps eight bits, whatever its size."""
    finest = 2.0**scale.finest
    exact = term.matrix * scale.per_volt / finest
    size = np.maximum(np.abs(exact), fx.WEIGHT_MAX)
    shift = np.minimum(exponent(size), fx.CONNECTION_EXPONENT_MAX)
    rounded = np.clip(np.rint(exact / 2.0**shift), -fx.WEIGHT_MAX, fx.WEIGHT_MAX).astype(np.int64)
    error = np.abs((rounded << shift) - exact) * finest / measure.size
    delay = _delay(term, natural, source, target)
    made = [
        Connection(source, target, _square(np.where(shift == k, rounded, 0)), exponent=int(k), delay=delay)
        for k in np.unique(shift[rounded != 0])
    ]
    loss = WeightLoss(
        source=source,
        target=target,
        largest=float(error.max()),
        mean=float(error[exact != 0].mean()) if exact.any() else 0.0,
        unit=measure.name,
        connections=len(made),
        vanished=int(np.sum((rounded == 0) & (exact != 0))),
    )
    return made, loss


def _square(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """A diagonal as a matrix."""
    if values.ndim == 2:
        return values
    if len(values) > _MAX_DIAGONAL:
        raise DataError(f"NIR: a one-to-one connection of {len(values)} neurons, allowed {_MAX_DIAGONAL}")
    return np.diag(values)


def _delay(term: Term, natural: int, source: str, target: str) -> Any:
    """Steps of all synapses, or of every one."""
    delay = term.delay + natural
    if delay.max() > fx.DELAY_MAX:
        raise DataError(
            f"NIR: a spike from {source} to {target} takes {delay.max()} steps, allowed {fx.DELAY_MAX}; "
            "use shorter delays, or fewer layers between them"
        )
    if np.all(delay == delay.flat[0]):
        return int(delay.flat[0])
    return _square(delay) if term.diagonal else delay
