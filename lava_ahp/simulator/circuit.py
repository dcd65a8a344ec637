"""Compile a network to the flat arrays that the kernel reads."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Network
from lava_ahp.network import fixedpoint as fx
from lava_ahp.simulator.wires import LANES, Block, Key, blocks, wires

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Unsigned = npt.NDArray[np.uint64]


class Circuit(NamedTuple):
    """A compiled network.

    The neurons of all populations are numbered consecutively.  Each population is padded to a multiple of
    :data:`LANES` with neurons that never spike.  As sources, the input channels are numbered after the last neuron.
    The synapses of a source are grouped into *bundles*, one for each target population and delay.  A dense bundle is a
    row of weights onto adjacent targets; a sparse bundle is a list of targets and weights.  Bundles of connections that
    share weights refer to the same entries of these arrays, which are counted from the first target of the bundle.

    Attributes:
        neurons: number of neurons, including padding.
        starts: first neuron of every population, and one past the last neuron: ``uint64 (population + 1,)``.
        current_factor: ``4096 - du``, ``int32 (neuron,)``.
        voltage_factor: ``4096 - dv``, ``int32 (neuron,)``.
        ahp_factor: ``4096 - da``, ``int32 (neuron,)``.
        ahp_weight: ``w_ahp``, ``int32 (neuron,)``.
        threshold: ``64 * vth``, in units of the state, ``int32 (neuron,)``.
        bias: in units of the state, ``int32 (neuron,)``.
        rests: whether the population stays at zero while nothing arrives, ``bool (population,)``.
        delay_slots: longest delay in time steps.
        bundle_ptr: the bundles of source ``j`` are ``bundle_ptr[j]:bundle_ptr[j + 1]``.
        bundle_delay: delay in time steps.
        bundle_dense: whether the bundle is dense.
        bundle_target: first target of a dense bundle, first neuron of the target population of a sparse one.
        bundle_begin: index of its first entry in the dense or in the sparse arrays.
        bundle_size: number of its entries in those arrays.
        dense_weights: in units of ``u``, ``int32``; 0 where there is no synapse.
        dense_synapse: 1 where there is a synapse, else 0, ``uint8``.
        sparse_targets: counted from ``bundle_target``, ``uint32 (synapse,)``.
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
    rests: npt.NDArray[np.bool_]
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
        rests=np.array([not np.any(p.neuron.bias) for p in populations if p.neuron is not None]),
        delay_slots=np.uint64(network.max_delay),
        **_bundles(network, place),
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


def _bundles(network: Network, place: dict[str, int]) -> dict[str, npt.NDArray[Any]]:
    """The synapses of the whole network, grouped into bundles, those of a source together."""
    connected = wires(network)
    found = blocks(connected)
    dense_begin = _starts_of(found, "dense_weights")
    sparse_begin = _starts_of(found, "sparse_weights")

    columns: dict[str, list[npt.NDArray[Any]]] = {"source": [np.zeros(0, np.int64)], **{k: [] for k in _BUNDLE}}
    for wire in connected:
        block = found[wire.key]
        columns["source"].append(block.source + place[wire.source] + wire.first)
        columns["bundle_delay"].append(block.delay)
        columns["bundle_dense"].append(block.dense)
        columns["bundle_target"].append(block.target + place[wire.target])
        columns["bundle_begin"].append(
            block.begin + np.where(block.dense, dense_begin[wire.key], sparse_begin[wire.key])
        )
        columns["bundle_size"].append(block.size)
    sources = np.concatenate(columns.pop("source"))
    order = np.argsort(sources, kind="stable")
    all_sources = place[network.input.name] + network.input.size
    return {
        "bundle_ptr": np.searchsorted(sources[order], np.arange(all_sources + 1)).astype(np.uint64),
        **{name: _joined(columns[name], dtype)[order] for name, dtype in _BUNDLE.items()},
        **{name: _joined([getattr(b, name) for b in found.values()], dtype) for name, dtype in _ENTRIES.items()},
    }


#: Types of the arrays of bundles, and of those of their entries.
_BUNDLE = {
    "bundle_delay": np.uint64,
    "bundle_dense": np.bool_,
    "bundle_target": np.uint64,
    "bundle_begin": np.uint64,
    "bundle_size": np.uint64,
}
_ENTRIES = {
    "dense_weights": np.int32,
    "dense_synapse": np.uint8,
    "sparse_targets": np.uint32,
    "sparse_weights": np.int32,
}


def _joined(parts: list[npt.NDArray[Any]], dtype: type) -> npt.NDArray[Any]:
    joined: npt.NDArray[Any] = np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype, copy=False)
    return joined


def _starts_of(found: dict[Key, Block], name: str) -> dict[Key, int]:
    """Where the entries of each block begin once all are joined."""
    ends = np.cumsum([len(getattr(block, name)) for block in found.values()])
    return {key: int(end) - len(getattr(block, name)) for (key, block), end in zip(found.items(), ends, strict=True)}
