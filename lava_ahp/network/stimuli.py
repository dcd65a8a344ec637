"""Input spikes made for checking a network rather than for its task."""

from __future__ import annotations

import numpy as np

from lava_ahp.network.events import Events
from lava_ahp.network.graph import Network

#: Steps for which one neuron is driven: enough to reach most thresholds, and for the way to the next population.
_HOLD = 5


def covering(network: Network) -> Events:
    """One sample that makes as many synapses as possible show in the voltages.

    One after another, every neuron that the input reaches is driven by all the channels that excite it (and every
    channel that excites nothing spikes at the end), so that its outgoing synapses act too.
    """
    connections = [c for c in network.connections if c.source == network.input.name]
    patterns = []
    for connection in connections:
        excites = connection.dense() > 0
        patterns += [row for row in excites if row.any()]
    silent = ~np.any(patterns, axis=0) if patterns else np.ones(network.input.size, dtype=bool)
    patterns.append(silent)
    spikes = np.repeat(np.array(patterns), _HOLD, axis=0)
    rest = np.zeros((network.max_delay + _HOLD, network.input.size), dtype=bool)
    return Events.from_dense(np.concatenate([spikes, rest])[None])


def random(network: Network, *, samples: int, steps: int, seed: int) -> Events:
    """Random spikes, every sample at a rate of its own between 1 and 50 % per channel and step."""
    rng = np.random.default_rng(seed)
    rate = rng.uniform(0.01, 0.5, size=(samples, 1, 1))
    return Events.from_dense(rng.random((samples, steps, network.input.size)) < rate)
