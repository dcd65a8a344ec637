"""A population as NIR nodes: one CubaLIF, and leaky integrators for what it lacks.

``r = tau_mem / dt`` and ``w_in = tau_syn / dt``, as snnTorch writes them: one unit of input is one unit of current, and
one unit of current is one of voltage.  An AHP current is an LI that hears the spikes of the neuron through negative
weights and adds to its input.  It must not pass through the synaptic current, which is therefore an LI of its own then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.network import READOUT_THRESHOLD, Population
from lava_ahp.network import fixedpoint as fx

Floats = npt.NDArray[np.float64]

#: Steps of a time constant that stands for no decay: what is lost in a step is less than one unit of 24 bits.
_FOREVER = 2.0**fx.STATE_BITS
#: A voltage without a threshold is counted in weights of one.
_NO_THRESHOLD = 2.0**fx.STATE_SHIFT


@dataclass
class Neurons:
    """Nodes of a population.

    Attributes:
        unit: one unit of voltage in units of the state, ``(neuron,)``.
        nodes: nodes by name; the neuron is ``neuron``, and input enters at ``entry``.
        loop: where the population's own spikes enter.
        nested: whether the nodes form a graph of their own.
    """

    unit: Floats
    nodes: dict[str, Any]
    entry: str = "neuron"
    loop: str = "neuron"
    nested: bool = False
    edges: list[tuple[str, str]] = field(default_factory=list)

    def hear_itself(self, weight: Any, delay: Any) -> None:
        """Add a connection of the population onto itself, behind a delay or None."""
        count = sum(name.startswith("weight") for name in self.nodes)
        name = f"weight{count + 1}" if count else "weight"
        self.nodes[name] = weight
        self.edges.append((name, self.loop))
        before = "neuron"
        if delay is not None:
            before = f"delay_of_{name}"
            self.nodes[before] = delay
            self.edges.append(("neuron", before))
        self.edges.append((before, name))

    def node(self, nir: Any) -> Any:
        """The neuron, or a graph around it."""
        if not self.nested:
            return self.nodes["neuron"]
        size = np.array([len(self.unit)])
        ends = {"input": nir.Input(size), "output": nir.Output(size)}
        edges = [("input", self.entry), *self.edges, ("neuron", "output")]
        return nir.NIRGraph(ends | self.nodes, edges, type_check=False)


def neurons(nir: Any, population: Population, dt: float, *, output: bool, recurrent: bool) -> Neurons:
    """The nodes of a population, without its connections.

    Args:
        nir: the package.
        population: any but the input.
        dt: one time step, in seconds.
        output: whether it is read out; with the largest threshold, its voltage is the output then.
        recurrent: whether it has connections onto itself.
    """
    p, size = population.parameters(), population.size
    ahp, remembers = bool(np.any(p["ahp_weight"])), bool(np.any(p["current_decay"] != fx.DECAY_ONE))
    readout = output and not ahp and not recurrent and bool(np.all(p["threshold"] == READOUT_THRESHOLD))
    threshold = p["threshold"] * 2.0**fx.STATE_SHIFT
    unit = np.full(size, _NO_THRESHOLD) if readout else np.where(threshold > 0, threshold, _NO_THRESHOLD)
    current, voltage = _tau(p["current_decay"], dt), _tau(p["voltage_decay"], dt)
    tau_syn = np.full(size, dt) if ahp else current
    common = {"r": voltage / dt, "v_leak": p["bias"] / unit * voltage / dt}
    if readout and not remembers:
        neuron = nir.LI(tau=voltage, **common)
    elif readout:
        neuron = nir.CubaLI(tau_mem=voltage, tau_syn=tau_syn, w_in=tau_syn / dt, **common)
    else:
        neuron = nir.CubaLIF(
            tau_mem=voltage, tau_syn=tau_syn, w_in=tau_syn / dt, v_threshold=threshold / unit, **common
        )
    found = Neurons(unit, {"neuron": neuron}, nested=ahp or recurrent)
    if ahp:
        found.nodes["ahp"] = _integrator(nir, _tau(p["ahp_decay"], dt), dt)
        found.nodes["ahp_weight"] = nir.Linear(np.diag(-p["ahp_weight"] / unit).astype(np.float32))
        found.edges += [("neuron", "ahp_weight"), ("ahp_weight", "ahp"), ("ahp", "neuron")]
    if ahp and remembers:
        found.entry = "current"
        found.nodes["current"] = _integrator(nir, current, dt)
        found.edges.append(("current", "neuron"))
    if ahp and remembers and recurrent:
        # NIRTorch needs an input that does not depend on the neuron, to know where a step begins.
        found.loop = "current_of_loop"
        found.nodes[found.loop] = _integrator(nir, current, dt)
        found.edges.append((found.loop, "neuron"))
    return found


def _integrator(nir: Any, tau: Floats, dt: float) -> Any:
    return nir.LI(tau=tau, r=tau / dt, v_leak=np.zeros(len(tau)))


def _tau(decay: npt.NDArray[np.int64], dt: float) -> Floats:
    return dt * np.where(decay > 0, fx.DECAY_ONE / np.maximum(decay, 1), _FOREVER)
