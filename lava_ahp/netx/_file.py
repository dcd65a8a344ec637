"""Whole files: written atomically, read section by section."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import h5py

from lava_ahp.errors import NetFormatError, SpecError
from lava_ahp.files import write_bytes
from lava_ahp.network import Connection, Golden, Network, Population
from lava_ahp.netx import _layout as layout
from lava_ahp.netx._chain import Chain, fill_layer, layers_of, read_layers, write_input
from lava_ahp.netx._golden import read_golden_group, write_golden
from lava_ahp.netx._golden_v1 import read_golden_v1
from lava_ahp.netx._graph import read_graph, write_graph
from lava_ahp.netx._hdf5 import Budget, Section, put, put_json
from lava_ahp.netx._open import opened
from lava_ahp.netx._shared import read_shared, write_shared


def write(network: Network, path: str | os.PathLike[str], *, golden: Golden | None = None) -> None:
    """Write a network, and golden samples if there are any.

    The file is built in memory, read back, compared with the network, and written atomically: HDF5 cannot be trusted
    with a full disk.  An existing file stays until then.  The same network gives the same bytes.

    Args:
        network: what to write.
        path: the file, by convention ``.net``.
        golden: rasters of every population but the input, and the readout of every step.  States are written as
            their checksums.

    Raises:
        SpecError: golden samples of another network, or more than a file may hold.
        NetFormatError: the file cannot be written there.
    """
    with h5py.File(os.fspath(path), "w", driver="core", backing_store=False) as file:
        _fill(file, network, golden)
        file.flush()
        content = file.id.get_file_image()
    with h5py.File(io.BytesIO(content), "r") as file:
        root = _root(file, os.fspath(path), len(content))
        found = _network(root)
        if found != network:
            raise NetFormatError(f"{path}: the file read back differs from the network; please report this")
        if golden is not None:
            _golden(root, found)
    try:
        write_bytes(Path(path), content)
    except OSError as error:
        raise NetFormatError(f"{path}: cannot be written ({error.strerror}); an existing file is unchanged") from None


def _fill(file: h5py.File, network: Network, golden: Golden | None) -> None:
    group = file.create_group(layout.GROUP)
    shared = network.shares_weights
    lowest = layout.NETWORK_VERSION if golden is None else layout.CHECKSUM_VERSION
    put(group, "version", layout.SHARED_VERSION if shared else lowest)
    put_json(group, "task", network.task)
    put_json(group, "provenance", network.provenance)
    # lava-dl's layout holds the weights of every layer anew.
    layers = None if shared else layers_of(network)
    if shared:
        write_shared(group.create_group("graph"), network)
    elif layers is None:
        write_graph(group.create_group("graph"), network)
    else:
        write_input(file.create_group(f"{layout.LAYER}/0"), network.input.size)
        for k, layer in enumerate(layers, start=1):
            fill_layer(file.create_group(f"{layout.LAYER}/{k}"), layer)
        put_json(group, "chain", {
            "layers": [network.input.name, *(layer.population.name for layer in layers)],
            "populations": [p.name for p in network.populations],
            "connections": [[c.source, c.target] for c in network.connections],
            "output": network.output,
        })  # fmt: skip
    if golden is not None:
        write_golden(group.create_group("golden"), network, golden)


def read(path: str | os.PathLike[str]) -> Network:
    """Read a network written by lava-ahp or exported by lava-dl.

    In an export of lava-dl, populations are named ``input``, ``layer1``, ``layer2``, ...  If a value is read as
    another one (docs/file-format.md has the one case), ``provenance["read_as"]`` says so.

    Args:
        path: the file.

    Raises:
        NetFormatError: the file is missing, damaged, newer than this package, or not a supported network; the text
            names file, path in the file, what was found and what is allowed.
    """
    with opened(path, os.fspath(path)) as root:
        return _network(root)


def as_network(network: Network | str | os.PathLike[str]) -> Network:
    """A network given as such, or read from the file at a path.

    Raises:
        NetFormatError: as :func:`read`.
        SpecError: neither a network nor a path.
    """
    if isinstance(network, Network):
        return network
    if isinstance(network, (str, os.PathLike)):
        return read(network)
    raise SpecError(f"network: found {type(network).__name__}, allowed a Network or the path of a network file")


def layer_count(path: str | os.PathLike[str]) -> int:
    """Number of layers ``/layer/0``, ``/layer/1``, ... of a file; 0 for a graph.

    Input and flatten layers count, as in NetX.  A final ``average`` is a readout and does not count.

    Raises:
        NetFormatError: as :func:`read`.
    """
    with opened(path, os.fspath(path)) as root:
        if layout.LAYER not in root:
            return 0
        return sum(layer.text("type") != "average" for layer in root.section(layout.LAYER).numbered())


def read_golden(path: str | os.PathLike[str], network: Network | None = None) -> Golden | None:
    """The golden samples of a file, or None where it has none.

    Args:
        path: the file.
        network: the network in this file, where it has been read already; None reads it.

    Returns:
        Golden samples.  Their trace has the readout of every step, and rasters and counts of every population.

    Raises:
        NetFormatError: as :func:`read`.
    """
    with opened(path, os.fspath(path)) as root:
        return _golden(root, _network(root) if network is None else network)


def _golden(root: Section, network: Network) -> Golden | None:
    _check_version(root)
    if layout.GROUP not in root.check_keys([], _ROOT_KEYS):
        return None
    section = root.section(layout.GROUP)
    if "golden" not in section.check_keys([], _GROUP_KEYS):
        return None
    older = section.integer("version", 1, layout.VERSION) < layout.CHECKSUM_VERSION
    return (read_golden_v1 if older else read_golden_group)(section.section("golden"), network)


_ROOT_KEYS = (layout.LAYER, layout.GROUP, *layout.IGNORED_ROOT_KEYS)
_GROUP_KEYS = ("version", "task", "provenance", "chain", "graph", "golden")


def _root(file: h5py.File, name: str, size: int) -> Section:
    return Section(name, file, Budget(min(layout.MAX_MEMORY_BYTES, layout.MAX_EXPANSION * size)))


def _network(root: Section) -> Network:
    _check_version(root)
    keys = root.check_keys([], _ROOT_KEYS)
    if layout.GROUP not in keys:
        if layout.LAYER not in keys:
            raise root.error("", "neither /layer nor /lava_ahp", "a NetX network")
        names, populations, connections, chain_read = _chain(root, None)
        provenance = {"read_as": chain_read.notes} if chain_read.notes else {}
        return root.build(
            Network, tuple(populations), tuple(connections), names[-1], chain_read.task, provenance=provenance
        )
    section = root.section(layout.GROUP)
    body = "graph" if layout.LAYER not in keys else "chain"
    section.check_keys(["version", "task", "provenance", body], ["golden"])
    provenance = section.json("provenance")
    if body == "graph":
        shared = section.integer("version", 1, layout.VERSION) >= layout.SHARED_VERSION
        populations, connections, output = (read_shared if shared else read_graph)(section.section("graph"))
    else:
        chain = section.json("chain")
        _, populations, connections, chain_read = _chain(root, _names(section, chain))
        populations, connections = _reorder(section, chain, populations, connections)
        output = chain["output"]
        provenance |= {"read_as": chain_read.notes} if chain_read.notes else {}
    return section.build(Network, tuple(populations), tuple(connections), output, section.json("task"), provenance)


def _check_version(root: Section) -> None:
    """Checked first, since a newer file may hold anything."""
    if layout.GROUP not in root:
        return
    section = root.section(layout.GROUP)
    version = section.integer("version", 1, 2**31)
    if version > layout.VERSION:
        raise NetFormatError(
            f"{section.where('version')}: found {version}, this lava-ahp reads up to {layout.VERSION}; "
            "update lava-ahp, or export the network with this version"
        )


def _chain(root: Section, names: list[str] | None) -> tuple[list[str], list[Population], list[Connection], Chain]:
    section = root.section(layout.LAYER)
    chain = read_layers(section, stock=names is None)
    size, layers = chain.size, chain.layers
    names = names or ["input", *(f"layer{k}" for k in range(1, len(layers) + 1))]
    if len(names) != 1 + len(layers):
        raise section.error("", f"{len(layers)} dense layers", f"{len(names) - 1}, one per name in /lava_ahp/chain")
    populations = [section.build(Population, names[0], size)]
    connections = []
    for before, name, layer in zip(names, names[1:], layers, strict=False):
        populations.append(section.build(Population, name, layer["size"], layer["neuron"]))
        connections.append(section.build(Connection, before, name, layer["weight"], delay=layer["delay"]))
        if "weight_rec" in layer:
            connections.append(section.build(Connection, name, name, layer["weight_rec"]))
    return names, populations, connections, chain


def _names(section: Section, chain: dict[str, Any]) -> list[str]:
    if set(chain) != {"layers", "populations", "connections", "output"}:
        raise section.error("chain", f"keys {sorted(chain)}", "layers, populations, connections, output")
    names = chain["layers"]
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names) or len(set(names)) != len(names):
        raise section.error("chain", f"layers {names}", "a list of different names")
    return names


def _reorder(
    section: Section, chain: dict[str, Any], populations: list[Population], connections: list[Connection]
) -> tuple[list[Population], list[Connection]]:
    """Populations and connections in the order in which the network had them."""
    by_name = {p.name: p for p in populations}
    by_ends = {(c.source, c.target): c for c in connections}
    try:
        names = [str(n) for n in chain["populations"]]
        ends = [(str(s), str(t)) for s, t in chain["connections"]]
    except (TypeError, ValueError):
        raise section.error("chain", "an order that is not a list of names", "lists of names") from None
    for found, allowed in ((names, by_name), (ends, by_ends)):
        if len(found) != len(allowed) or set(found) != set(allowed):
            raise section.error("chain", str(found), f"each of {list(allowed)} once")
    return [by_name[n] for n in names], [by_ends[e] for e in ends]
