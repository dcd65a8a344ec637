"""What NIR cannot say, in the metadata of a graph: our whole network file, and what it belongs to.

Programs that change a graph keep its metadata.  So the digest of the graph stands beside the file: where it no longer
fits, the floats count and the integers do not.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lava_ahp.formats.nir._types import kind

VERSION = 1
_VERSION, _FILE, _DIGEST, _DT, _LATER = (
    f"lava_ahp_{key}" for key in ("version", "network_file", "graph_sha256", "dt", "steps_later")
)


@dataclass(frozen=True)
class Embedded:
    """What a graph of ours carries.

    Attributes:
        content: the network file, byte for byte; None where it cannot be used.
        dt: one time step, in seconds; None where it is not known.
        note: why the content cannot be used.
    """

    content: bytes | None = None
    dt: float | None = None
    note: str | None = None


def embed(graph: Any, content: bytes, dt: float, later: dict[str, int]) -> None:
    """Put a network file into the metadata of a graph."""
    graph.metadata |= {
        _VERSION: VERSION,
        _DT: dt,
        _LATER: dict(later),
        _FILE: np.frombuffer(content, dtype=np.uint8),
        _DIGEST: digest(graph),
    }


def embedded(graph: Any) -> Embedded:
    """What the metadata of a graph hold."""
    found = graph.metadata if isinstance(graph.metadata, dict) else {}
    if _VERSION not in found:
        return Embedded()
    dt = _number(found.get(_DT))
    dt = dt if dt is not None and math.isfinite(dt) and dt > 0 else None
    version, content = _number(found[_VERSION]), found.get(_FILE)
    if version != VERSION:
        return Embedded(None, dt, f"its integers are of version {version}, this lava-ahp reads {VERSION}")
    if not isinstance(content, np.ndarray) or content.dtype != np.uint8 or content.ndim != 1:
        return Embedded(None, dt, "its integers are missing")
    if found.get(_DIGEST) != digest(graph):
        return Embedded(None, dt, "it was changed since lava-ahp wrote it, so that its integers no longer count")
    return Embedded(content.tobytes(), dt)


def _number(value: Any) -> float | None:
    array = np.asarray(value)
    return float(array) if array.dtype.kind in "iuf" and array.size == 1 else None


def digest(graph: Any) -> str:
    """SHA-256 over nodes, parameters and edges of a graph."""
    found = hashlib.sha256()

    def add(text: str) -> None:
        found.update(f"{len(text)}:{text};".encode("utf-8", "surrogatepass"))

    def walk(part: Any) -> None:
        for name, node in sorted(part.nodes.items()):
            add(name)
            add(kind(node))
            if kind(node) == "NIRGraph":
                walk(node)
                continue
            for key, value in sorted(node.to_dict().items()):
                if key not in ("metadata", "type"):
                    array = np.asarray(value)
                    numeric = array.dtype.kind in "biuf"
                    add(f"{key}{array.shape}{array.dtype.kind if numeric else array}")
                    found.update(np.ascontiguousarray(array, dtype="<f8").tobytes() if numeric else b"")
        for edge in sorted(part.edges):
            for end in edge:
                add(end)

    walk(graph)
    return found.hexdigest()
