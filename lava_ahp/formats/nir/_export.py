"""A network as a NIR graph: floats with the meaning of its integers.

Voltages are counted in thresholds.  A step of the chip is forward Euler with ``tau = dt * 4096 / decay``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lava_ahp.errors import SpecError
from lava_ahp.formats.nir._drive import MAX_NUMBERS
from lava_ahp.formats.nir._export_nodes import Floats, Neurons, neurons
from lava_ahp.formats.nir._timing import components, shortest
from lava_ahp.formats.nir._types import MAX_NODES, library
from lava_ahp.network import Network
from lava_ahp.network import fixedpoint as fx


def to_graph(network: Network, dt: float) -> tuple[Any, dict[str, int]]:
    """Turn a network into a ``nir.NIRGraph`` without metadata.

    Args:
        network: the network.
        dt: one time step, in seconds.

    Returns:
        The graph, and by population the steps by which it spikes later on the chip than in the graph.

    Raises:
        BackendUnavailable: the package ``nir`` is missing.
        SpecError: a network of more weights or nodes than the graph may have.
    """
    _check_size(network)
    ends = {(c.source, c.target) for c in network.connections}
    loops = components([p.name for p in network.populations], ends)
    least: dict[tuple[str, str], int] = {}
    for c in network.connections:
        known = least.get((c.source, c.target), fx.DELAY_MAX)
        least[c.source, c.target] = min(known, c.delay_range[0])
    later = shortest(loops, least)
    made = _Graph(library(), network, dt, {source for source, target in ends if source == target})
    for (source, target, delay), weights in _weights(network).items():
        natural = 1 if loops[source] == loops[target] else later[target] - later[source]
        made.connect(source, target, weights, delay - natural)
    return made.finish(), {name: later[name] for name in network.names}


def _check_size(network: Network) -> None:
    numbers = sum(network[c.target].size * network[c.source].size for c in network.connections)
    numbers += sum(p.size**2 for p in network if p.neuron is not None and p.neuron.has_ahp)
    if numbers > MAX_NUMBERS:
        raise SpecError(
            f"network: {numbers} weights as whole matrices, allowed {MAX_NUMBERS} in NIR, which has no sparse ones"
        )


def _weights(network: Network) -> dict[tuple[str, str, int], Floats]:
    """Weights ``(target, source)`` in units of the state, by source, target and delay."""
    found: dict[tuple[str, str, int], Floats] = {}
    for c in network.connections:
        unit = 2.0 ** (fx.STATE_SHIFT + network[c.target].parameters()["input_exponent"] + c.exponent)
        for delay in np.unique(c.delays):
            chosen = c.delays == delay
            weights = found.setdefault((c.source, c.target, int(delay)), np.zeros(c.shape))
            targets = c.targets[chosen]
            weights[targets, c.sources[chosen]] += c.values[chosen] * unit[targets]
    return found


class _Graph:
    """Nodes and edges as they are made.  A population that hears itself is a graph within the graph."""

    def __init__(self, nir: Any, network: Network, dt: float, recurrent: set[str]) -> None:
        self.nir, self.network, self.dt = nir, network, dt
        self.nodes: dict[str, Any] = {network.input.name: nir.Input(np.array([network.input.size]))}
        self.edges: list[tuple[str, str]] = []
        self.taken = {p.name for p in network.populations}
        self.made: dict[str, Neurons] = {
            p.name: neurons(nir, p, dt, output=p.name == network.output, recurrent=p.name in recurrent) for p in network
        }

    def connect(self, source: str, target: str, weights: Floats, extra: int) -> None:
        """Add weights in units of the state, behind so many steps of delay."""
        made = self.made[target]
        node = self.nir.Linear((weights / made.unit[:, None]).astype(np.float32))
        delay = self.nir.Delay(np.full(weights.shape[1], extra * self.dt)) if extra else None
        if source == target:
            made.hear_itself(node, delay)
            return
        name = self._fresh(f"{source}_{target}")
        self.nodes[name] = node
        self.edges.append((name, target))
        if delay is not None:
            before = self._fresh(f"{source}_{target}_delay")
            self.nodes[before] = delay
            self.edges += [(source, before), (before, name)]
        else:
            self.edges.append((source, name))

    def finish(self) -> Any:
        """The graph."""
        for name, made in self.made.items():
            self.nodes[name] = made.node(self.nir)
        end = self._fresh("output")
        self.nodes[end] = self.nir.Output(np.array([self.network[self.network.output].size]))
        self.edges.append((self.network.output, end))
        count = len(self.nodes) + sum(len(made.nodes) for made in self.made.values())
        if count > MAX_NODES:
            raise SpecError(f"network: {count} nodes in NIR, allowed {MAX_NODES}; export a smaller network")
        return self.nir.NIRGraph(self.nodes, self.edges, type_check=False)

    def _fresh(self, name: str) -> str:
        fresh = next(n for n in (name, *(f"{name}{k}" for k in range(2, 2 + len(self.taken)))) if n not in self.taken)
        self.taken.add(fresh)
        return fresh
