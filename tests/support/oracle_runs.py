"""Run whole networks in the scalar oracle."""

import numpy as np

import oracle

SHORT = {"du": "current_decay", "da": "ahp_decay", "dv": "voltage_decay", "w_ahp": "ahp_weight",
         "vth": "threshold", "bias": "bias", "e": "input_exponent"}  # fmt: skip


def oracle_history(network, events, sample):
    """``{population: (time, neuron, 4)}`` for one sample; the last axis is u, a, v and spike."""
    populations = {}
    for p in network:
        values = p.parameters()
        populations[p.name] = [{k: int(values[n][i]) for k, n in SHORT.items()} for i in range(p.size)]
    synapses = [
        (c.source, int(j), c.target, int(i), int(w), c.exponent, int(d))
        for c in network.connections
        for j, i, w, d in zip(c.sources, c.targets, c.values, c.delays, strict=True)
    ]
    inputs = {(int(t), int(c)) for t, c in np.argwhere(events.to_dense()[sample])}
    history = oracle.run(populations, synapses, inputs, int(events.steps[sample]))
    return {name: np.array(steps) for name, steps in history.items()}
