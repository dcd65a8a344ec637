"""Input spikes that check a network."""

from __future__ import annotations

import numpy as np

from lava_ahp.network import memory
from lava_ahp.network.events import Events
from lava_ahp.network.graph import Network

#: Steps for which one neuron is driven: enough to reach most thresholds and the next population.
_HOLD = 5


def covering(network: Network) -> Events:
    """One sample in which as many synapses as possible affect the voltages.

    Every neuron that receives input is driven in turn by all the channels that excite it, so that its outgoing
    synapses act as well.  At the end, all channels that excite no neuron spike.

    Raises:
        SpecError: the spikes do not fit into memory.
    """
    connections = [c for c in network.connections if c.source == network.input.name]
    driven = sum(len(np.unique(c.targets)) for c in connections)
    memory.check(
        {
            "weights": max((4 * c.shape[0] * c.shape[1] for c in connections), default=0),
            # Rasters as they are put together, and events of three numbers of 64 bits.
            "spikes": _HOLD * (3 * (driven + 1) * network.input.size + 24 * sum(c.synapses for c in connections)),
        },
        "use a smaller network",
    )
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
    """Random spikes; each sample has its own rate between 1 and 50 % per channel and step.

    Raises:
        SpecError: the spikes do not fit into memory.
    """
    # Random numbers of 64 bits, and events of three numbers of 64 bits.
    memory.check({"spikes": samples * steps * network.input.size * 36}, "use fewer samples, steps or channels")
    rng = np.random.default_rng(seed)
    rate = rng.uniform(0.01, 0.5, size=(samples, 1, 1))
    return Events.from_dense(rng.random((samples, steps, network.input.size)) < rate)
