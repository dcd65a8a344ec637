"""Conversion of a chain of torch blocks to a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from lava_ahp.errors import SpecError
from lava_ahp.network import Connection, Network, Neuron, Population
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.block import Dense, Readout, Recurrent
from lava_ahp.slayer.paired import PairedRecurrent
from lava_ahp.slayer.weights import Weights


def to_network(
    blocks: torch.nn.Sequential | Mapping[str, torch.nn.Module],
    *,
    task: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Network:
    """The network that a chain of blocks computes.

    Args:
        blocks: blocks of :mod:`lava_ahp.slayer.block` and :mod:`lava_ahp.slayer.paired`, and lava-dl's ``cuba.Dense``
            and ``cuba.Recurrent``, from the first layer to the readout, by population name.  The populations of a
            ``Sequential`` are called ``layer1``, ``layer2`` and so on.
        task: description of the task, kept with the network.
        provenance: origin of the weights, kept with the network.

    Raises:
        SpecError: no blocks, a block of another type, or one with a norm, a learned delay, graded spikes or no delay
            shift.
    """
    if len(blocks) == 0:
        raise SpecError("network: found no blocks, allowed 1 or more")
    if isinstance(blocks, torch.nn.Sequential):
        blocks = {f"layer{k}": block for k, block in enumerate(blocks, 1)}
    populations: list[Population] = []
    connections: list[Connection] = []
    for name, block in blocks.items():
        weights, neuron = _parts(block)
        size, source = weights.feedforward.shape
        if not populations:
            populations.append(Population("input", source))
        if isinstance(block, PairedRecurrent):
            connections += block.connections(populations[-1].name, name)
        else:
            delay = fx.DELAY_MIN if weights.delay is None else weights.delay
            connections.append(Connection(populations[-1].name, name, weights.feedforward, delay=delay))
            if weights.recurrent is not None:
                connections.append(Connection(name, name, weights.recurrent, delay=weights.recurrent_delays))
        populations.append(Population(name, size, neuron))
    return Network(
        tuple(populations), tuple(connections), populations[-1].name, task=task or {}, provenance=provenance or {}
    )


def _parts(block: torch.nn.Module) -> tuple[Weights, Neuron]:
    if isinstance(block, (Dense, Recurrent, Readout)):
        return block.weights(), block.neuron.to_network_neuron()
    return _parts_of_cuba(block)


def _parts_of_cuba(block: torch.nn.Module) -> tuple[Weights, Neuron]:
    """Weights and neuron of a lava-dl block.  Its CUBA neuron is a LIF neuron with the same integers."""
    where = f"block {type(block).__module__}.{type(block).__name__}"
    foreign = SpecError(
        f"{where}: allowed our Dense, Recurrent and Readout, and lava-dl's cuba.Dense and cuba.Recurrent"
    )
    if not type(block).__module__.startswith("lava.lib.dl."):
        raise foreign
    # Imported late because lava-dl's blocks import all of its data sets and their dependencies.
    from lava.lib.dl.slayer.block import cuba

    if not isinstance(block, (cuba.Dense, cuba.Recurrent)):
        raise foreign
    if block.neuron.norm is not None or block.delay is not None or not block.delay_shift:
        raise SpecError(f"{where}: found a norm, a learned delay or no delay shift, allowed only a delay shift")
    if block.neuron.graded_spike:
        raise SpecError(f"{where}: found graded spikes, allowed unary spikes")

    def integers(synapse: torch.nn.Module) -> npt.NDArray[np.int64]:
        weight: torch.Tensor = block.neuron.quantize_8bit(synapse.weight, descale=True)
        return weight.detach().flatten(1).cpu().numpy().astype(np.int64)

    recurrent = isinstance(block, cuba.Recurrent)
    weights = Weights(
        integers(block.input_synapse if recurrent else block.synapse),
        integers(block.recurrent_synapse) if recurrent else None,
        None,
    )
    p = block.neuron.device_params
    neuron = Neuron(threshold=p["vThMant"], current_decay=p["iDecay"], voltage_decay=p["vDecay"])
    return weights, neuron
