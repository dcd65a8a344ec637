"""Graphs whose connections share weights: every array once, and tables that refer to them by number.

A table has a row for each population or connection, so that a network of thousands of them has few datasets.
"""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from lava_ahp.network import Connection, Network, Neuron, Population
from lava_ahp.network import fixedpoint as fx
from lava_ahp.netx import _layout as layout
from lava_ahp.netx._graph import read_parameters, write_parameters
from lava_ahp.netx._hdf5 import Section, put, put_json, put_text
from lava_ahp.netx._pool import read_pool, write_pool
from lava_ahp.netx._weights import compact_delays, read_delays

#: Columns of the table of connections, and their types.
_COLUMNS = {
    "source": np.int32,
    "target": np.int32,
    "weights": np.int32,
    "first": np.int32,
    "exponent": np.uint8,
    "delay": np.int32,
}


def write_shared(group: h5py.Group, network: Network) -> None:
    """Fill the group ``graph``."""
    put_text(group, "output", network.output)
    neurons = {id(p.neuron): p.neuron for p in network if p.neuron is not None}
    numbers = {key: k for k, key in enumerate(neurons)}
    table = group.create_group("populations")
    put_json(table, "names", {"names": [p.name for p in network.populations]})
    put(table, "size", np.array([p.size for p in network.populations], np.int32))
    used = [numbers.get(id(p.neuron), -1) for p in network.populations]
    put(table, "neuron", np.array(used, np.int32))
    for k, neuron in enumerate(neurons.values()):
        write_parameters(group.create_group(f"neurons/{k}"), neuron)
    write_pool(group.create_group("weights"), network.weights)
    _write_connections(group.create_group("connections"), network)


def _write_connections(group: h5py.Group, network: Network) -> None:
    place = {p.name: k for k, p in enumerate(network.populations)}
    number = {id(w): k for k, w in enumerate(network.weights)}
    rows, differing = [], []
    for c in network.connections:
        delays = compact_delays(c)
        if delays.ndim:
            differing.append(delays)
        delay = -len(differing) if delays.ndim else int(delays)
        rows.append((place[c.source], place[c.target], number[id(c.weights.base)], c.weights.first, c.exponent, delay))
    for (key, dtype), column in zip(_COLUMNS.items(), zip(*rows, strict=True), strict=True):
        put(group, key, np.array(column, dtype))
    group.create_group("delays")
    for k, delays in enumerate(differing):
        put(group.create_group(f"delays/{k}"), "delay", delays)


def read_shared(section: Section) -> tuple[list[Population], list[Connection], str]:
    """Read populations, connections, and the name of the output.  What shares an array in the file shares it again."""
    section.check_keys(["output", "populations", "neurons", "weights", "connections"])
    populations = _read_populations(section.section("populations"), section.section("neurons"))
    table = section.section("connections")
    table.check_keys([*_COLUMNS, "delays"])
    weights = read_pool(section.section("weights"))
    rows = _read_table(table, len(populations), len(weights))
    unused = set(range(len(weights))) - set(rows["weights"].tolist())
    if unused:
        raise table.error("weights", f"no connection with weights {min(unused)}", "weights that are used")
    delays = table.section("delays").numbered()
    _check_table(table, rows, np.array([p.size for p in populations]))
    connections = []
    for source, target, number, first, exponent, delay in zip(*(rows[k].tolist() for k in _COLUMNS), strict=True):
        from_, to = populations[source], populations[target]
        placed = table.build(weights[number].within, from_.size, first)
        if delay < 0 and -delay > len(delays):
            raise table.error("delay", delay, f"-{len(delays)}..{fx.DELAY_MAX - 1}")
        steps = delay + fx.DELAY_MIN if delay >= 0 else read_delays(delays[-delay - 1], "delay", placed)
        connections.append(table.build(Connection, from_.name, to.name, placed, exponent=exponent, delay=steps))
    return populations, connections, section.text("output")


def _check_table(table: Section, rows: dict[str, npt.NDArray[np.int64]], sizes: npt.NDArray[np.int64]) -> None:
    """Refuse what would take time or memory out of proportion to the file, before building it."""
    reached = int(sizes[rows["target"]].sum())
    if reached > layout.MAX_TABLE_TARGETS:
        raise table.error("target", f"{reached} targets of all connections", f"up to {layout.MAX_TABLE_TARGETS}")
    # Weights that lie within a larger source take offsets of their own.
    placed = np.unique(np.stack([rows["weights"], rows["first"], sizes[rows["source"]]]), axis=1)
    table.spend("first", 8 * int(placed[2].sum()))


def _read_populations(table: Section, arrays: Section) -> list[Population]:
    table.check_keys(["names", "size", "neuron"])
    names = table.json("names").get("names")
    if not isinstance(names, list) or not names or len({str(n) for n in names}) < len(names):
        raise table.error("names", "no list of different names", '{"names": [...]}')
    if len(names) > layout.MAX_ROWS:
        raise table.error("names", f"{len(names)} populations", f"up to {layout.MAX_ROWS}")
    sizes = table.integers("size", 1, layout.MAX_TOTAL_NEURONS, [(len(names),)])
    if sizes.sum() > layout.MAX_TOTAL_NEURONS:
        raise table.error("size", f"{sizes.sum()} neurons", f"up to {layout.MAX_TOTAL_NEURONS} in all")
    members = arrays.numbered()
    numbers = table.integers("neuron", -1, len(members) - 1, [(len(names),)])
    size_of = dict(zip(numbers[::-1].tolist(), sizes[::-1].tolist(), strict=True))
    neurons: list[Neuron] = []
    for k, member in enumerate(members):
        if k not in size_of:
            raise member.error("", "parameters of no population", "parameters that are used")
        neurons.append(read_parameters(member, member.check_keys(["neuron"], ["stateBias"]), size_of[k]))
    return [
        table.build(Population, name, size, None if number < 0 else neurons[number])
        for name, size, number in zip(names, sizes.tolist(), numbers.tolist(), strict=True)
    ]


def _read_table(table: Section, populations: int, arrays: int) -> dict[str, npt.NDArray[np.int64]]:
    """The columns of the table of connections, all references checked."""
    ranges: dict[str, tuple[int, int]] = {
        "source": (0, populations - 1),
        "target": (0, populations - 1),
        "weights": (0, arrays - 1),
        "first": (0, layout.MAX_TOTAL_NEURONS),
        "exponent": (0, fx.CONNECTION_EXPONENT_MAX),
        "delay": (-layout.MAX_MEMBERS, fx.DELAY_MAX - 1),
    }
    rows: dict[str, Any] = {}
    shapes = None
    for key in _COLUMNS:
        rows[key] = table.integers(key, *ranges[key], shapes)
        if rows[key].ndim != 1 or len(rows[key]) > layout.MAX_ROWS:
            raise table.error(key, f"shape {rows[key].shape}", f"(connection,), up to {layout.MAX_ROWS}")
        shapes = [rows[key].shape]
    return rows
