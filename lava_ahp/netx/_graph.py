"""Graphs that lava-dl's layout cannot express, in ``/lava_ahp/graph``."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import Connection, Network, Population
from lava_ahp.network import fixedpoint as fx
from lava_ahp.netx import _layout as layout
from lava_ahp.netx._hdf5 import Section, put, put_text
from lava_ahp.netx._neuron import read_neuron, write_neuron

_BIAS_RANGE = fx.BIAS_MANTISSA_MIN << fx.BIAS_EXPONENT_MAX, fx.BIAS_MANTISSA_MAX << fx.BIAS_EXPONENT_MAX


def write_graph(group: h5py.Group, network: Network) -> None:
    """Fill the group ``graph``."""
    put_text(group, "output", network.output)
    for k, population in enumerate(network.populations):
        member = group.create_group(f"populations/{k}")
        put_text(member, "name", population.name)
        put(member, "size", population.size)
        if population.neuron is not None:
            write_neuron(member.create_group("neuron"), population.neuron, stock=False)
            if np.any(population.neuron.bias):
                put(member, "stateBias", np.asarray(population.neuron.bias, dtype=np.int32))
    group.create_group("connections")
    for k, connection in enumerate(network.connections):
        member = group.create_group(f"connections/{k}")
        put_text(member, "source", connection.source)
        put_text(member, "target", connection.target)
        put(member, "exponent", connection.exponent)
        put(member, "indptr", connection.indptr)
        put(member, "targets", connection.targets)
        put(member, "values", connection.values)
        delays = connection.delays - fx.DELAY_MIN
        uniform = delays.size == 0 or np.ptp(delays) == 0
        if not uniform and connection.shape[0] * connection.shape[1] > layout.MAX_ELEMENTS:
            raise SpecError(
                f"connection {connection.name}: delays differ in a matrix of {connection.shape}; split the connection"
            )
        put(member, "delay", (delays[0] if delays.size else np.uint8(0)) if uniform else delays)


def read_graph(section: Section) -> tuple[list[Population], list[Connection], str]:
    """Read populations, connections, and the name of the output."""
    section.check_keys(["output", "populations", "connections"])
    populations: list[Population] = []
    sizes: dict[str, int] = {}
    for member in section.section("populations").numbered():
        populations.append(_read_population(member))
        if populations[-1].name in sizes:
            raise member.error("name", populations[-1].name, "a different name for each population")
        sizes[populations[-1].name] = populations[-1].size
        if (total := sum(sizes.values())) > layout.MAX_TOTAL_NEURONS:
            raise member.error("size", f"{total} neurons so far", f"up to {layout.MAX_TOTAL_NEURONS} in all")
    connections = [_read_connection(member, sizes) for member in section.section("connections").numbered()]
    return populations, connections, section.text("output")


def _read_population(section: Section) -> Population:
    keys = section.check_keys(["name", "size"], ["neuron", "stateBias"])
    name, size = section.text("name"), section.integer("size", 1, layout.MAX_TOTAL_NEURONS)
    neuron = None
    if "neuron" in keys:
        bias: Any = section.integers("stateBias", *_BIAS_RANGE, [(), (size,)]) if "stateBias" in keys else 0
        neuron, _ = read_neuron(section.section("neuron"), size, bias)
    elif "stateBias" in keys:
        raise section.error("stateBias", "a bias of an input", "none")
    return section.build(Population, name, size, neuron)


class _Columns:
    """Synapses by source, with the part of scipy's sparse interface that ``Connection`` uses."""

    def __init__(self, shape: tuple[int, int], indptr: Any, indices: Any, data: Any) -> None:
        self.shape, self.indptr, self.indices, self.data = shape, indptr, indices, data

    def tocsc(self, **_: bool) -> _Columns:
        return self

    def sum_duplicates(self) -> None:
        """Nothing to do: the reader has checked."""

    def eliminate_zeros(self) -> None:
        """Nothing to do: the reader has checked."""


def _read_connection(section: Section, sizes: dict[str, int]) -> Connection:
    section.check_keys(["source", "target", "exponent", "indptr", "targets", "values", "delay"])
    source, target = section.text("source"), section.text("target")
    for key, name in (("source", source), ("target", target)):
        if name not in sizes:
            raise section.error(key, name, f"a population: {', '.join(sizes)}")
    shape = (sizes[target], sizes[source])
    values = section.integers("values", fx.WEIGHT_MIN, fx.WEIGHT_MAX)
    if values.ndim != 1 or not np.all(values):
        raise section.error(
            "values", "zeros" if values.ndim == 1 else f"shape {values.shape}", "weights other than 0, (synapse,)"
        )
    count = len(values)
    targets = section.integers("targets", 0, shape[0] - 1, [(count,)])
    indptr = section.integers("indptr", 0, count, [(shape[1] + 1,)])
    if indptr[0] != 0 or indptr[-1] != count or np.any(np.diff(indptr) < 0):
        raise section.error("indptr", "offsets that do not ascend from 0 to the end", f"0 to {count}, ascending")
    sources = np.repeat(np.arange(shape[1]), np.diff(indptr))
    if np.any((np.diff(targets) <= 0) & (np.diff(sources) == 0)):
        raise section.error("targets", "targets out of order or repeated", "ascending within a source")
    delays = section.integers("delay", 0, fx.DELAY_MAX - 1, [(), (count,)]) + fx.DELAY_MIN
    exponent = section.integer("exponent", 0, fx.CONNECTION_EXPONENT_MAX)
    weights = _Columns(shape, indptr, targets, values)
    delay = _spread(section, shape, targets, sources, delays)
    return section.build(Connection, source, target, weights, exponent=exponent, delay=delay)


def _spread(section: Section, shape: tuple[int, int], targets: Any, sources: Any, delays: npt.NDArray[np.int64]) -> Any:
    """One delay for all, or the matrix of delays that ``Connection`` takes."""
    if delays.ndim == 0:
        return int(delays)
    if shape[0] * shape[1] > layout.MAX_ELEMENTS:
        raise section.error(
            "delay", f"delays of {shape}", f"one for all in a matrix of over {layout.MAX_ELEMENTS} elements"
        )
    matrix = np.full(shape, fx.DELAY_MIN, dtype=np.uint8)
    matrix[targets, sources] = delays
    return matrix
