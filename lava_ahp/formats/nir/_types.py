"""What a NIR node is to us: a neuron, a linear map, a virtual node, or refused by name and type."""

from __future__ import annotations

from typing import Any

from lava_ahp.errors import BackendUnavailable, DataError, brief

#: Neurons that spike, and neurons whose voltage is their output.
SPIKING = ("LIF", "CubaLIF", "IF")
GRADED = ("LI", "CubaLI", "I")
LINEAR = ("Linear", "Affine", "Scale", "Flatten", "Delay")
VIRTUAL = ("Input", "Output", "NIRGraph")
SUPPORTED = (*SPIKING, *GRADED, *LINEAR, *VIRTUAL)

#: Nodes of a file, those of nested graphs included, and edges of one graph.
MAX_NODES, MAX_EDGES = 4096, 16384
#: Levels of graphs within one another.
MAX_DEPTH = 16

_REASONS = {
    **dict.fromkeys(("Conv1d", "Conv2d"), "convolutions are not supported; unroll them into Linear nodes"),
    **dict.fromkeys(("SumPool2d", "AvgPool2d"), "pooling is not supported; write it as a Linear node"),
    "Threshold": "a threshold without a neuron is not supported; use IF",
}


def library() -> Any:
    """The package ``nir``.

    Raises:
        BackendUnavailable: it is not installed.
    """
    try:
        import nir
    except ImportError as error:
        raise BackendUnavailable(f"NIR: {error}; install it with pip install 'lava-ahp[nir]'") from None
    return nir


def kind(node: Any) -> str:
    """The type of a node, by the name that NIR gives it."""
    return type(node).__name__


def check_kind(name: str, found: str) -> None:
    """Check that a type of node is supported.

    Raises:
        DataError: it is not; the text names the node, its type and what is allowed.
    """
    if found not in SUPPORTED:
        why = _REASONS.get(found, f"allowed {', '.join(SUPPORTED)}")
        raise DataError(f"NIR node {brief(name)}: found {brief(found)}; {why}")
