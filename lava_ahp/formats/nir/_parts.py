"""Neurons of a NIR graph as the chip has them: a current, a voltage, a threshold, and an AHP current.

Only spikes travel on the chip.  A leaky integrator that feeds another neuron is therefore read as part of that neuron:
as its AHP current where it hears nothing but the neuron's own spikes, as its synaptic current otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lava_ahp.errors import DataError, brief
from lava_ahp.formats.nir._drive import Drive, Drives, Term, size_of
from lava_ahp.formats.nir._flat import Flat
from lava_ahp.formats.nir._types import GRADED, SPIKING, kind
from lava_ahp.formats.nir._units import Array, Unit, unit


@dataclass(frozen=True)
class Part:
    """A population in floats: voltages are in NIR's units, counted from the reset.

    Attributes:
        unit: its neurons.
        terms: what a spike adds to the voltage when it arrives; sources are inputs, neurons that spike, or ``ON``.
        bias: added to the voltage in every step, ``(neuron,)``.
        ahp_leak: ``dt / tau`` of the AHP current; None without one.
        ahp_charge: what every spike subtracts from the AHP current, ``(neuron,)``; None without one.
    """

    unit: Unit
    terms: tuple[Term, ...]
    bias: Array
    ahp_leak: Array | None = None
    ahp_charge: Array | None = None


@dataclass(frozen=True)
class Parts:
    """The populations of a graph by name of their nodes, the input, and the output."""

    input: str
    input_size: int
    output: str
    parts: dict[str, Part]
    notes: tuple[str, ...]
    delay_rounded: float


def parts_of(flat: Flat, dt: float) -> Parts:
    """Turn a flat graph into populations.

    Args:
        flat: the graph.
        dt: one time step, in seconds.

    Raises:
        DataError: anything that neurons of the chip cannot do.
    """
    drives = Drives(flat, dt)
    units = {name: unit(name, node, dt) for name, node in flat.nodes.items() if kind(node) in SPIKING + GRADED}
    inputs = {name: drives.of(name) for name in units}
    for name, drive in inputs.items():
        if drive.size != units[name].size:
            raise DataError(f"NIR node {brief(name)}: {units[name].size} neurons, {drive.size} values arrive")
    out = drives.of(flat.output)
    output, readout = _output(out, units, set(units) | set(flat.nodes))
    graded = {name for name, own in units.items() if own.threshold is None}
    absorbed = {t.source for d in inputs.values() for t in d.terms if t.source in graded}
    _check_absorbed(absorbed, inputs, out)
    found = {}
    for name, drive in inputs.items():
        if name not in absorbed:
            found[name] = _part(units[name], drive, units, inputs, graded)
    notes = []
    if readout is not None:
        found[output] = readout
        notes.append(f"the output is a sum of spikes: the population {output} holds it as its voltage")
    return Parts(flat.input, size_of(flat.input, flat.nodes[flat.input]), output, found, tuple(notes), drives.rounded)


def _output(drive: Drive, units: dict[str, Unit], taken: set[str]) -> tuple[str, Part | None]:
    """The node that is read out, or a population that has to be made for it."""
    if len(drive.terms) == 1:
        term = drive.terms[0]
        plain = term.diagonal and np.all(term.matrix == 1) and not term.delay.any()
        if plain and term.source in units:
            return term.source, None
    if any(term.source in units and units[term.source].threshold is None for term in drive.terms):
        raise DataError("NIR output: found voltages that are scaled, delayed or added up; make a neuron the last node")
    name = next(n for n in ("readout", *(f"readout{k}" for k in range(len(taken) + 1))) if n not in taken)
    one, zero = np.ones(drive.size), np.zeros(drive.size)
    return name, Part(Unit(name, one, zero, one, one, None), drive.terms, zero)


def _check_absorbed(absorbed: set[str], inputs: dict[str, Drive], out: Drive) -> None:
    for name in sorted(absorbed):
        readers = [reader for reader, drive in inputs.items() if name in {t.source for t in drive.terms}]
        if any(t.source == name for t in out.terms):
            readers.append("the output")
        if len(readers) != 1:
            raise DataError(
                f"NIR node {brief(name)}: its voltage feeds {brief(', '.join(readers), 300)}, allowed one neuron; only "
                "spikes travel on the chip"
            )


def _part(own: Unit, drive: Drive, units: dict[str, Unit], inputs: dict[str, Drive], graded: set[str]) -> Part:
    plain = tuple(term.rows(own.gain) for term in drive.terms if term.source not in graded)
    part = Part(own, plain, own.bias)
    absorbed = [term for term in drive.terms if term.source in graded]
    # What others feed comes first: it tells the synaptic current, which feedback may pass through as well.
    for term in sorted(absorbed, key=lambda term: _is_feedback(inputs[term.source], own.name)):
        part = _absorb(part, own, term, units[term.source], inputs[term.source])
    return part


def _is_feedback(heard: Drive, name: str) -> bool:
    """Whether an integrator hears nothing but the spike of one neuron each."""
    return len(heard.terms) == 1 and heard.terms[0].source == name and heard.terms[0].diagonal


def _absorb(part: Part, own: Unit, term: Term, inner: Unit, heard: Drive) -> Part:
    """Make an integrator that feeds a neuron part of it."""
    where = f"NIR node {brief(inner.name)}: its voltage feeds {brief(own.name)}"
    if not term.diagonal or term.delay.any() or not own.memoryless or not inner.memoryless:
        raise DataError(
            f"{where} through weights, a delay or two currents in a row; the chip has one synaptic and one AHP current "
            "per neuron"
        )
    factor = own.gain * term.matrix * inner.gain
    same = np.array_equal(part.unit.current_leak, inner.voltage_leak)
    if _is_feedback(heard, own.name) and not (same and part.terms):
        return _with_ahp(part, heard, inner, factor, where)
    if part.terms and not same:
        raise DataError(f"{where}, which other inputs reach without it; let all pass through one current")
    if inner.bias.any():
        raise DataError(f"{where}: v_leak {inner.bias[inner.bias != 0][0]:g} x dt / tau, allowed 0 in a current")
    return replace(
        part,
        unit=replace(part.unit, current_leak=inner.voltage_leak),
        terms=part.terms + tuple(t.rows(factor) for t in heard.terms),
    )


def _with_ahp(part: Part, heard: Drive, inner: Unit, factor: Array, where: str) -> Part:
    term = heard.terms[0]
    charge = -factor * term.matrix
    if part.ahp_leak is not None or part.unit.threshold is None or term.delay.any():
        raise DataError(f"{where}: a second or a delayed feedback, allowed one AHP current")
    if charge.min() < 0:
        raise DataError(f"{where}: the feedback excites, allowed an AHP current that inhibits")
    if inner.bias.any():
        raise DataError(f"{where}: an AHP current with v_leak other than 0")
    return replace(part, ahp_leak=inner.voltage_leak, ahp_charge=charge)
