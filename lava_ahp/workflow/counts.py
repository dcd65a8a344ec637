"""Sizes of a network and its counts per sample, for summaries and metrics."""

from __future__ import annotations

import numpy as np

from lava_ahp.network import Activity, Network
from lava_ahp.network.summary import population_row

#: Populations up to which each is listed.
_LISTED = 8


def shape(network: Network) -> str:
    """Sizes of a network in a line."""
    populations = network.populations
    sizes = "-".join(str(p.size) for p in populations)
    if len(populations) > _LISTED:
        sizes = f"{network.input.size} channels, {len(populations) - 1} populations, {network.neurons:,}"
    ahp = sum(population_row(p)["ahp"] for p in network)
    return f"{sizes} neurons, {ahp:,} of them AHP, {network.synapses:,} synapses of 8 bit"


def per_sample(network: Network, activity: Activity) -> dict[str, float]:
    """Mean counts per sample: steps, spikes, synaptic operations, firing rate of the hidden neurons."""
    hidden = [name for name in network.names if name != network.output]
    spikes = sum(activity.spikes[name].mean() for name in hidden)
    updates = sum(activity.updates[name].mean() for name in hidden)
    return {
        "input_spikes_per_sample": float(activity.spikes[network.input.name].mean()),
        "spikes_per_sample": float(spikes + activity.spikes[network.output].mean()),
        "synops_per_sample": float(sum(np.mean(synops) for synops in activity.synops)),
        "steps_per_sample": float(activity.steps.mean()),
        "firing_rate": float(spikes / updates) if updates else 0.0,
    }
