"""Memory and source neurons of the synapses onto adjacent neurons; memory is in the smaller of two formats.

Connections that share weights, exponent and delays have the same lists.  A core on which several of them have targets
holds the lists once.  An axon then adds the offset of one copy to the targets of its list, so every copy takes an axon
and a message of its own.  Loihi 1 has such axons (nengo-loihi's ``Synapse.axon_compartment_bases``, offsets below
256, which are not checked here); that Loihi 2 has them too is modelled, not documented.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Connection, Network, Weights
from lava_ahp.profiler.hardware import Storage

#: A dense list has an entry for every neuron of the slice; a sparse list has an entry and an index for every synapse.
DENSE, SPARSE = "dense", "sparse"


@dataclass(frozen=True, eq=False)
class ByTarget:
    """The synapses of an array of weights, ordered by target; connections that share the array share this too."""

    indptr: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int32]
    _distinct: dict[tuple[int, int], npt.NDArray[np.int32]] = field(default_factory=dict)

    @classmethod
    def of(cls, weights: Weights) -> ByTarget:
        """Order the synapses of an array."""
        order = np.argsort(weights.targets, kind="stable")
        counts = np.bincount(weights.targets, minlength=weights.shape[0])
        return cls(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), weights.sources[order])

    def count(self, start: int, stop: int) -> int:
        """Synapses onto neurons ``start`` to ``stop``, exclusive."""
        return int(self.indptr[stop] - self.indptr[start])

    def distinct(self, start: int, stop: int) -> npt.NDArray[np.int32]:
        """Sources with a synapse onto neurons ``start`` to ``stop``, exclusive."""
        if (start, stop) not in self._distinct:
            self._distinct[start, stop] = np.unique(self.sources[self.indptr[start] : self.indptr[stop]])
        return self._distinct[start, stop]


class Held(NamedTuple):
    """Lists that a core holds: what they are, the targets from ``start`` to ``stop``, exclusive, and their format."""

    key: tuple[Any, ...]
    start: int
    stop: int
    format: str


@dataclass(frozen=True, eq=False)
class _Lists:
    """The synapses of one connection.

    Attributes:
        key: equal where connections share weights, exponent and delays.
        alone: whether no other connection of the network has this key.
        first: the source neuron that is number 0 in ``by_target``.
    """

    position: int
    source: str
    key: tuple[Any, ...]
    alone: bool
    first: int
    by_target: ByTarget
    entry_bits: int
    index_bits: int
    signs: int

    def needs(self, start: int, stop: int, held: tuple[Held, ...]) -> tuple[str, int]:
        """Format and bits of memory for the synapses onto neurons ``start`` to ``stop``, exclusive.

        Args:
            start: first neuron.
            stop: the neuron after the last.
            held: what the core holds already.  Lists among it take no more memory.
        """
        for other in held:
            if other.key == self.key and other.start <= start and stop <= other.stop:
                return other.format, 0
        bits = {
            DENSE: len(self.by_target.distinct(start, stop)) * self.signs * (stop - start) * self.entry_bits,
            SPARSE: self.by_target.count(start, stop) * (self.entry_bits + self.index_bits),
        }
        smaller = min((DENSE, SPARSE), key=bits.__getitem__)
        return smaller, bits[smaller]


@dataclass(frozen=True, eq=False)
class Fan:
    """All connections into one population."""

    lists: tuple[_Lists, ...]

    def formats(self, start: int, stop: int, held: tuple[Held, ...] = ()) -> dict[int, str]:
        """The smaller format by position of the connection; dense where both are equal."""
        return {x.position: x.needs(start, stop, held)[0] for x in self.lists}

    def held(self, start: int, stop: int, held: tuple[Held, ...]) -> tuple[Held, ...]:
        """What a core holds after neurons ``start`` to ``stop``, exclusive, are placed on it."""
        for x in self.lists:
            name, bits = x.needs(start, stop, held)
            held += (Held(x.key, start, stop, name),) * (bits > 0)
        return held

    def cost(self, start: int, stop: int, held: tuple[Held, ...] = ()) -> tuple[int, int]:
        """Bits of memory and number of axons for neurons ``start`` to ``stop``, exclusive.

        Axons are source neurons, counted once for each list that could be shared.
        """
        new = {x.key: x.needs(start, stop, held)[1] for x in self.lists}
        axons = sum(len(x.by_target.distinct(start, stop)) for x in self.lists if not x.alone)
        for name in {x.source for x in self.lists if x.alone}:
            own = [x.by_target.distinct(start, stop) + x.first for x in self.lists if x.alone and x.source == name]
            axons += len(np.unique(np.concatenate(own)))
        return sum(new.values()), axons


def fans(network: Network, storage: Storage) -> dict[str, Fan]:
    """The connections into each population except the input, by its name.

    An entry holds a weight and, in a connection with delays above one step, as many bits as its longest delay needs.
    Odd weights of both signs need two dense lists, one for each sign.
    """
    by_target = {id(weights): ByTarget.of(weights) for weights in network.weights}
    found: dict[str, list[_Lists]] = {p.name: [] for p in network}
    uses = Counter(_key(c) for c in network.connections)
    for position, connection in enumerate(network.connections):
        ordered, alone = by_target[id(connection.weights.base)], uses[_key(connection)] == 1
        found[connection.target].append(_lists(position, connection, ordered, alone, storage))
    return {name: Fan(tuple(lists)) for name, lists in found.items()}


def _key(connection: Connection) -> tuple[Any, ...]:
    delays = connection.delay if connection.delay is not None else connection.delays.tobytes()
    return id(connection.weights.base), connection.exponent, delays


def _lists(position: int, connection: Connection, by_target: ByTarget, alone: bool, storage: Storage) -> _Lists:
    return _Lists(
        position=position,
        source=connection.source,
        key=_key(connection),
        alone=alone,
        first=connection.weights.first,
        by_target=by_target,
        entry_bits=storage.weight.whole + math.ceil(math.log2(connection.delay_range[1])),
        index_bits=storage.target_index.whole,
        signs=2 if connection.needs_sign_split else 1,
    )
