"""A NIR graph without nested graphs: their nodes get names with dots, their inputs and outputs pass on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lava_ahp.errors import DataError, brief
from lava_ahp.formats.nir._types import MAX_DEPTH, MAX_EDGES, MAX_NODES, check_kind, kind


@dataclass(frozen=True)
class Flat:
    """A graph of neurons and linear maps.

    Attributes:
        nodes: NIR nodes by name; ``outer.inner`` for those of a nested graph.
        before: names of the nodes with an edge to a node.
        after: names of the nodes to which a node has an edge.
        input: name of the one input of the whole.
        output: name of the one output of the whole.
    """

    nodes: dict[str, Any]
    before: dict[str, list[str]]
    after: dict[str, list[str]]
    input: str
    output: str


def flatten(graph: Any) -> Flat:
    """Flatten a ``nir.NIRGraph``.

    Raises:
        DataError: a node that is not supported, an edge to no node, more or fewer than one input or output, a graph
            that contains itself, or more nodes than are allowed.
    """
    nodes: dict[str, Any] = {}
    edges: set[tuple[str, str]] = set()
    ends = _expand(graph, "", (), nodes, edges)
    before: dict[str, list[str]] = {name: [] for name in nodes}
    after: dict[str, list[str]] = {name: [] for name in nodes}
    # A set has no order of its own; results must not depend on it.
    for source, target in sorted(edges):
        before[target].append(source)
        after[source].append(target)
    return Flat(nodes, before, after, _one(ends[0], "inputs", ""), _one(ends[1], "outputs", ""))


def _expand(
    graph: Any, prefix: str, above: tuple[int, ...], nodes: dict[str, Any], edges: set[tuple[str, str]]
) -> tuple[list[str], list[str]]:
    """Add the nodes and edges of a graph; names of its inputs and outputs."""
    if id(graph) in above or len(above) > MAX_DEPTH:
        where = f"NIR graph {brief(prefix.rstrip('.'))}" if prefix else "NIR graph"
        raise DataError(f"{where}: contains itself, or graphs nested more than {MAX_DEPTH} levels deep")
    entries, exits = {}, {}
    inputs, outputs = [], []
    for key, node in graph.nodes.items():
        name = f"{prefix}{key}"
        check_kind(name, found := kind(node))
        if name in nodes:
            raise DataError(f"NIR node {brief(name)}: the name occurs twice; rename one of the nodes")
        if found == "NIRGraph":
            inner = _expand(node, f"{name}.", (*above, id(graph)), nodes, edges)
            entries[key], exits[key] = inner
            continue
        nodes[name] = node
        entries[key] = exits[key] = [name]
        if found == "Input":
            inputs.append(name)
        elif found == "Output":
            outputs.append(name)
    if len(nodes) > MAX_NODES or len(edges) + len(graph.edges) > MAX_EDGES:
        raise DataError(
            f"NIR graph: found {len(nodes)} nodes and {len(edges) + len(graph.edges)} edges, "
            f"allowed {MAX_NODES} and {MAX_EDGES}"
        )
    for source, target in graph.edges:
        for end in (source, target):
            if end not in entries:
                raise DataError(f"NIR edge {brief(str((source, target)))}: no node {brief(str(end))}")
        edges.add((_one(exits[source], "outputs", prefix + source), _one(entries[target], "inputs", prefix + target)))
    return inputs, outputs


def _one(names: list[str], what: str, graph: str) -> str:
    if len(names) != 1:
        where = f"NIR graph {brief(graph)}" if graph else "NIR graph"
        raise DataError(f"{where}: found {what} {brief(', '.join(names) or 'none')}, allowed exactly one")
    return names[0]
