"""A network in words and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from lava_ahp.network.connection import Connection
from lava_ahp.network.graph import Network
from lava_ahp.network.neuron import Population
from lava_ahp.network.trace import Golden


def summarise(network: Network, golden: Golden | None = None) -> dict[str, Any]:
    """Populations, connections, totals, task and provenance, as JSON values."""
    populations = [population_row(p) for p in network.populations]
    connections = [connection_row(c) for c in network.connections]
    return {
        "populations": populations,
        "connections": connections,
        "totals": {
            "neurons": network.neurons,
            "ahp neurons": sum(row["ahp"] for row in populations if row["ahp"] != ""),
            "synapses": network.synapses,
            "output": network.output,
            "golden samples": 0 if golden is None else len(golden.events),
        },
        "task": dict(network.task),
        "provenance": dict(network.provenance),
    }


def population_row(population: Population) -> dict[str, Any]:
    """Name, size, and the range of every parameter."""
    if population.neuron is None:
        return {"population": population.name, "neurons": population.size, "ahp": "", "parameters": "input"}
    parameters = population.parameters()
    shown = []
    for name, values in parameters.items():
        if name in ("bias", "input_exponent") and not values.any():
            continue
        low, high = int(values.min()), int(values.max())
        shown.append(f"{name} {low}" if low == high else f"{name} {low}..{high}")
    return {
        "population": population.name,
        "neurons": population.size,
        "ahp": int(np.count_nonzero(parameters["ahp_weight"])),
        "parameters": ", ".join(shown),
    }


def connection_row(connection: Connection) -> dict[str, Any]:
    """Ends, synapses, density, and the ranges of weights and delays."""
    target, source = connection.shape
    weights, delays = connection.values, connection.delays
    return {
        "connection": connection.name,
        "synapses": connection.synapses,
        "density": f"{connection.synapses / (target * source):.3f}",
        "weights": f"{weights.min()}..{weights.max()}" if len(weights) else "none",
        "delay": f"{delays.min()}"
        if len(set(delays.tolist())) == 1
        else f"{delays.min()}..{delays.max()}"
        if len(delays)
        else "",
        "exponent": connection.exponent,
    }
