"""Memory and source neurons of the synapses onto adjacent neurons; memory is in the smaller of two formats."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Connection, Network
from lava_ahp.profiler.hardware import Storage

#: A dense list has an entry for every neuron of the slice; a sparse list has an entry and an index for every synapse.
DENSE, SPARSE = "dense", "sparse"


@dataclass(frozen=True, eq=False)
class _Lists:
    """The synapses of one connection, ordered by target."""

    position: int
    source: str
    indptr: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int32]
    entry_bits: int
    index_bits: int
    signs: int

    def bits(self, start: int, stop: int) -> dict[str, int]:
        """Bits of memory in each format for the synapses onto neurons ``start`` to ``stop``, exclusive."""
        synapses = int(self.indptr[stop] - self.indptr[start])
        return {
            DENSE: len(self._distinct(start, stop)) * self.signs * (stop - start) * self.entry_bits,
            SPARSE: synapses * (self.entry_bits + self.index_bits),
        }

    def _distinct(self, start: int, stop: int) -> npt.NDArray[np.int32]:
        distinct: npt.NDArray[np.int32] = np.unique(self.sources[self.indptr[start] : self.indptr[stop]])
        return distinct


@dataclass(frozen=True, eq=False)
class Fan:
    """All connections into one population."""

    lists: tuple[_Lists, ...]

    def formats(self, start: int, stop: int) -> dict[int, str]:
        """The smaller format by position of the connection; dense where both are equal."""
        return {x.position: min((DENSE, SPARSE), key=x.bits(start, stop).__getitem__) for x in self.lists}

    def cost(self, start: int, stop: int) -> tuple[int, int]:
        """Bits of memory and number of source neurons for neurons ``start`` to ``stop``, exclusive."""
        bits = sum(min(x.bits(start, stop).values()) for x in self.lists)
        axons = 0
        for name in {x.source for x in self.lists}:
            distinct = [x._distinct(start, stop) for x in self.lists if x.source == name]
            axons += len(np.unique(np.concatenate(distinct)))
        return bits, axons


def fans(network: Network, storage: Storage) -> dict[str, Fan]:
    """The connections into each population except the input, by its name.

    An entry holds a weight and, in a connection with delays above one step, as many bits as its longest delay needs.
    Odd weights of both signs need two dense lists, one for each sign.
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
        signs=2 if connection.needs_sign_split else 1,
    )
