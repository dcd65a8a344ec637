"""Small networks with AHP neurons, for the tests of what runs on Loihi 2."""

import numpy as np

from lava_ahp.network import Connection, Network, Neuron, Population
from lava_ahp.tasks import digits


def recurrent(rng, *, size=8, inputs=4, largest=60, odd=True, delay=1, **hidden):
    """Input, recurrent neurons of which half are adaptive, two readouts; ``hidden`` replaces parameters."""

    def weights(*shape):
        values = rng.integers(-largest // 3, largest + 1, shape)
        return values if odd else 2 * (values // 2)

    half = np.repeat([0, 1], size - size // 2)[:size]
    parameters = {
        "threshold": 90,
        "current_decay": 4096,
        "voltage_decay": 400,
        "ahp_decay": rng.integers(5, 400, size),
        "ahp_weight": half * rng.integers(200, 9000, size),
        **hidden,
    }
    return Network(
        (
            Population("input", inputs),
            Population("hidden", size, Neuron(**parameters)),
            Population("readout", 2, Neuron(threshold=131071, current_decay=1365, voltage_decay=205)),
        ),
        (
            Connection("input", "hidden", weights(size, inputs), delay=delay),
            Connection("hidden", "hidden", weights(size, size), delay=delay),
            Connection("hidden", "readout", weights(2, size)),
        ),
        "readout",
    )


def of_digits(rng):
    """An untrained network for the digits, whose data need no file."""
    task = digits.load()
    weights = 2 * rng.integers(-6, 40, (12, task.channels))
    hidden = Neuron(threshold=400, current_decay=1316, voltage_decay=300, ahp_decay=rng.integers(5, 90, 12),
                    ahp_weight=rng.integers(600, 3000, 12))  # fmt: skip
    return Network(
        (
            Population("input", task.channels),
            Population("hidden", 12, hidden),
            Population("readout", 10, Neuron(threshold=131071, voltage_decay=205)),
        ),
        (
            Connection("input", "hidden", weights),
            Connection("hidden", "hidden", 2 * rng.integers(-20, 20, (12, 12))),
            Connection("hidden", "readout", 2 * rng.integers(-60, 60, (10, 12))),
        ),
        "readout",
        task=task.describe(),
    )
