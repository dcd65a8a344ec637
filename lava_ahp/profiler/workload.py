"""Counts every operation of a sample, by time step and core, from its spikes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import Connection, Events, Network, Weights
from lava_ahp.profiler.axons import stretches
from lava_ahp.profiler.placement import Placement
from lava_ahp.profiler.synapses import DENSE

Int64 = npt.NDArray[np.int64]
Integers = npt.NDArray[np.integer[Any]]
#: Time steps and neurons of the spikes of one population in one sample, in order of time.
Spikes = tuple[Integers, Integers]

#: Operations on a core, and operations between cores.
ON_CORES = ("update_inactive", "update_active", "synop_dense", "synop_sparse", "spike", "message_out", "message_in")
BETWEEN_CORES = ("hop_east_west", "hop_north_south", "chip_link")


@dataclass(frozen=True, eq=False)
class Sample:
    """What happened in a network during one sample.

    Attributes:
        steps: number of time steps.
        spikes: spikes of every population, the input included.
        active: where a synaptic operation arrived or the neuron spiked, by population, the input excluded,
            ``bool (time, neuron)``.
    """

    steps: int
    spikes: Mapping[str, Spikes]
    active: Mapping[str, npt.NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class Workload:
    """Number of operations in one sample.

    Attributes:
        cores: operations of :data:`ON_CORES` by name, ``int64 (time, core)``.
        transport: operations of :data:`BETWEEN_CORES` by name, ``int64 (time,)``.
    """

    cores: Mapping[str, Int64]
    transport: Mapping[str, Int64]

    def totals(self) -> dict[str, int]:
        """Number of each operation over the whole sample."""
        return {name: int(counts.sum()) for name, counts in {**self.cores, **self.transport}.items()}


@dataclass(frozen=True, eq=False)
class _Reach:
    """What a spike of each neuron of a population triggers: a row for each core it reaches, by source neuron."""

    indptr: Int64
    core: Int64
    messages: Int64
    dense: Int64
    sparse: Int64
    hops: Mapping[str, Int64]


class Router:
    """Turns the spikes of a sample into a :class:`Workload`.

    In the step of a spike, its neuron sends one message to each core on which it has a synapse, and one for each list
    that populations on that core share.  That core performs the synaptic operations.  A compartment update is active
    when a synaptic operation arrives (``delay`` steps after the spike) or the neuron spikes; this holds for every
    compartment of the neuron.  Messages of the input enter at the first tile of the first chip; the host sends them.
    """

    def __init__(self, network: Network, placement: Placement) -> None:
        self._network = network
        self._placement = placement
        self._outgoing: dict[str, list[tuple[int, Connection]]] = {p.name: [] for p in network.populations}
        for position, connection in enumerate(network.connections):
            self._outgoing[connection.source].append((position, connection))
        self._synapses: dict[tuple[int, int, int], Int64] = {}
        self._reach = {p.name: self._reach_of(p.name) for p in network.populations}

    @property
    def longest_route(self) -> dict[str, int]:
        """Tile and chip borders on the longest route of any message, by :data:`BETWEEN_CORES`."""
        routes = [r.hops for r in self._reach.values() if len(r.core)]
        if not routes:
            return dict.fromkeys(BETWEEN_CORES, 0)
        hops = {name: np.concatenate([r[name] for r in routes]) for name in BETWEEN_CORES}
        longest = int(np.argmax(sum(hops.values())))
        return {name: int(counts[longest]) for name, counts in hops.items()}

    def _reach_of(self, name: str) -> _Reach:
        placement, cores = self._placement, len(self._placement.cores)
        size = self._network[name].size
        none = np.zeros(0, np.int64)
        keys, counts, dense, shared = [none], [none], [none], [none]
        for position, c in self._outgoing[name]:
            for start, stop in stretches(placement.core_of[c.target]):
                core = int(placement.core_of[c.target][start])
                synapses = self._onto(c, start, stop)
                reaching = np.flatnonzero(synapses)
                keys.append((reaching + c.weights.first) * cores + core)
                counts.append(synapses[reaching])
                dense.append(counts[-1] * (placement.formats[position, core] == DENSE))
                shared.append(np.full(len(reaching), (position, core) in placement.shared, np.int64))
        pair, row = np.unique(np.concatenate(keys), return_inverse=True)
        neuron, core_of_pair = np.divmod(pair, cores)
        total, from_dense, messages = (_sum(row, np.concatenate(x), len(pair)) for x in (counts, dense, shared))
        messages += np.bincount(row, minlength=len(pair)) > messages
        tiles = np.array([[*c.tile, c.chip] for c in placement.cores], np.int64)
        if self._network[name].is_input:
            origin = np.zeros((len(pair), 3), np.int64)
        else:
            origin = tiles[placement.core_of[name][neuron]]
        route = np.abs(tiles[core_of_pair] - origin)
        return _Reach(
            indptr=np.searchsorted(neuron, np.arange(size + 1)).astype(np.int64),
            core=core_of_pair,
            messages=messages,
            dense=from_dense,
            sparse=total - from_dense,
            hops=dict(zip(BETWEEN_CORES, route.T, strict=True)),
        )

    def _onto(self, connection: Connection, start: int, stop: int) -> Int64:
        """Synapses of every source of the shared weights onto targets ``start`` to ``stop``, exclusive."""
        base = connection.weights.base
        key = (id(base), start, stop)
        if key not in self._synapses:
            chosen = (base.targets >= start) & (base.targets < stop)
            counts = np.bincount(base.sources[chosen], minlength=base.shape[1])
            self._synapses[key] = counts.astype(np.int64)
        return self._synapses[key]

    def workload(self, sample: Sample) -> Workload:
        """Count the operations of one sample."""
        steps, cores = sample.steps, len(self._placement.cores)
        counts = {name: np.zeros((steps, cores), np.int64) for name in ON_CORES}
        transport = {name: np.zeros(steps, np.int64) for name in BETWEEN_CORES}
        for population in self._network.populations:
            times, neurons = sample.spikes[population.name]
            reach = self._reach[population.name]
            row, spike = _expand(reach.indptr, neurons)
            at, core = times[spike], reach.core[row]
            messages = reach.messages[row]
            _add(counts["message_in"], at, core, messages)
            _add(counts["synop_dense"], at, core, reach.dense[row])
            _add(counts["synop_sparse"], at, core, reach.sparse[row])
            for name in BETWEEN_CORES:
                transport[name] += _sum(at, messages * reach.hops[name][row], steps)
            if not population.is_input:
                home = self._placement.core_of[population.name]
                _add(counts["spike"], times, home[neurons])
                _add(counts["message_out"], at, home[neurons[spike]], messages)
                self._updates(population.name, sample.active[population.name], counts)
        return Workload(counts, transport)

    def _updates(self, name: str, active: npt.NDArray[np.bool_], counts: Mapping[str, Int64]) -> None:
        weight = self._placement.compartments[name]
        home = self._placement.core_of[name]
        for start, stop in stretches(home):
            done = active[:, start:stop] @ weight[start:stop]
            counts["update_active"][:, home[start]] += done
            counts["update_inactive"][:, home[start]] += weight[start:stop].sum() - done


def samples(network: Network, events: Events, rasters: Mapping[str, npt.NDArray[np.bool_]]) -> Iterator[Sample]:
    """What happened in each sample, whatever the placement.

    Args:
        network: what ran.
        events: its input.
        rasters: spikes of every population except the input, ``bool (sample, time, neuron)``.

    Yields:
        The samples in their order.

    Raises:
        SpecError: a raster is missing.
    """
    missing = set(network.names) - set(rasters)
    if missing:
        raise SpecError(f"profiler: no rasters of {sorted(missing)}; ask the engine to keep them")
    arrivals = _arrivals(network)
    for k, steps in enumerate(events.steps.tolist()):
        here = slice(events.offsets[k], events.offsets[k + 1])
        spikes: dict[str, Spikes] = {network.input.name: (events.times[here], events.sources[here])}
        for p in network:
            times, neurons = np.nonzero(rasters[p.name][k, :steps])
            spikes[p.name] = times, neurons
        active = {p.name: rasters[p.name][k, :steps].copy() for p in network}
        for c, by_delay in arrivals:
            arriving = _spikes_within(spikes[c.source], c.weights)
            for delay, targets in by_delay:
                _mark(active[c.target], delay, targets, arriving)
        yield Sample(steps, spikes, active)


#: For every delay, the neurons that each source reaches: packed bits, ``uint8 (source, neuron / 8)``.
_Reached = list[tuple[int, npt.NDArray[np.uint8]]]


def _arrivals(network: Network) -> list[tuple[Connection, _Reached]]:
    """What each connection reaches; connections that share weights and delays share it."""
    known: dict[tuple[int, Any], _Reached] = {}
    found = []
    for c in network.connections:
        key = (id(c.weights.base), c.delay if c.delay is not None else c.delays.tobytes())
        if key not in known:
            known[key] = list(_targets_by_delay(c))
        found.append((c, known[key]))
    return found


def _targets_by_delay(connection: Connection) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    base = connection.weights.base
    for delay in np.unique(connection.delays):
        chosen = connection.delays == delay
        reached = np.zeros(base.shape[::-1], bool)
        reached[base.sources[chosen], base.targets[chosen]] = True
        yield int(delay), np.packbits(reached, axis=1)


def _spikes_within(spikes: Spikes, weights: Weights) -> Spikes:
    """The spikes of the sources that weights are placed on, counted from the first of them."""
    times, neurons = spikes
    near = (neurons >= weights.first) & (neurons < weights.first + weights.base.shape[1])
    return times[near], neurons[near] - weights.first


def _mark(active: npt.NDArray[np.bool_], delay: int, targets: npt.NDArray[np.uint8], spikes: Spikes) -> None:
    """Mark the steps and neurons at which a synaptic operation arrives."""
    times, neurons = spikes
    size = int(np.searchsorted(times, len(active) - delay))
    if size == 0:
        return
    first = np.flatnonzero(np.diff(times[:size], prepend=-1))
    reached = np.bitwise_or.reduceat(targets[neurons[:size]], first, axis=0)
    active[times[first] + delay] |= np.unpackbits(reached, axis=1, count=active.shape[1]).view(bool)


def _expand(indptr: Int64, neurons: Integers) -> tuple[Int64, Int64]:
    """The rows of every spike, and the position of each row's spike."""
    lengths = indptr[neurons + 1] - indptr[neurons]
    spike = np.repeat(np.arange(len(neurons)), lengths)
    within = np.arange(len(spike)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return indptr[neurons][spike] + within, spike


def _sum(where: Integers, what: Int64, size: int) -> Int64:
    # Sums of float64 are exact below 2**53.
    return np.bincount(where, what, minlength=size).astype(np.int64)


def _add(table: Int64, times: Integers, cores: Int64, what: Int64 | None = None) -> None:
    flat = times.astype(np.int64) * table.shape[1] + cores
    table += np.bincount(flat, what, minlength=table.size).astype(np.int64).reshape(table.shape)
