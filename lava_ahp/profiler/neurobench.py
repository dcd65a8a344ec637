"""NeuroBench's metrics of a network, as NeuroBench defines them (Yik et al. 2025, Nature Communications 16:1545)."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from lava_ahp.network import Activity, Network, Neuron

WEIGHT_BYTES, PARAMETER_BYTES = 1, 4


def metrics(network: Network, activity: Activity) -> dict[str, float]:
    """Footprint, sparsities and operations.

    - ``footprint_bytes``: 1 byte for every weight, zeros included, and 4 bytes for every neuron parameter; weights that
      connections share count once, and so does a parameter that a population shares.
    - ``connection_sparsity``: share of zeros among the weights.
    - ``activation_sparsity``: share of neurons and steps without a spike, in all populations except the input.
    - ``effective_acs``: accumulations per sample, which are the synaptic operations: one for each nonzero weight that
      a spike reaches.
    - ``effective_macs``: 0, since every activation is 0 or 1.
    - ``dense_operations``: operations per sample if neither weights nor spikes were sparse.

    Args:
        network: what ran.
        activity: its counts.

    Returns:
        These six by name, as means over samples.
    """
    places = sum(c.shape[0] * c.shape[1] for c in network.connections)
    held = sum(w.shape[0] * w.shape[1] for w in network.weights)
    synapses = network.synapses
    parameters = sum(
        np.size(getattr(p.neuron, item.name)) for p in network if p.neuron is not None for item in fields(Neuron)
    )
    updates = sum(int(activity.updates[p.name].sum()) for p in network)
    spikes = sum(int(activity.spikes[p.name].sum()) for p in network)
    return {
        "footprint_bytes": float(WEIGHT_BYTES * held + PARAMETER_BYTES * parameters),
        "connection_sparsity": 1 - synapses / places if places else 0.0,
        "activation_sparsity": 1 - spikes / updates if updates else 0.0,
        "effective_macs": 0.0,
        "effective_acs": float(sum(synops.mean() for synops in activity.synops)),
        "dense_operations": float(places * activity.steps.mean()),
    }
