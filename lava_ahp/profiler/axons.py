"""Spike messages between neurocores: who sends how many, and who receives them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Network
from lava_ahp.profiler.synapses import Fan

Int64 = npt.NDArray[np.int64]


def axons_of(
    network: Network,
    core_of: Mapping[str, Int64],
    fan: Mapping[str, Fan],
    shared: Collection[tuple[int, int]],
    cores: int,
) -> tuple[Int64, Int64]:
    """Axons out and axons in of every core, ``int64 (core,)``.

    There is one for each pair of a source neuron and a core that it reaches, and for each shared list that it reaches.

    Args:
        network: the network.
        core_of: core of every neuron by population, the input excluded, ``int64 (neuron,)``.
        fan: the synapses onto each population.
        shared: ``(connection, core)`` of the lists that other connections use on the same core too.
        cores: number of cores.
    """
    # Lists of a core that are not shared have the number 0, the others that of their connection.
    lists = len(network.connections) + 1
    reached: dict[str, list[Int64]] = {p.name: [] for p in network.populations}
    for name, into_population in fan.items():
        for start, stop in stretches(core_of[name]):
            core = int(core_of[name][start])
            for x in into_population.lists:
                number = x.position + 1 if (x.position, core) in shared else 0
                reaching = x.by_target.distinct(start, stop).astype(np.int64) + x.first
                reached[x.source].append((reaching * cores + core) * lists + number)
    out, into = np.zeros(cores, np.int64), np.zeros(cores, np.int64)
    for population in network.populations:
        found = np.unique(np.concatenate([np.zeros(0, np.int64), *reached[population.name]]))
        neuron, core_of_axon = np.divmod(found // lists, cores)
        into += np.bincount(core_of_axon, minlength=cores)
        if not population.is_input:
            out += np.bincount(core_of[population.name][neuron], minlength=cores)
    return out, into


def stretches(core_of: Int64) -> list[tuple[int, int]]:
    """First neuron, and the one after the last, of the part of a population on each of its cores.

    Args:
        core_of: core of every neuron, ``(neuron,)``; neurons of a core are adjacent.
    """
    starts = np.flatnonzero(np.diff(core_of, prepend=-1)).tolist()
    return list(zip(starts, [*starts[1:], len(core_of)], strict=True))
