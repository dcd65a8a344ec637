"""Assigns populations to neurocores within the limits of a chip, and cores to tiles and chips.

The rule: populations in the order of the network, neurons in their order.  Each neuron goes onto the core that was
opened last if all limits still hold, and onto a new core otherwise; so a core may hold neurons of several populations.
Cores fill tiles and chips in order.  The placement is not optimised, and it is the same on every machine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import Network
from lava_ahp.profiler.axons import axons_of
from lava_ahp.profiler.hardware import Hardware
from lava_ahp.profiler.synapses import Fan, Held, fans

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Slice:
    """Adjacent neurons of one population, from ``start`` to ``stop``, exclusive."""

    population: str
    start: int
    stop: int


@dataclass(frozen=True)
class Core:
    """One neurocore: its neurons and what they use of its limits.

    Attributes:
        chip: number of the chip, from 0.
        tile: column and row of the tile; columns are numbered across chips.
        slices: its neurons.
        compartments: compartments of its neurons.
        synapse_bytes: memory of their synapses, each list in the smaller of its two formats.  Lists that copies of a
            population share count once if the copies are on this core, and once on every other core with a copy.
        axons_in: source neurons with a synapse on this core, once for each shared list that they reach.
        axons_out: spike messages sent when every neuron of the core spikes once.
    """

    chip: int
    tile: tuple[int, int]
    slices: tuple[Slice, ...]
    compartments: int
    synapse_bytes: int
    axons_in: int
    axons_out: int


@dataclass(frozen=True, eq=False)
class Placement:
    """The core of every neuron.

    Attributes:
        cores: the cores in use.
        core_of: position in ``cores`` by population, the input excluded, ``int64 (neuron,)``.
        compartments: compartments of each neuron by population, the input excluded, ``int64 (neuron,)``.
        formats: ``'dense'`` or ``'sparse'`` by ``(connection, core)``, both as positions.
        shared: ``(connection, core)`` of the lists that other connections use on the same core too.
        unchecked: limits without a published figure.
    """

    cores: tuple[Core, ...]
    core_of: Mapping[str, Int64]
    compartments: Mapping[str, Int64]
    formats: Mapping[tuple[int, int], str]
    shared: Collection[tuple[int, int]]
    unchecked: tuple[str, ...]

    @property
    def chips(self) -> int:
        """Number of chips in use."""
        return self.cores[-1].chip + 1

    @property
    def tiles(self) -> int:
        """Number of tiles in use, on all chips."""
        return len({core.tile for core in self.cores})


@dataclass
class _Use:
    """What a core holds so far.  In ``axons_in`` a source that reaches two populations of the core counts twice."""

    neurons: int = 0
    compartments: int = 0
    bits: int = 0
    axons_in: int = 0
    lists: tuple[Held, ...] = ()


def place(network: Network, hardware: Hardware) -> Placement:
    """Place a network on a chip.

    Raises:
        SpecError: a network that does not fit; the message names the limit and the excess.
    """
    limits = hardware.limits
    compartments = _compartments(network, hardware)
    fan = fans(network, hardware.storage)
    # Axons out depend on where the targets are placed.  Where they do not fit, retry with fewer neurons per core.
    most = {population.name: network.neurons for population in network}
    while True:
        slices = _fill(network, hardware, compartments, fan, most)
        placement = _settle(network, hardware, compartments, fan, slices)
        if limits.axons_out_per_core is None:
            break
        allowed = limits.axons_out_per_core.whole
        crowded = [core for core in placement.cores if core.axons_out > allowed]
        if not crowded:
            break
        for core in crowded:
            neurons = sum(part.stop - part.start for part in core.slices)
            if neurons == 1:
                part = core.slices[0]
                _refuse(hardware, f"neuron {part.population}[{part.start}]", "axons out", core.axons_out, allowed)
            for part in core.slices:
                fewer = max(1, neurons * allowed // core.axons_out)
                most[part.population] = min(most[part.population], fewer)
    if limits.chips is not None and placement.chips > limits.chips.whole:
        _refuse(hardware, "network", "chips", placement.chips, limits.chips.whole)
    return placement


def _compartments(network: Network, hardware: Hardware) -> dict[str, Int64]:
    plain = hardware.storage.compartments_per_neuron.whole
    adaptive = hardware.storage.compartments_per_ahp_neuron.whole
    return {p.name: np.where(p.parameters()["ahp_weight"] != 0, adaptive, plain).astype(np.int64) for p in network}


def _fill(
    network: Network,
    hardware: Hardware,
    compartments: Mapping[str, Int64],
    fan: Mapping[str, Fan],
    most: Mapping[str, int],
) -> list[list[Slice]]:
    """The slices of every core; a core with neurons of a population has at most ``most`` of it neurons in all."""
    cores: list[list[Slice]] = [[]]
    use = _Use()
    for population in network:
        start = 0
        while start < population.size:
            size, taken = _largest(
                hardware, compartments[population.name], fan[population.name], start, use, most[population.name]
            )
            if size == 0 and use.neurons == 0:
                _explain(hardware, population.name, start, compartments[population.name], fan[population.name])
            if size:
                cores[-1].append(Slice(population.name, start, start + size))
                taken.lists = fan[population.name].held(start, start + size, use.lists)
            use = taken
            start += size
            if start < population.size:
                cores.append([])
                use = _Use()
    return cores


def _largest(hardware: Hardware, compartments: Int64, fan: Fan, start: int, use: _Use, most: int) -> tuple[int, _Use]:
    """The number of neurons from ``start`` on that still fit on a core, and what the core then holds."""
    limits = hardware.limits
    axons = None if limits.axons_in_per_core is None else limits.axons_in_per_core.whole

    def taken(size: int) -> _Use:
        bits, sources = fan.cost(start, start + size, use.lists)
        held = int(compartments[start : start + size].sum())
        return _Use(use.neurons + size, use.compartments + held, use.bits + bits, use.axons_in + sources)

    def fits(found: _Use) -> bool:
        return (
            found.neurons <= most
            and found.compartments <= limits.compartments_per_core.whole
            and found.bits <= 8 * limits.synapse_memory_per_core.whole
            and (axons is None or found.axons_in <= axons)
        )

    # Every use grows with the number of neurons, so a doubling and then a binary search finds the largest.
    left = len(compartments) - start
    low, high = 0, 1
    while high <= left and fits(taken(high)):
        low, high = high, min(2 * high, left) if high < left else left + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(taken(middle)) else (low, middle)
    return low, taken(low) if low else use


def _explain(hardware: Hardware, name: str, neuron: int, compartments: Int64, fan: Fan) -> NoReturn:
    """Raise the error that names the limit that one neuron alone exceeds."""
    limits = hardware.limits
    bits, sources = fan.cost(neuron, neuron + 1)
    where = f"neuron {name}[{neuron}]"
    if bits > 8 * limits.synapse_memory_per_core.whole:
        _refuse(hardware, where, "bytes of synapse memory", -(-bits // 8), limits.synapse_memory_per_core.whole)
    if limits.axons_in_per_core is not None and sources > limits.axons_in_per_core.whole:
        _refuse(hardware, where, "axons in", sources, limits.axons_in_per_core.whole)
    _refuse(hardware, where, "compartments", int(compartments[neuron]), limits.compartments_per_core.whole)


def _refuse(hardware: Hardware, where: str, what: str, found: int, allowed: int) -> NoReturn:
    raise SpecError(
        f"placement on {hardware.name}: {where} takes {found} {what}, allowed {allowed}, {found - allowed} over"
    )


def _settle(
    network: Network,
    hardware: Hardware,
    compartments: Mapping[str, Int64],
    fan: Mapping[str, Fan],
    slices: list[list[Slice]],
) -> Placement:
    core_of = {p.name: np.zeros(p.size, np.int64) for p in network}
    formats: dict[tuple[int, int], str] = {}
    shared: set[tuple[int, int]] = set()
    bits = np.zeros(len(slices), np.int64)
    for k, core in enumerate(slices):
        held: tuple[Held, ...] = ()
        for part in core:
            here = part.start, part.stop
            core_of[part.population][slice(*here)] = k
            bits[k] += fan[part.population].cost(*here, held)[0]
            for connection, name in fan[part.population].formats(*here, held).items():
                formats[connection, k] = name
            held = fan[part.population].held(*here, held)
        lists = [x for part in core for x in fan[part.population].lists]
        uses = Counter(x.key for x in lists)
        shared |= {(x.position, k) for x in lists if uses[x.key] > 1}
    reached = axons_of(network, core_of, fan, shared, len(slices))
    limits = hardware.limits
    per_tile, per_chip, per_row = (
        q.whole for q in (limits.cores_per_tile, limits.cores_per_chip, limits.tiles_per_row)
    )
    cores = []
    for k, core in enumerate(slices):
        chip, tile = k // per_chip, k % per_chip // per_tile
        cores.append(
            Core(
                chip=chip,
                tile=(chip * per_row + tile % per_row, tile // per_row),
                slices=tuple(core),
                compartments=sum(int(compartments[s.population][s.start : s.stop].sum()) for s in core),
                synapse_bytes=-(-int(bits[k]) // 8),
                axons_in=int(reached[1][k]),
                axons_out=int(reached[0][k]),
            )
        )
    unchecked = tuple(
        name for name in ("axons_in_per_core", "axons_out_per_core", "chips") if getattr(limits, name) is None
    )
    return Placement(tuple(cores), core_of, compartments, formats, shared, unchecked)


def barrier_share(placement: Placement, hardware: Hardware) -> float:
    """Position of the barrier time between one tile (0) and a full mesh (1); more than one chip counts as full."""
    limits = hardware.limits
    mesh = math.ceil(limits.cores_per_chip.whole / limits.cores_per_tile.whole)
    return 1.0 if mesh == 1 else min(1.0, (placement.tiles - 1) / (mesh - 1))
