"""Synaptic operations, the unit of work of a spiking network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import torch
from torch import Tensor

from lava_ahp.network import Network


def synops(network: Network, rasters: Mapping[str, Tensor]) -> Tensor:
    """Count the synaptic operations of a network, as :class:`lava_ahp.Activity` does.

    Every spike counts once per synapse of its neuron, in the step of the spike.

    Args:
        network: the network.
        rasters: spikes of every population with outgoing synapses, ``(sample, neuron, time)``, by name.

    Returns:
        Whole numbers, ``float64 (sample,)``.
    """
    counts = {name: raster.sum(dim=2).double() for name, raster in rasters.items()}
    total = counts[network.input.name].new_zeros(len(counts[network.input.name]))
    # Connections with the same source and weights have the same fan-out.
    uses = Counter((connection.source, id(connection.weights)) for connection in network.connections)
    weights = {id(connection.weights): connection.weights for connection in network.connections}
    for (source, key), number in uses.items():
        count = counts[source]
        fan_out = torch.as_tensor(weights[key].fan_out, dtype=count.dtype, device=count.device)
        total += number * (count @ fan_out)
    return total
