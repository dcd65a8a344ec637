"""Compile a network to the flat arrays that the kernel reads."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Network
from lava_ahp.network import fixedpoint as fx

#: Every population starts at a multiple of this many neurons, so that rows of weights fill whole SIMD vectors.
LANES = 16
#: A row of weights is stored dense if at least one in this many of its entries is a synapse.
DENSE_ONE_IN = 8
#: Upper bound of the bytes per synapse, including temporary arrays during compilation.
BYTES_PER_SYNAPSE = 16 * DENSE_ONE_IN

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Unsigned = npt.NDArray[np.uint64]


class Circuit(NamedTuple):
    """A compiled network.

    The neurons of all populations are numbered consecutively.  Each population is padded to a multiple of
    :data:`LANES` with neurons that never spike.  As sources, the input channels are numbered after the last neuron.
    The synapses of a source are grouped into *bundles*, one for each target population and delay.  A dense bundle is a
    row of weights onto adjacent targets; a sparse bundle is a list of targets and weights.

    Attributes:
        neurons: number of neurons, including padding.
        starts: first neuron of every population, and one past the last neuron: ``uint64 (population + 1,)``.
        current_factor: ``4096 - du``, ``int32 (neuron,)``.
        voltage_factor: ``4096 - dv``, ``int32 (neuron,)``.
        ahp_factor: ``4096 - da``, ``int32 (neuron,)``.
        ahp_weight: ``w_ahp``, ``int32 (neuron,)``.
        threshold: ``64 * vth``, in units of the state, ``int32 (neuron,)``.
        bias: in units of the state, ``int32 (neuron,)``.
        delay_slots: longest delay in time steps.
        bundle_ptr: the bundles of source ``j`` are ``bundle_ptr[j]:bundle_ptr[j + 1]``.
        bundle_delay: delay in time steps.
        bundle_dense: whether the bundle is dense.
        bundle_target: first target of a dense bundle.
        bundle_begin: index of its first entry in the dense or in the sparse arrays.
        bundle_size: number of its entries in those arrays.
        dense_weights: in units of ``u``, ``int32``; 0 where there is no synapse.
        dense_synapse: 1 where there is a synapse, else 0, ``uint8``.
        sparse_targets: ``uint32 (synapse,)``.
        sparse_weights: in units of ``u``, ``int32 (synapse,)``.
    """

    neurons: np.uint64
    starts: Unsigned
    current_factor: Int32
    voltage_factor: Int32
    ahp_factor: Int32
    ahp_weight: Int32
    threshold: Int32
    bias: Int32
    delay_slots: np.uint64
    bundle_ptr: Unsigned
    bundle_delay: Unsigned
    bundle_dense: npt.NDArray[np.bool_]
    bundle_target: Unsigned
    bundle_begin: Unsigned
    bundle_size: Unsigned
    dense_weights: Int32
    dense_synapse: npt.NDArray[np.uint8]
    sparse_targets: npt.NDArray[np.uint32]
    sparse_weights: Int32


def compile_circuit(network: Network) -> Circuit:
    """Compile a network."""
    populations = list(network)
    sizes = [-(-p.size // LANES) * LANES for p in populations]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    place = {p.name: int(start) for p, start in zip(populations, starts, strict=False)}
    place[network.input.name] = int(starts[-1])

    neurons = {name: np.full(starts[-1], padding, np.int32) for name, padding in _PADDING.items()}
    for p in populations:
        here = slice(place[p.name], place[p.name] + p.size)
        for name, values in p.parameters().items():
            neurons[name][here] = values

    return Circuit(
        neurons=np.uint64(starts[-1]),
        starts=starts.astype(np.uint64),
        current_factor=fx.DECAY_ONE - neurons["current_decay"],
        voltage_factor=fx.DECAY_ONE - neurons["voltage_decay"],
        ahp_factor=fx.DECAY_ONE - neurons["ahp_decay"],
        ahp_weight=neurons["ahp_weight"],
        threshold=neurons["threshold"] << fx.STATE_SHIFT,
        bias=neurons["bias"],
        delay_slots=np.uint64(network.max_delay),
        **_bundles(network, place, starts, neurons["input_exponent"]),
    )


#: Parameters of padding neurons.  They receive nothing, so their state stays zero and they never spike.
_PADDING = {
    "threshold": fx.THRESHOLD_MAX,
    "current_decay": fx.DECAY_ONE,
    "voltage_decay": fx.DECAY_ONE,
    "ahp_decay": fx.DECAY_ONE,
    "ahp_weight": 0,
    "bias": 0,
    "input_exponent": 0,
}


def _bundles(network: Network, place: dict[str, int], starts: Int64, exponents: Int32) -> dict[str, Any]:
    """The synapses of the whole network, grouped into bundles.

    Synapses with the same source, target and delay are merged first.
    """
    sources, targets, delays, weights = _synapses(network, place, exponents)
    populations = np.searchsorted(starts, targets, side="right") - 1
    key = (sources, delays, populations)
    first = np.flatnonzero(_changes(*key))
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
    row_place = begin[bundle] + targets - base[bundle]
    dense_weights = np.zeros(int(size[dense].sum()), np.int32)
    dense_synapse = np.zeros(len(dense_weights), np.uint8)
    dense_weights[row_place[in_dense]] = weights[in_dense]
    dense_synapse[row_place[in_dense]] = 1

    all_sources = int(starts[-1]) + network.input.size
    return {
        "bundle_ptr": np.searchsorted(sources[first], np.arange(all_sources + 1)).astype(np.uint64),
        "bundle_delay": delays[first].astype(np.uint64),
        "bundle_dense": dense,
        "bundle_target": base.astype(np.uint64),
        "bundle_begin": begin.astype(np.uint64),
        "bundle_size": size.astype(np.uint64),
        "dense_weights": dense_weights,
        "dense_synapse": dense_synapse,
        "sparse_targets": targets[~in_dense].astype(np.uint32),
        "sparse_weights": weights[~in_dense].astype(np.int32),
    }


def _synapses(network: Network, place: dict[str, int], exponents: Int32) -> tuple[Int64, Int64, Int64, Int64]:
    """``sources, targets, delays, weights`` in the kernel's numbering and units, sorted.

    The weights of synapses with the same source, target and delay are added up.
    """
    connections = [c for c in network.connections if c.synapses]
    if not connections:
        none = np.zeros(0, np.int64)
        return none, none, none, none
    sources = np.concatenate([c.sources.astype(np.int64) + place[c.source] for c in connections])
    targets = np.concatenate([c.targets.astype(np.int64) + place[c.target] for c in connections])
    delays = np.concatenate([c.delays.astype(np.int64) for c in connections])
    weights = np.concatenate([c.values.astype(np.int64) << c.exponent for c in connections])
    weights <<= fx.STATE_SHIFT + exponents[targets].astype(np.int64)
    order = np.lexsort((targets, delays, sources))
    sources, targets, delays, weights = (x[order] for x in (sources, targets, delays, weights))
    first = np.flatnonzero(_changes(sources, delays, targets))
    return sources[first], targets[first], delays[first], np.add.reduceat(weights, first)


def _changes(*columns: Int64) -> npt.NDArray[np.bool_]:
    """Whether each row differs from the previous row; true for the first row."""
    changed = np.ones(len(columns[0]), dtype=bool)
    changed[1:] = np.any([c[1:] != c[:-1] for c in columns], axis=0)
    return changed
