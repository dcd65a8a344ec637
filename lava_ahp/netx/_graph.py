"""Graphs that lava-dl's layout cannot express, in ``/lava_ahp/graph``.

:mod:`lava_ahp.netx._shared` has the form of graphs whose connections share weights.
"""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from lava_ahp.network import Connection, Network, Neuron, Population
from lava_ahp.network import fixedpoint as fx
from lava_ahp.netx import _layout as layout
from lava_ahp.netx._hdf5 import Section, put, put_text
from lava_ahp.netx._neuron import read_neuron, write_neuron
from lava_ahp.netx._weights import KEYS, compact_delays, read_delays, read_weights, write_weights

_BIAS_RANGE = fx.BIAS_MANTISSA_MIN << fx.BIAS_EXPONENT_MAX, fx.BIAS_MANTISSA_MAX << fx.BIAS_EXPONENT_MAX


def write_graph(group: h5py.Group, network: Network) -> None:
    """Fill the group ``graph``."""
    put_text(group, "output", network.output)
    for k, population in enumerate(network.populations):
        member = group.create_group(f"populations/{k}")
        put_text(member, "name", population.name)
        put(member, "size", population.size)
        if population.neuron is not None:
            write_parameters(member, population.neuron)
    group.create_group("connections")
    for k, connection in enumerate(network.connections):
        member = group.create_group(f"connections/{k}")
        put_text(member, "source", connection.source)
        put_text(member, "target", connection.target)
        put(member, "exponent", connection.exponent)
        write_weights(member, connection.weights)
        put(member, "delay", compact_delays(connection))


def write_parameters(group: h5py.Group, neuron: Neuron) -> None:
    """Write the parameters of a population: ``neuron``, and ``stateBias`` if there is a bias."""
    write_neuron(group.create_group("neuron"), neuron, stock=False)
    if np.any(neuron.bias):
        put(group, "stateBias", np.asarray(neuron.bias, dtype=np.int32))


def read_graph(section: Section) -> tuple[list[Population], list[Connection], str]:
    """Read populations, connections, and the name of the output."""
    section.check_keys(["output", "populations", "connections"])
    populations: list[Population] = []
    sizes: dict[str, int] = {}
    total = 0
    for member in section.section("populations").numbered():
        populations.append(_read_population(member))
        if populations[-1].name in sizes:
            raise member.error("name", populations[-1].name, "a different name for each population")
        sizes[populations[-1].name] = populations[-1].size
        total += populations[-1].size
        if total > layout.MAX_TOTAL_NEURONS:
            raise member.error("size", f"{total} neurons so far", f"up to {layout.MAX_TOTAL_NEURONS} in all")
    connections = [_read_connection(member, sizes) for member in section.section("connections").numbered()]
    return populations, connections, section.text("output")


def _read_population(section: Section) -> Population:
    keys = section.check_keys(["name", "size"], ["neuron", "stateBias"])
    name, size = section.text("name"), section.integer("size", 1, layout.MAX_TOTAL_NEURONS)
    neuron = None
    if "neuron" in keys:
        neuron = read_parameters(section, keys, size)
    elif "stateBias" in keys:
        raise section.error("stateBias", "a bias of an input", "none")
    return section.build(Population, name, size, neuron)


def read_parameters(section: Section, keys: set[str], size: int) -> Neuron:
    """Read the parameters of a population of so many neurons."""
    bias: Any = section.integers("stateBias", *_BIAS_RANGE, [(), (size,)]) if "stateBias" in keys else 0
    return read_neuron(section.section("neuron"), size, bias)[0]


def _read_connection(section: Section, sizes: dict[str, int]) -> Connection:
    section.check_keys(["source", "target", "exponent", "delay", *KEYS])
    source, target = section.text("source"), section.text("target")
    for key, name in (("source", source), ("target", target)):
        if name not in sizes:
            raise section.error(key, name, f"a population: {', '.join(sizes)}")
    weights = read_weights(section, (sizes[target], sizes[source]), f"connection {source} -> {target} weights")
    delay = read_delays(section, "delay", weights)
    exponent = section.integer("exponent", 0, fx.CONNECTION_EXPONENT_MAX)
    return section.build(Connection, source, target, weights, exponent=exponent, delay=delay)
