"""AHP populations as LIF populations whose synapses come in pairs; docs/loihi2.md has the equations.

A LIF neuron has one slow current, its own ``u``.  It becomes the AHP current: ``du`` is the decay of ``a``, and a
synapse of the neuron onto itself takes the place of ``w_ahp``.  An input must then act for a few steps and leave
nothing behind.  So every synapse comes twice: ``+w`` after ``d`` steps, and after ``d + m`` one that takes away what
has not decayed by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_matrix

from lava_ahp.errors import SpecError
from lava_ahp.network import Connection, Network, Neuron, Population, Weights
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network.autapses import CHARGE_MAX, autapses
from lava_ahp.network.grouping import Constants, grouped
from lava_ahp.network.splitting import mantissas, parts

Int64 = npt.NDArray[np.int64]


class Paired(NamedTuple):
    """A network of LIF neurons, and what it does not share with its source besides the construction.

    Attributes:
        network: populations of the same names and sizes, without AHP currents.
        lag: ``m`` of every population with AHP neurons.
        distinct: triples of decays and threshold by population, each of which needs a LIF Process of its own.
        groups: the same after neurons were put into groups.
        clamped: weights of -256 that became -254.
        decays: decays without a register value on the chip, which became the nearest that has one.
    """

    network: Network
    lag: dict[str, int]
    distinct: dict[str, int]
    groups: dict[str, int]
    clamped: int
    decays: int


class _Plan(NamedTuple):
    """Of one population, arrays ``(neuron,)``.

    Attributes:
        adaptive: neurons with an AHP current, and hence with pairs of synapses.
        shift: incoming weights count ``2**shift`` times, besides the exponent of their connection.
        leak: part of ``+w`` that has decayed after ``lag`` steps, ``0..1``.
        autapses: ``-q`` of every neuron onto itself, weights and exponent.
        decays: values that were changed because the chip has no register value for them.
    """

    neuron: Neuron
    constants: Constants
    distinct: int
    adaptive: npt.NDArray[np.bool_]
    shift: Int64
    lag: int
    leak: npt.NDArray[np.float64]
    autapses: tuple[tuple[Weights, int], ...]
    decays: int


class _Piece(NamedTuple):
    """Some synapses of a connection; ``chosen`` are their positions in its weights, ``late`` steps are added."""

    weights: Weights
    exponent: int
    late: int
    chosen: Int64


def natural_lag(population: Population) -> int:
    """The steps of a box that takes the place of a synaptic current, from the decay of the current.

    A current that loses ``du / 4096`` in every step is ``4096 / du - 1`` steps late on average, and a box of ``m``
    steps ``(m - 1) / 2``; both are equal for ``m = 2 * 4096 / du - 1``.  The median of the AHP neurons counts.
    """
    p = population.parameters()
    decay = float(np.median(p["current_decay"][p["ahp_weight"] != 0]))
    return max(1, int(np.rint(2 * fx.DECAY_ONE / max(decay, 1.0) - 1)))


def pair(network: Network, *, scale: int, lag: int | None = None, groups: int | None = None) -> Paired:
    """A network of LIF neurons in place of one with AHP neurons.

    Args:
        network: any network.
        scale: ``k``: weights, threshold, bias and AHP charge of an AHP neuron count ``2**k`` times, so that the
            second synapses have finer steps.
        lag: ``m`` of every population; None for :func:`natural_lag` of each.
        groups: most triples of decays and threshold in a population; None leaves all of them.

    Raises:
        SpecError: a constant that LIF neurons cannot hold; the text says what to change.
    """
    # Copies of a population share parameters and weights, and go on doing so.
    same = {(id(p.neuron), p.size): p for p in network}
    made = {key: _plan(p, scale, lag, groups) for key, p in same.items()}
    plans = {p.name: made[id(p.neuron), p.size] for p in network}
    connections: list[Connection] = []
    known: dict[tuple[int, int, int], list[_Piece]] = {}
    for c in network.connections:
        key = id(c.weights.base), id(plans[c.target]), c.exponent
        if key not in known:
            known[key] = list(_pieces(c, plans[c.target]))
        connections += (_placed(c, piece) for piece in known[key])
    for name, plan in plans.items():
        connections += (Connection(name, name, weights, exponent=exponent) for weights, exponent in plan.autapses)
    populations = [p if p.is_input else Population(p.name, p.size, plans[p.name].neuron) for p in network.populations]
    return Paired(
        Network(tuple(populations), tuple(connections), network.output, network.task, network.provenance),
        lag={name: plan.lag for name, plan in plans.items() if plan.adaptive.any()},
        distinct={name: plan.distinct for name, plan in plans.items()},
        groups={name: plan.constants.distinct for name, plan in plans.items()},
        clamped=sum(
            int(np.count_nonzero((c.values == fx.WEIGHT_MIN) & plans[c.target].adaptive[c.targets]))
            for c in network.connections
        ),
        decays=sum(plan.decays for plan in plans.values()),
    )


def _plan(population: Population, scale: int, lag: int | None, groups: int | None) -> _Plan:
    p = population.parameters()
    adaptive = p["ahp_weight"] != 0
    where = f"population {population.name}"
    if np.any(adaptive & (p["current_decay"] == 0)):
        raise SpecError(f"{where}: found AHP neurons with a current that never decays, allowed current_decay 1..4096")
    steps = 1 if not adaptive.any() else natural_lag(population) if lag is None else lag
    # A box of m steps brings m times its height, the current 4096 / du times; the threshold makes up for the ratio.
    gain = np.where(adaptive, 2.0**scale * steps * p["current_decay"] / fx.DECAY_ONE, 1.0)
    current = np.where(adaptive, p["ahp_decay"], p["current_decay"])
    threshold = np.rint(p["threshold"] * gain).astype(np.int64)
    autapse = np.rint(p["ahp_weight"] * gain / 2**fx.STATE_SHIFT).astype(np.int64)
    _check(where, "threshold", threshold, fx.THRESHOLD_MAX)
    _check(where, "AHP synapse", autapse, CHARGE_MAX)
    exact = Constants(np.maximum(current, 1), np.minimum(p["voltage_decay"], fx.DECAY_ONE - 1), threshold)
    constants = exact if groups is None else grouped(exact, groups)
    return _Plan(
        neuron=Neuron(
            threshold=constants.threshold,
            current_decay=constants.current_decay,
            voltage_decay=constants.voltage_decay,
            bias=_rounded_bias(where, p["bias"] * gain),
        ),
        constants=constants,
        distinct=exact.distinct,
        adaptive=adaptive,
        shift=p["input_exponent"] + np.where(adaptive, scale, 0),
        lag=steps,
        leak=np.where(adaptive, 1 - (1 - constants.current_decay / fx.DECAY_ONE) ** steps, 0.0),
        autapses=tuple(autapses(autapse)),
        decays=int(np.count_nonzero(current != exact.current_decay))
        + int(np.count_nonzero(p["voltage_decay"] != exact.voltage_decay)),
    )


def _check(where: str, what: str, values: Int64, largest: int) -> None:
    if values.max() > largest:
        raise SpecError(f"{where}: its {what} would be {values.max()}, allowed {largest}; use a smaller scale")


def _rounded_bias(where: str, bias: npt.NDArray[np.float64]) -> Int64:
    """The nearest biases with a 13-bit mantissa."""
    size = np.maximum(np.abs(bias), 1) / -fx.BIAS_MANTISSA_MIN
    shift = np.clip(np.ceil(np.log2(size)), 0, fx.BIAS_EXPONENT_MAX).astype(np.int64)
    mantissa = np.rint(bias / 2.0**shift).astype(np.int64)
    _check(where, "bias mantissa", mantissa, fx.BIAS_MANTISSA_MAX + 1)
    rounded: Int64 = np.clip(mantissa, fx.BIAS_MANTISSA_MIN, fx.BIAS_MANTISSA_MAX) << shift
    return rounded


def _pieces(connection: Connection, plan: _Plan) -> Iterator[_Piece]:
    """The synapses and their partners, in connections of one exponent, and one sign or even.

    A partner takes back what is left of ``+w``.  Where that needs more than eight bits, another synapse has the rest.
    """
    base = connection.weights.base
    shift = connection.exponent + plan.shift[base.targets]
    adaptive = plan.adaptive[base.targets]
    weights = base.values.astype(np.int64)
    weights = np.where(adaptive, np.maximum(weights, fx.WEIGHT_PAIRED_MIN), weights)
    exponent, mantissa = _whole(connection.name, weights, shift)
    yield from _split(base, mantissa, exponent, 0)
    whole = np.where(adaptive, mantissa << exponent, 0)
    rest = np.rint(plan.leak[base.targets] * whole).astype(np.int64) - whole
    for mantissa, exponent in mantissas(rest):
        yield from _split(base, mantissa, exponent, plan.lag)


def _whole(where: str, weights: Int64, shift: Int64) -> tuple[Int64, Int64]:
    """Exponents that connections allow, and the weights that they belong to."""
    if shift.size and shift.max() > fx.CONNECTION_EXPONENT_MAX:
        raise SpecError(
            f"connection {where}: its exponent would be {shift.max()}, allowed {fx.CONNECTION_EXPONENT_MAX}; "
            "use a smaller scale"
        )
    lower = np.maximum(-shift, 0)
    if np.any((weights >> lower) << lower != weights):
        raise SpecError(
            f"connection {where}: its exponent would be {shift.min()}, allowed 0..{fx.CONNECTION_EXPONENT_MAX}; "
            f"use a scale larger by {lower.max()}, or an input_exponent of 0 or more"
        )
    return np.maximum(shift, 0), weights >> lower


def _split(base: Weights, mantissa: Int64, exponents: Int64, late: int) -> Iterator[_Piece]:
    for exponent, part in parts(mantissa, exponents):
        chosen = np.flatnonzero(part)
        matrix = csc_matrix((mantissa[chosen], (base.targets[chosen], base.sources[chosen])), base.shape)
        yield _Piece(Weights(matrix), exponent, late, chosen)


def _placed(connection: Connection, piece: _Piece) -> Connection:
    """A piece between the populations of a connection."""
    target, source = connection.shape
    weights = piece.weights.within(source, connection.weights.first)
    longest = connection.delay_range[1] + piece.late
    if longest > fx.DELAY_MAX:
        raise SpecError(
            f"connection {connection.name}: found a delay of {longest - piece.late} and a lag of {piece.late}, "
            f"allowed {fx.DELAY_MAX} together; use a smaller lag"
        )
    if connection.delay is not None:
        delay: int | Int64 = connection.delay + piece.late
    else:
        delay = np.ones((target, source), np.int64)
        delay[weights.targets, weights.sources] = connection.delays[piece.chosen].astype(np.int64) + piece.late
    return Connection(connection.source, connection.target, weights, exponent=piece.exponent, delay=delay)
