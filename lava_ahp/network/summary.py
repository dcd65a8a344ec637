"""Networks and traces described in words and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import printable
from lava_ahp.network.connection import Connection
from lava_ahp.network.graph import Network
from lava_ahp.network.neuron import Population
from lava_ahp.network.trace import Golden, Trace

#: Rows of a table up to which each is shown.
_LISTED = 12


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
            "distinct weights": sum(weights.synapses for weights in network.weights),
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
    shown = [
        f"{name} {_range(values)}"
        for name, values in parameters.items()
        if values.any() or name not in ("bias", "input_exponent")
    ]
    return {
        "population": population.name,
        "neurons": population.size,
        "ahp": int(np.count_nonzero(parameters["ahp_weight"])),
        "parameters": ", ".join(shown),
    }


def connection_row(connection: Connection) -> dict[str, Any]:
    """Source and target, synapses, density, and the ranges of weights and delays."""
    target, source = connection.shape
    low, high = connection.weights.range
    shortest, longest = connection.delay_range
    return {
        "connection": connection.name,
        "synapses": connection.synapses,
        "density": f"{connection.synapses / (target * source):.3f}",
        "weights": f"{low}..{high}" if connection.synapses else "none",
        "delay": _span(shortest, longest) if connection.synapses else "",
        "exponent": connection.exponent,
    }


def grouped(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows of a table to read: in a long one, rows that differ in their first value alone become one.

    Copies of a population are such rows.  The row that stands for them is named by the first and the number of others.
    """
    if len(rows) <= _LISTED:
        return list(rows)
    copies: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        copies.setdefault(tuple(row.values())[1:], []).append(row)
    first = next(iter(rows[0]))
    return [
        {**same[0], first: f"{same[0][first]} and {len(same) - 1} more"} if len(same) > 1 else same[0]
        for same in copies.values()
    ]


def describe_network(network: Network) -> str:
    """One line: sizes, synapses, output and task."""
    inner = len(network.names)
    task = network.task.get("name")
    return (
        f"Network({network.input.size} input channels, {network.neurons} neurons in {inner} "
        f"population{'s' * (inner > 1)}, {network.synapses} synapses, output {network.output}"
        + (f", task {printable(task)})" if isinstance(task, str) else ")")
    )


def describe_trace(trace: Trace) -> str:
    """One line: samples, steps, what was recorded, and the mean rate of every population."""
    rates = [f"{name} {_rate(trace, counts)}" for name, counts in trace.counts.items()]
    more = f", and {len(rates) - 4} more" if len(rates) > 4 else ""
    return (
        f"Trace({len(trace.steps)} sample{'s' * (len(trace.steps) > 1)} of {_range(trace.steps)} steps, "
        f"readout of {trace.readout.shape[1]} steps, rasters of {len(trace.spikes)} and states of {len(trace.states)} "
        f"populations; spikes per neuron and step: {', '.join(rates[:4]) or 'none recorded'}{more})"
    )


def trace_rows(trace: Trace) -> list[Mapping[str, Any]]:
    """What was recorded of every population, and its mean rate."""
    return [
        {
            "population": name,
            "neurons": counts.shape[-1],
            "spikes per neuron and step": _rate(trace, counts),
            "raster": "yes" if name in trace.spikes else "no",
            "states": ", ".join(trace.states.get(name, {})) or "no",
        }
        for name, counts in trace.counts.items()
    ]


def _rate(trace: Trace, counts: npt.NDArray[np.int32]) -> str:
    return f"{100 * counts.sum() / max(1, int(trace.steps.sum()) * counts.shape[-1]):.1f} %"


def _range(values: npt.NDArray[Any]) -> str:
    return _span(int(values.min()), int(values.max()))


def _span(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low}..{high}"
