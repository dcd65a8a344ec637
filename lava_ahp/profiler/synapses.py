"""What the synapses of some adjacent neurons take: memory in the smaller of two formats, and source neurons."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Connection, Network
from lava_ahp.profiler.hardware import Storage

#: A dense list has a place for every neuron of the slice; a sparse one a place and an index for every synapse.
DENSE, SPARSE = "dense", "sparse"


@dataclass(frozen=True, eq=False)
class _Lists:
    """One connection, ordered by target."""

    position: int
    source: str
    indptr: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int32]
    entry_bits: int
    index_bits: int
    halves: int

    def bits(self, start: int, stop: int) -> dict[str, int]:
        """Memory of the synapses onto ``start`` up to ``stop``, in either format."""
        synapses = int(self.indptr[stop] - self.indptr[start])
        return {
            DENSE: len(self._distinct(start, stop)) * self.halves * (stop - start) * self.entry_bits,
            SPARSE: synapses * (self.entry_bits + self.index_bits),
        }

    def _distinct(self, start: int, stop: int) -> npt.NDArray[np.int32]:
        return np.unique(self.sources[self.indptr[start] : self.indptr[stop]])


@dataclass(frozen=True, eq=False)
class Fan:
    """Everything that comes into one population."""

    lists: tuple[_Lists, ...]

    def formats(self, start: int, stop: int) -> dict[int, str]:
        """By position of the connection, the format that takes less; dense where they are equal."""
        return {x.position: min((DENSE, SPARSE), key=x.bits(start, stop).__getitem__) for x in self.lists}

    def cost(self, start: int, stop: int) -> tuple[int, int]:
        """Bits of memory, and source neurons, of the neurons ``start`` up to ``stop``."""
        bits = sum(min(x.bits(start, stop).values()) for x in self.lists)
        axons = 0
        for name in {x.source for x in self.lists}:
            distinct = [x._distinct(start, stop) for x in self.lists if x.source == name]
            axons += len(np.unique(np.concatenate(distinct)))
        return bits, axons


def fans(network: Network, storage: Storage) -> dict[str, Fan]:
    """By population but the input, what comes into it.

    An entry holds weight and, where a connection has delays other than one step, as many bits as the longest needs.
    Odd weights of both signs take two dense lists, one for each sign.
    """
    found: dict[str, list[_Lists]] = {p.name: [] for p in network}
    for position, connection in enumerate(network.connections):
        found[connection.target].append(_by_target(position, connection, storage))
    return {name: Fan(tuple(lists)) for name, lists in found.items()}


def _by_target(position: int, connection: Connection, storage: Storage) -> _Lists:
    order = np.argsort(connection.targets, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(connection.targets, minlength=connection.shape[0]))])
    longest = int(connection.delays.max()) if connection.synapses else 1
    return _Lists(
        position=position,
        source=connection.source,
        indptr=indptr.astype(np.int64),
        sources=connection.sources[order],
        entry_bits=storage.weight.whole + math.ceil(math.log2(longest)),
        index_bits=storage.target_index.whole,
        halves=2 if connection.needs_sign_split else 1,
    )
