"""A network and its record, which tests of verification change."""

import numpy as np

from lava_ahp import dynamics
from lava_ahp.network import Connection, Golden, Network, Neuron, Population


def classifier():
    """A small recurrent network."""
    rng = np.random.default_rng(3)

    def weights(*shape):
        return 2 * rng.integers(-20, 40, size=shape)

    hidden = Neuron(threshold=60, voltage_decay=204, ahp_decay=20, ahp_weight=np.repeat([0, 900], 6))
    return Network(
        (
            Population("input", 6),
            Population("hidden", 12, hidden),
            Population("readout", 3, Neuron(threshold=131071, voltage_decay=204)),
        ),
        (
            Connection("input", "hidden", weights(12, 6)),
            Connection("hidden", "hidden", weights(12, 12)),
            Connection("hidden", "readout", weights(3, 12)),
        ),
        "readout",
    )


def record(network, events):
    """A record as an export makes it, here by the readable arithmetic."""
    return Golden(events, dynamics.run(network, events)).summed()
