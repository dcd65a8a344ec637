"""A network as a NIR graph: floats with the meaning of its integers.

Voltages are counted in thresholds.  A population becomes one CubaLIF; a step of the chip is forward Euler with
``tau = dt * 4096 / decay``.  ``r = tau_mem / dt`` and ``w_in = tau_syn / dt`` make one unit of input one unit of current,
and one unit of current one of voltage, as snnTorch writes them.  An AHP current is an LI node that hears the spikes
through negative weights and adds to the input of the CubaLIF.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.formats.nir._drive import MAX_NUMBERS
from lava_ahp.formats.nir._timing import components, shortest
from lava_ahp.formats.nir._types import MAX_NODES, library
from lava_ahp.network import READOUT_THRESHOLD, Network, Population
from lava_ahp.network import fixedpoint as fx

Floats = npt.NDArray[np.float64]

#: Steps of a time constant that stands for no decay: what is lost in a step is less than one unit of 24 bits.
_FOREVER = 2.0**fx.STATE_BITS
#: A readout counts its voltage in weights of one.
_READOUT_UNIT = 2.0**fx.STATE_SHIFT


def to_graph(network: Network, dt: float) -> tuple[Any, dict[str, int]]:
    """Turn a network into a ``nir.NIRGraph`` without metadata.

    Args:
        network: the network.
        dt: one time step, in seconds.

    Returns:
        The graph, and by population the steps by which it spikes later on the chip than in the graph.

    Raises:
        BackendUnavailable: the package ``nir`` is missing.
        SpecError: an output that NIR's readers could not name, or too many nodes.
    """
    nir = library()
    numbers = sum(network[c.target].size * network[c.source].size for c in network.connections)
    numbers += sum(p.size**2 for p in network if p.neuron is not None and p.neuron.has_ahp)
    if numbers > MAX_NUMBERS:
        raise SpecError(f"network: {numbers} weights as whole matrices, allowed {MAX_NUMBERS} in NIR; it has no sparse ones")
    loops = components([p.name for p in network.populations], {(c.source, c.target) for c in network.connections})
    least: dict[tuple[str, str], int] = {}
    for c in network.connections:
        ends = c.source, c.target
        least[ends] = min(least.get(ends, c.delay_range[0]), c.delay_range[0])
    later = shortest(loops, least)
    made = _Nodes(nir, network, dt)
    for name in network.names:
        made.population(network[name])
    for (source, target, delay), weights in _weights(network).items():
        natural = 1 if loops[source] == loops[target] else later[target] - later[source]
        made.connection(source, target, weights, delay - natural)
    made.add("output", nir.Output(np.array([network[network.output].size])), (network.output, "{}"))
    if len(made.nodes) > MAX_NODES:
        raise SpecError(f"network: {len(made.nodes)} nodes in NIR, allowed {MAX_NODES}; export a smaller network")
    return nir.NIRGraph(made.nodes, made.edges, type_check=False), {name: later[name] for name in network.names}


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


class _Nodes:
    """Nodes and edges as they are made."""

    def __init__(self, nir: Any, network: Network, dt: float) -> None:
        self.nir, self.network, self.dt = nir, network, dt
        self.nodes: dict[str, Any] = {network.input.name: nir.Input(np.array([network.input.size]))}
        self.edges: list[tuple[str, str]] = []
        self._taken = {p.name for p in network.populations}
        #: By population, where its input goes, and one unit of its voltage in units of the state.
        self._entry: dict[str, str] = {}
        self._unit: dict[str, Floats] = {}

    def add(self, name: str, node: Any, *edges: tuple[str, str]) -> str:
        """Add a node under this name, or one with a number behind it; ``{}`` in edges stands for the name."""
        fresh = next(n for n in (name, *(f"{name}{k}" for k in range(2, MAX_NODES))) if n not in self._taken)
        self._taken.add(fresh)
        self.nodes[fresh] = node
        self.edges += [(a.format(fresh), b.format(fresh)) for a, b in edges]
        return fresh

    def population(self, population: Population) -> None:
        """Add its neurons, their AHP current, and a current of its own where the AHP current must bypass it."""
        p, name = population.parameters(), population.name
        threshold = p["threshold"].astype(np.float64) * 2**fx.STATE_SHIFT
        plain = name == self.network.output and not population.neuron.has_ahp  # type: ignore[union-attr]
        readout = plain and bool(np.all(p["threshold"] == READOUT_THRESHOLD))
        unit = np.full(population.size, _READOUT_UNIT) if readout else np.where(threshold > 0, threshold, _READOUT_UNIT)
        self._unit[name] = unit
        current, voltage = self._tau(p["current_decay"]), self._tau(p["voltage_decay"])
        ahp, remembers = bool(np.any(p["ahp_weight"])), bool(np.any(p["current_decay"] != fx.DECAY_ONE))
        # An AHP current must not pass through the synaptic current.
        apart = ahp and remembers
        tau_syn = np.full(population.size, self.dt) if apart else current
        values = {"tau_mem": voltage, "r": voltage / self.dt, "v_leak": p["bias"] / unit * voltage / self.dt}
        if readout and not remembers:
            self.nodes[name] = self.nir.LI(tau=voltage, r=values["r"], v_leak=values["v_leak"])
        elif readout:
            self.nodes[name] = self.nir.CubaLI(tau_syn=tau_syn, w_in=tau_syn / self.dt, **values)
        else:
            self.nodes[name] = self.nir.CubaLIF(
                tau_syn=tau_syn, w_in=tau_syn / self.dt, v_threshold=threshold / unit, **values
            )
        self._entry[name] = name
        if apart:
            self._entry[name] = self.add(f"{name}_current", self._integrator(current), ("{}", name))
        if ahp:
            charge = self.nir.Linear(np.diag(-p["ahp_weight"] / unit).astype(np.float32))
            inner = self.add(f"{name}_ahp", self._integrator(self._tau(p["ahp_decay"])), ("{}", name))
            self.add(f"{name}_ahp_weight", charge, (name, "{}"), ("{}", inner))

    def connection(self, source: str, target: str, weights: Floats, extra: int) -> None:
        """Add weights in units of the state, behind so many steps of delay."""
        if extra:
            delay = self.nir.Delay(np.full(weights.shape[1], extra * self.dt))
            origin = self.add(f"{source}_{target}_delay", delay, (source, "{}"))
        else:
            origin = source
        weights = (weights / self._unit[target][:, None]).astype(np.float32)
        self.add(f"{source}_{target}", self.nir.Linear(weights), (origin, "{}"), ("{}", self._entry[target]))

    def _integrator(self, tau: Floats) -> Any:
        return self.nir.LI(tau=tau, r=tau / self.dt, v_leak=np.zeros(len(tau)))

    def _tau(self, decay: npt.NDArray[np.int64]) -> Floats:
        return self.dt * np.where(decay > 0, fx.DECAY_ONE / np.maximum(decay, 1), _FOREVER)
