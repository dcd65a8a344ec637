"""A short hash of everything that makes up each neuron, so that no change goes unnoticed."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from lava_ahp.network.graph import Network


def fingerprints(network: Network) -> dict[str, npt.NDArray[np.int64]]:
    """For every neuron a hash of its parameters and of its incoming synapses, ``int64 (neuron,)`` by population.

    A neuron that never spikes in the golden samples leaves no trace in them of what its synapses weigh; this does.
    The first eight bytes of SHA-256 serve, since it guards against mistakes and not against forgers.
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
