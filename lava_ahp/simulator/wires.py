"""The synapses between two populations as rows of weights, once for all pairs of populations that have the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Connection, Network
from lava_ahp.network import fixedpoint as fx

#: Every population starts at a multiple of this many neurons, so that rows of weights fill whole SIMD vectors.
LANES = 16
#: A row of weights is stored dense if at least one in this many of its entries is a synapse.
DENSE_ONE_IN = 8
#: Upper bound of the bytes per synapse, including temporary arrays during compilation.
BYTES_PER_SYNAPSE = 16 * DENSE_ONE_IN
#: Upper bound of the bytes per bundle, including temporary arrays during compilation.
BYTES_PER_BUNDLE = 160

Int64 = npt.NDArray[np.int64]
#: What a block depends on; equal keys of one network mean equal blocks.
Key = tuple[Any, ...]


class Wire(NamedTuple):
    """All connections from one population to another.

    Attributes:
        source: name of the population that spikes.
        target: name of the population that receives.
        first: the neuron of the source that is number 0 in the block.
        connections: the connections.
        exponents: input exponent of the target's neurons, one for all or one per neuron.
        key: of its block.
    """

    source: str
    target: str
    first: int
    connections: tuple[Connection, ...]
    exponents: Int64
    key: Key


class Block(NamedTuple):
    """The bundles of a wire, with sources and targets counted from the first of each, ordered by source.

    Attributes:
        source: ``int64 (bundle,)``.
        delay: ``int64 (bundle,)``.
        dense: whether the bundle is dense, ``bool (bundle,)``.
        target: first target of a dense bundle; 0 for a sparse one, ``int64 (bundle,)``.
        begin: its first entry in the dense or in the sparse arrays, ``int64 (bundle,)``.
        size: number of its entries in those arrays, ``int64 (bundle,)``.
        dense_weights: in units of ``u``, ``int32``; 0 where there is no synapse.
        dense_synapse: 1 where there is a synapse, else 0, ``uint8``.
        sparse_targets: ``int64 (synapse,)``.
        sparse_weights: in units of ``u``, ``int32 (synapse,)``.
    """

    source: Int64
    delay: Int64
    dense: npt.NDArray[np.bool_]
    target: Int64
    begin: Int64
    size: Int64
    dense_weights: npt.NDArray[np.int32]
    dense_synapse: npt.NDArray[np.uint8]
    sparse_targets: Int64
    sparse_weights: npt.NDArray[np.int32]


def wires(network: Network) -> list[Wire]:
    """The wires of a network that have synapses."""
    between: dict[tuple[str, str], list[Connection]] = {}
    for c in network.connections:
        if c.synapses:
            between.setdefault((c.source, c.target), []).append(c)
    found = []
    for (source, target), connections in between.items():
        neuron = network[target].neuron
        exponents = np.asarray(0 if neuron is None else neuron.input_exponent, dtype=np.int64)
        # Weights that lie in a part of the source are the same block wherever they lie.
        alone = len(connections) == 1
        key = (
            (exponents.shape, exponents.tobytes()),
            *(
                (id(c.weights.base if alone else c.weights), c.exponent, c.delay or c.delays.tobytes())
                for c in connections
            ),
        )
        first = connections[0].weights.first if alone else 0
        found.append(Wire(source, target, first, tuple(connections), exponents, key))
    return found


def compiled_bytes(network: Network) -> int:
    """Upper bound of the memory that the compiled synapses take, including temporary arrays."""
    connected = wires(network)
    distinct = {w.key: sum(c.synapses for c in w.connections) for w in connected}
    bundles = sum(
        c.synapses if c.delay is None else int(np.count_nonzero(c.weights.fan_out))
        for w in connected
        for c in w.connections
    )
    return BYTES_PER_SYNAPSE * sum(distinct.values()) + BYTES_PER_BUNDLE * bundles


def blocks(connected: Sequence[Wire]) -> dict[Key, Block]:
    """The distinct blocks of all wires."""
    return {key: _block(wire) for key, wire in {wire.key: wire for wire in connected}.items()}


def _block(wire: Wire) -> Block:
    """Compile a wire.  Synapses with the same source, target and delay are merged first."""
    sources, targets, delays, weights = _synapses(wire)
    first = np.flatnonzero(_changes(sources, delays))
    ends = np.append(first, len(targets))[1:]
    counts = ends - first

    base = targets[first] // LANES * LANES
    span = -(-(targets[ends - 1] + 1 - base) // LANES) * LANES
    # A single synapse is cheaper in a list than in a row of LANES.
    dense = (counts * DENSE_ONE_IN >= span) & (counts > 1)

    size = np.where(dense, span, counts)
    begin = np.where(dense, np.cumsum(size * dense) - size, np.cumsum(size * ~dense) - size)
    bundle = np.repeat(np.arange(len(first)), counts)
    in_dense = dense[bundle]
    row_place = (begin[bundle] + targets - base[bundle])[in_dense]
    dense_weights = np.zeros(int(size[dense].sum()), np.int32)
    dense_synapse = np.zeros(len(dense_weights), np.uint8)
    dense_weights[row_place] = weights[in_dense]
    dense_synapse[row_place] = 1
    return Block(
        source=sources[first],
        delay=delays[first],
        dense=dense,
        target=np.where(dense, base, 0),
        begin=begin,
        size=size,
        dense_weights=dense_weights,
        dense_synapse=dense_synapse,
        sparse_targets=targets[~in_dense],
        sparse_weights=weights[~in_dense].astype(np.int32),
    )


def _synapses(wire: Wire) -> tuple[Int64, Int64, Int64, Int64]:
    """``sources, targets, delays, weights`` in the kernel's units, sorted.

    The weights of synapses with the same source, target and delay are added up.
    """
    sources = np.concatenate([c.sources.astype(np.int64) for c in wire.connections]) - wire.first
    targets = np.concatenate([c.targets.astype(np.int64) for c in wire.connections])
    delays = np.concatenate([c.delays.astype(np.int64) for c in wire.connections])
    weights = np.concatenate([c.values.astype(np.int64) << c.exponent for c in wire.connections])
    exponents = wire.exponents[targets] if wire.exponents.ndim else wire.exponents
    weights <<= fx.STATE_SHIFT + exponents
    order = np.lexsort((targets, delays, sources))
    sources, targets, delays, weights = (x[order] for x in (sources, targets, delays, weights))
    first = np.flatnonzero(_changes(sources, delays, targets))
    return sources[first], targets[first], delays[first], np.add.reduceat(weights, first)


def _changes(*columns: Int64) -> npt.NDArray[np.bool_]:
    """Whether each row differs from the previous row; true for the first row."""
    changed = np.ones(len(columns[0]), dtype=bool)
    changed[1:] = np.any([c[1:] != c[:-1] for c in columns], axis=0)
    return changed
