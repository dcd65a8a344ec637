"""A short hash of every neuron's parameters and incoming synapses."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from lava_ahp.network.graph import Network


def fingerprints(network: Network) -> dict[str, npt.NDArray[np.int64]]:
    """A hash of every neuron's parameters and incoming synapses, ``int64 (neuron,)`` by population.

    If a neuron never spikes in the golden samples, they do not show the weights of its outgoing synapses.  The hashes
    do.  Eight bytes of SHA-256 are enough against mistakes; they do not protect against forgery.
    """
    found = {}
    for population in network:
        parameters = population.parameters()
        rows = [
            hashlib.sha256(np.array([p[i] for p in parameters.values()], "<i8").tobytes())
            for i in range(population.size)
        ]
        for connection in network.incoming(population.name):
            order = np.argsort(connection.targets, kind="stable")
            columns = (connection.sources, connection.values, connection.delays)
            synapses = np.stack([c[order].astype("<i8") for c in columns], axis=1)
            ends = np.cumsum(np.bincount(connection.targets, minlength=population.size))
            head = f"{connection.source} {connection.exponent} ".encode()
            for row, end, start in zip(rows, ends, np.concatenate([[0], ends[:-1]]), strict=True):
                row.update(head + synapses[start:end].tobytes())
        found[population.name] = np.array([int.from_bytes(r.digest()[:8], "little", signed=True) for r in rows])
    return found
