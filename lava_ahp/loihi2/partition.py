"""A network whose populations have one decay of the current, one of the voltage and one threshold each.

Lava's LIF takes these once per Process.  A population with several becomes several, and so do its connections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_matrix

from lava_ahp.errors import SpecError
from lava_ahp.network import Connection, Network, Neuron, Population
from lava_ahp.network import fixedpoint as fx

Int64 = npt.NDArray[np.int64]

#: The quench silences every neuron: one spike of a channel of its own, and the strongest synapse that there is.
QUENCH_WEIGHT, QUENCH_EXPONENT = -255, fx.CONNECTION_EXPONENT_MAX

#: Lava's LIF wraps ``u`` once in a step, so no more than this may arrive in one, of either sign.
DRIVE_MAX = 2**24


@dataclass(frozen=True, eq=False)
class Partition:
    """A network in parts.

    Attributes:
        network: one population for every part.  Its input has one more channel than the whole network's: the quench.
        members: neurons of every part in their population, ``int64 (neuron,)``, by population and name of the part.
    """

    network: Network
    members: Mapping[str, Mapping[str, Int64]]

    @property
    def quench_channel(self) -> int:
        """The last channel of the input."""
        return self.network.input.size - 1


def partition(network: Network) -> Partition:
    """Split a network of LIF neurons by their constants and add the quench.

    Raises:
        SpecError: neurons that Lava's LIF does not have; the text says how to replace them.
    """
    _check(network)
    members: dict[str, dict[str, Int64]] = {}
    populations = [Population(network.input.name, network.input.size + 1)]
    for population in network:
        p = population.parameters()
        rows = np.stack([p["current_decay"], p["voltage_decay"], p["threshold"]])
        constants, group = np.unique(rows, axis=1, return_inverse=True)
        members[population.name] = {}
        for k, (du, dv, vth) in enumerate(constants.T.tolist()):
            # The number keeps the names apart, whatever the populations are called.
            name, own = f"part{len(populations)}_{population.name}", np.flatnonzero(group.reshape(-1) == k)
            members[population.name][name] = own
            neuron = Neuron(vth, current_decay=du, voltage_decay=dv, bias=p["bias"][own])
            populations.append(Population(name, len(own), neuron))
    connections = [part for c in network.connections for part in _parts(c, members, populations[0])]
    connections += (_quench(populations[0], part) for part in populations[1:])
    output = next(iter(members[network.output]))
    parts = Network(tuple(populations), tuple(connections), output)
    for name, of_population in members.items():
        drive = max(_most_in_one_step(parts, part) for part in of_population)
        if drive > DRIVE_MAX:
            raise SpecError(
                f"population {name}: its synapses could bring {drive} in one step, allowed {DRIVE_MAX} in Lava's LIF; "
                "use smaller exponents, or lower with a smaller --scale"
            )
    return Partition(parts, members)


def _check(network: Network) -> None:
    wrong: dict[str, Callable[[Mapping[str, Int64]], npt.NDArray[np.bool_]]] = {
        "AHP neurons": lambda p: p["ahp_weight"] != 0,
        "neurons with an input_exponent": lambda p: p["input_exponent"] != 0,
        "neurons with current_decay 0": lambda p: p["current_decay"] == 0,
        "neurons with voltage_decay 4096": lambda p: p["voltage_decay"] == fx.DECAY_ONE,
    }
    for what, holds in wrong.items():
        for population in network:
            if count := np.count_nonzero(holds(population.parameters())):
                raise SpecError(
                    f"population {population.name}: found {count} {what}, allowed LIF neurons of Loihi 2; "
                    "turn them into such (lava-ahp lower F.net -o G.net)"
                )


def _most_in_one_step(network: Network, name: str) -> int:
    """The most of one sign that can arrive at one neuron in one step, in units of ``u``."""
    excites, inhibits = np.zeros((2, network[name].size), np.int64)
    for c in network.incoming(name):
        weights = c.values.astype(np.int64) << c.exponent
        np.add.at(excites, c.targets, np.maximum(weights, 0))
        np.add.at(inhibits, c.targets, np.maximum(-weights, 0))
    return int(max(excites.max(), inhibits.max())) << fx.STATE_SHIFT


def _parts(
    connection: Connection, members: Mapping[str, Mapping[str, Int64]], source_input: Population
) -> Iterator[Connection]:
    """The synapses of a connection between each two parts that have any."""
    whole = {source_input.name: np.arange(source_input.size)}
    sources, targets = (members.get(name, whole) for name in (connection.source, connection.target))
    from_part, source = _places(sources, connection.sources)
    to_part, target = _places(targets, connection.targets)
    pair = from_part * len(targets) + to_part
    names = [(a, b) for a in sources for b in targets]
    for k in np.unique(pair):
        here, (from_name, to_name) = np.flatnonzero(pair == k), names[k]
        where, shape = (target[here], source[here]), (len(targets[to_name]), len(sources[from_name]))
        delay: int | Int64
        if connection.delay is not None:
            delay = connection.delay
        else:
            delay = np.full(shape, fx.DELAY_MIN, np.int64)
            delay[where] = connection.delays[here]
        weights = csc_matrix((connection.values[here].astype(np.int64), where), shape)
        yield Connection(from_name, to_name, weights, exponent=connection.exponent, delay=delay)


def _places(parts: Mapping[str, Int64], neurons: npt.NDArray[np.int32]) -> tuple[Int64, Int64]:
    """Number of the part of every neuron, and its place in it."""
    size = sum(len(own) for own in parts.values())
    part, place = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for k, own in enumerate(parts.values()):
        part[own], place[own] = k, np.arange(len(own))
    return part[neurons], place[neurons]


def _quench(source: Population, part: Population) -> Connection:
    own = np.arange(part.size)
    weights = csc_matrix(
        (np.full(part.size, QUENCH_WEIGHT), (own, np.full(part.size, source.size - 1))), (part.size, source.size)
    )
    return Connection(source.name, part.name, weights, exponent=QUENCH_EXPONENT)
