"""NeuroBench's metrics of a network, by NeuroBench's definitions (Yik et al. 2025, Nature Communications 16:1545)."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from lava_ahp.network import Activity, Network, Neuron

WEIGHT_BYTES, PARAMETER_BYTES = 1, 4


def metrics(network: Network, activity: Activity) -> dict[str, float]:
    """Footprint, sparsities and operations.

    - ``footprint_bytes``: every weight of every connection, zeros included, in 8 bit, and every neuron parameter in
      32 bit, one where the population shares it.
    - ``connection_sparsity``: zeros among the weights.
    - ``activation_sparsity``: neurons and steps without a spike, over all populations but the input.
    - ``effective_acs``: accumulations per sample, which are synaptic operations: one for each weight other than zero
      that a spike meets.  ``effective_macs`` is 0, since every activation is 0 or 1.
    - ``dense_operations``: as many per sample if nothing were sparse.

    Returns:
        The five, means over samples.
    """
    places = sum(c.shape[0] * c.shape[1] for c in network.connections)
    synapses = network.synapses
    parameters = sum(
        np.size(getattr(p.neuron, item.name)) for p in network if p.neuron is not None for item in fields(Neuron)
    )
    updates = sum(int(activity.updates[p.name].sum()) for p in network)
    spikes = sum(int(activity.spikes[p.name].sum()) for p in network)
    return {
        "footprint_bytes": float(WEIGHT_BYTES * places + PARAMETER_BYTES * parameters),
        "connection_sparsity": 1 - synapses / places if places else 0.0,
        "activation_sparsity": 1 - spikes / updates if updates else 0.0,
        "effective_macs": 0.0,
        "effective_acs": float(sum(synops.mean() for synops in activity.synops)),
        "dense_operations": float(places * activity.steps.mean()),
    }
