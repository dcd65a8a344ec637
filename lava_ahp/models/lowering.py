"""From torch to the chip: blocks and models as a :class:`lava_ahp.network.Network`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from lava_ahp.errors import SpecError
from lava_ahp.models.classifier import AHPClassifier
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network import graph
from lava_ahp.slayer.block import Dense, Readout, Recurrent, Weights


def to_network(
    model: AHPClassifier, *, task: Mapping[str, Any] | None = None, provenance: Mapping[str, Any] | None = None
) -> graph.Network:
    """A classifier as the network that its forward pass computes.

    Args:
        model: trained or not.
        task: what it was trained for, kept with the network.
        provenance: how it came to be, kept with the network.
    """
    return _network(model.populations, model.channels, task, provenance)


def chain_to_network(
    blocks: torch.nn.Sequential, *, task: Mapping[str, Any] | None = None, provenance: Mapping[str, Any] | None = None
) -> graph.Network:
    """A chain of our blocks and of lava-dl's ``cuba.Dense`` and ``cuba.Recurrent`` as a network.

    The populations are ``input``, ``layer1``, ``layer2`` and so on.

    Raises:
        SpecError: a block of another kind, or one with a bias, norm or delay shift that the network cannot say.
    """
    if len(blocks) == 0:
        raise SpecError("network: no blocks; give at least one")
    named = {f"layer{k}": block for k, block in enumerate(blocks, 1)}
    return _network(named, _parts(blocks[0])[0].feedforward.shape[1], task, provenance)


def _network(
    blocks: Mapping[str, torch.nn.Module],
    channels: int,
    task: Mapping[str, Any] | None,
    provenance: Mapping[str, Any] | None,
) -> graph.Network:
    populations, connections = [graph.Population("input", channels)], []
    for name, block in blocks.items():
        weights, neuron = _parts(block)
        delay = fx.DELAY_MIN if weights.delay is None else weights.delay
        connections.append(graph.Connection(populations[-1].name, name, weights.feedforward, delay=delay))
        if weights.recurrent is not None:
            connections.append(graph.Connection(name, name, weights.recurrent))
        populations.append(graph.Population(name, len(weights.feedforward), neuron))
    return graph.Network(
        tuple(populations), tuple(connections), populations[-1].name, task=task or {}, provenance=provenance or {}
    )


def _parts(block: torch.nn.Module) -> tuple[Weights, graph.Neuron]:
    if isinstance(block, (Dense, Recurrent, Readout)):
        return block.weights(), block.neuron.to_network_neuron()
    return _parts_of_cuba(block)


def _parts_of_cuba(block: torch.nn.Module) -> tuple[Weights, graph.Neuron]:
    """Weights and neuron of a block of lava-dl, whose neuron is the LIF neuron with the same integers."""
    # Imported late: with lava-dl's blocks comes all of its data sets and their dependencies.
    from lava.lib.dl.slayer.block import cuba

    where = f"block {type(block).__module__}.{type(block).__name__}"
    if not isinstance(block, (cuba.Dense, cuba.Recurrent)):
        raise SpecError(
            f"{where}: allowed Dense, Recurrent and Readout of ours, Dense and Recurrent of slayer.block.cuba"
        )
    if block.neuron.norm is not None or block.delay is not None or not block.delay_shift:
        raise SpecError(f"{where}: has a norm, a learned delay or no delay shift; allowed none of them, and the shift")
    if block.neuron.graded_spike:
        raise SpecError(f"{where}: graded spikes, allowed unary ones")

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
    neuron = graph.Neuron(threshold=p["vThMant"], current_decay=p["iDecay"], voltage_decay=p["vDecay"])
    return weights, neuron
