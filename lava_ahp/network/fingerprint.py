"""Short hashes of every neuron's parameters and incoming synapses."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.network.connection import Connection
from lava_ahp.network.graph import Network
from lava_ahp.network.neuron import Population

Int64 = npt.NDArray[np.int64]


class Part(NamedTuple):
    """What one array of hashes covers.

    Attributes:
        name: of the population, or of the connection and the number of its weights.
        population: the population, or the target of the connection.
        connection: the first connection with these shared weights; None for a population.
        size: number of hashes: one for each neuron, or 1 for a population that has everything from others.
    """

    name: str
    population: Population
    connection: Connection | None
    size: int


def fingerprints(network: Network) -> dict[str, Int64]:
    """Hashes of every neuron's parameters and incoming synapses, ``int64`` by the name of each of :func:`parts`.

    If a neuron never spikes in the golden samples, they do not show the weights of its outgoing synapses.  The hashes
    do.  Eight bytes of SHA-256 are enough against mistakes; they do not protect against forgery.

    Where connections share weights, every array is hashed once, neuron by neuron.  The hash of a population then
    covers its parameters and which arrays its connections use.
    """
    if not network.shares_weights:
        return {p.name: _of_neurons(network, p) for p in network}
    numbers = {id(w): str(k) for k, w in enumerate(network.weights)}
    found = {}
    for part in parts(network):
        if part.connection is not None:
            weights = part.connection.weights.base
            rows = [hashlib.sha256() for _ in range(part.size)]
            _add_synapses(rows, b"", weights.targets, (weights.sources, weights.values))
        else:
            name = part.population.name
            uses = [(c, numbers[id(c.weights.base)]) for c in network.incoming(name)]
            text = "".join(f"{c.source} {c.exponent} {c.weights.first} {n} {_delay(c)} " for c, n in uses)
            rows = _parameters(part.population, part.size)
            for row in rows:
                row.update(text.encode())
        found[part.name] = _shortened(rows)
    return found


def parts(network: Network) -> Iterator[Part]:
    """What is hashed: every population but the input and, where connections share weights, every array of weights."""
    shared = network.shares_weights
    known: set[int] = set()
    for population in network:
        copy = shared and id(population.neuron) in known
        known.add(id(population.neuron))
        yield Part(population.name, population, None, 1 if copy else population.size)
        for connection in network.incoming(population.name) if shared else ():
            base = connection.weights.base
            if id(base) not in known:
                known.add(id(base))
                yield Part(f"{connection.name} {len(known)}", population, connection, base.shape[0])


def _of_neurons(network: Network, population: Population) -> Int64:
    """Parameters and incoming synapses of every neuron together."""
    rows = _parameters(population, population.size)
    for c in network.incoming(population.name):
        _add_synapses(rows, f"{c.source} {c.exponent} ".encode(), c.targets, (c.sources, c.values, c.delays))
    return _shortened(rows)


def _parameters(population: Population, count: int) -> list[Any]:
    """Hashes of the parameters of the first ``count`` neurons."""
    values = np.stack(list(population.parameters().values()), axis=1).astype("<i8")
    return [hashlib.sha256(row.tobytes()) for row in values[:count]]


def _add_synapses(rows: list[Any], head: bytes, targets: npt.NDArray[np.int32], columns: tuple[Any, ...]) -> None:
    """Add the incoming synapses of every neuron to its hash."""
    order = np.argsort(targets, kind="stable")
    synapses = np.stack([c[order].astype("<i8") for c in columns], axis=1)
    ends = np.cumsum(np.bincount(targets, minlength=len(rows)))
    for row, end, start in zip(rows, ends, np.concatenate([[0], ends[:-1]]), strict=True):
        row.update(head + synapses[start:end].tobytes())


def _delay(connection: Connection) -> str:
    if connection.delay is not None:
        return str(connection.delay)
    return hashlib.sha256(connection.delays.tobytes()).hexdigest()


def _shortened(rows: list[Any]) -> Int64:
    return np.array([int.from_bytes(r.digest()[:8], "little", signed=True) for r in rows], dtype=np.int64)
