"""A NIR file as the graph that the package ``nir`` would read, with every size checked before memory is taken.

``nir.read`` itself trusts a file: it follows links, and takes whatever memory the file declares.
"""

from __future__ import annotations

import os
from typing import Any

import h5py

from lava_ahp.errors import DataError, NetFormatError, brief
from lava_ahp.files.parsing import check_file, parsing
from lava_ahp.formats.nir._types import MAX_DEPTH, MAX_EDGES, MAX_NODES, check_kind, library
from lava_ahp.netx.checked import MAX_EXPANSION, MAX_FILE_BYTES, MAX_MEMORY_BYTES, Budget, Section, reading

#: Major versions of NIR whose files are read.
_VERSIONS = ("0", "1")


def read_graph(path: str | os.PathLike[str]) -> Any:
    """Read a NIR file.

    Args:
        path: the file.

    Returns:
        A ``nir.NIRGraph``.  Types of edges are not inferred.

    Raises:
        BackendUnavailable: the package ``nir`` is missing.
        NetFormatError: a file that is missing or damaged, or not NIR.
        DataError: a node that is not supported, or more nodes than are allowed.
    """
    nir = library()
    name = os.fspath(path)
    size = check_file(path, MAX_FILE_BYTES, NetFormatError)
    with parsing(name, "not a NIR file", "export the network as NIR", NetFormatError):
        file = h5py.File(path, "r")
    try:
        root = Section(name, file, Budget(min(MAX_MEMORY_BYTES, MAX_EXPANSION * size)))
        values = _Walk(nir).node(_root(root), "")
    finally:
        with reading(name):
            file.close()
    with parsing(name, "not a valid NIR graph", "export it again", NetFormatError):
        return nir.dict2NIRNode(values)


def _root(root: Section) -> Section:
    if "node" not in root or not root.is_group("node") or "type" not in (node := root.section("node")):
        hint = "; lava-ahp reads a NetX file as it is" if "layer" in root or "lava_ahp" in root else ""
        raise NetFormatError(f"{root.file}: found no NIR graph, /node/type{hint}")
    if (found := node.text("type")) != "NIRGraph":
        raise node.error("type", found, "NIRGraph")
    if "version" in root:
        version = root.text("version")
        if version.partition(".")[0] not in _VERSIONS:
            raise root.error("version", version, f"NIR {' or '.join(_VERSIONS)}; update lava-ahp")
    return node


class _Walk:
    """One pass over the groups of a file."""

    def __init__(self, nir: Any) -> None:
        self.nir, self.seen, self.nodes = nir, set[tuple[int, int]](), 0

    def node(self, section: Section, name: str, depth: int = 0) -> dict[str, Any]:
        """What ``nir.dict2NIRNode`` takes."""
        self._enter(section, depth)
        found = section.text("type")
        check_kind(name, found)
        if found == "NIRGraph":
            return self._graph(section, name, depth)
        values = {key: self._value(section, key, depth) for key in sorted(section.names())}
        return {key: value for key, value in values.items() if value is not None}

    def _graph(self, section: Section, name: str, depth: int) -> dict[str, Any]:
        section.check_keys(["type", "nodes", "edges"], ["metadata", "input_type", "output_type"])
        inner = section.section("nodes")
        self._enter(inner, depth)
        names = sorted(inner.names())
        self.nodes += len(names)
        if self.nodes > MAX_NODES:
            raise DataError(f"{inner.where()}: found {self.nodes} nodes in all, allowed {MAX_NODES}")
        edges = section.texts("edges", 2)
        if len(edges) > MAX_EDGES:
            raise section.error("edges", f"{len(edges)} edges", f"up to {MAX_EDGES}")
        dot = f"{name}." if name else ""
        return {
            "type": "NIRGraph",
            "nodes": {key: self.node(inner.section(key), dot + key, depth + 1) for key in names},
            "edges": [(a, b) for a, b in edges],
            "metadata": self._value(section, "metadata", depth) if "metadata" in section else {},
            "type_check": False,
        }

    def _value(self, section: Section, key: str, depth: int) -> Any:
        if section.is_group(key):
            group = section.section(key)
            self._enter(group, depth + 1)
            return {k: self._value(group, k, depth + 1) for k in sorted(group.names())}
        if section.is_null(key):
            return None
        return section.text(key) if section.is_text(key) else section.numbers(key)

    def _enter(self, section: Section, depth: int) -> None:
        """Refuse groups that contain themselves, which hard links allow, or that are linked twice."""
        with reading(section.where()):
            info = h5py.h5o.get_info(section.group.id)
        if (place := (info.fileno, info.addr)) in self.seen:
            raise NetFormatError(f"{section.where()}: found a group that occurs twice, allowed once; export it again")
        self.seen.add(place)
        if depth > MAX_DEPTH:
            raise NetFormatError(f"{brief(section.file)}: graphs nested more than {MAX_DEPTH} levels deep")
