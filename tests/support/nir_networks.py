"""Networks and graphs for tests of NIR."""

import numpy as np

from lava_ahp import Connection, Network, Neuron, Population


def chain(seed=0, *, ahp=True, current_decay=1024, recurrent=True, readout=False, delay=1, hidden=20):
    """12 - hidden - 5, with thresholds beside which the rounding of the chip is small, and far from its limits."""
    rng = np.random.default_rng(seed)

    def weights(*shape):
        return 2 * rng.integers(-90, 128, shape) * (rng.random(shape) < 0.4)

    neuron = Neuron(
        threshold=rng.integers(2000, 3000, hidden),
        current_decay=current_decay,
        voltage_decay=rng.integers(200, 900, hidden),
        ahp_decay=rng.integers(20, 200, hidden) if ahp else 0,
        ahp_weight=rng.integers(0, 8000, hidden) * (rng.random(hidden) < 0.7) if ahp else 0,
    )
    last = Neuron(threshold=2**17 - 1 if readout else 3000, voltage_decay=200)
    connections = [
        Connection("input", "hidden", weights(hidden, 12), exponent=3, delay=delay),
        Connection("hidden", "readout", weights(5, hidden), exponent=3),
    ]
    if recurrent:
        connections.append(Connection("hidden", "hidden", weights(hidden, hidden), exponent=2, delay=delay))
    populations = Population("input", 12), Population("hidden", hidden, neuron), Population("readout", 5, last)
    return Network(populations, connections, "readout", task={"name": "toy"}, provenance={"seed": seed})


def rounding_bound(parameters, spikes):
    """How far the voltage of the chip can be from that of exact decays, in units of the state, step by step.

    Every decay drops less than one unit, towards zero, and what was dropped decays with the rest.

    Args:
        parameters: of a population.
        spikes: ``(sample, time, neuron)``; a spike resets the voltage, and the error with it.
    """
    keep = {k: 1 - parameters[f"{k}_decay"] / 4096 for k in ("current", "ahp", "voltage")}
    lost = {k: np.zeros((len(spikes), spikes.shape[2])) for k in keep}
    bounds = np.zeros(spikes.shape)
    for t in range(spikes.shape[1]):
        for k in ("current", "ahp"):
            lost[k] = keep[k] * lost[k] + (keep[k] < 1)
        lost["voltage"] = keep["voltage"] * lost["voltage"] + 1 + lost["current"] + lost["ahp"]
        bounds[:, t] = lost["voltage"]
        lost["voltage"] = np.where(spikes[:, t], 0, lost["voltage"])
    return bounds
