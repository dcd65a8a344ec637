"""A network: the graph that frozen populations and connections form.

A :class:`Network` is checked when it is made, so that every engine may trust it.  Parameters are the
integers of the chip (docs/numerics.md).  Arrays held here are read-only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from lava_ahp.errors import SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network._arrays import array_text
from lava_ahp.network.connection import Connection
from lava_ahp.network.neuron import MAX_NEURONS, READOUT_THRESHOLD, Neuron, Population
from lava_ahp.network.trace import Activity, Golden, Trace
from lava_ahp.network.weights import MAX_SYNAPSES, Weights

__all__ = [
    "MAX_NEURONS",
    "MAX_SYNAPSES",
    "READOUT_THRESHOLD",
    "Activity",
    "Connection",
    "Golden",
    "Network",
    "Neuron",
    "Population",
    "SpecError",
    "Trace",
    "Weights",
]


@dataclass(frozen=True, repr=False)
class Network:
    """A graph of populations and connections: one input, any number of others, one of them the output.

    Attributes:
        populations: in the order in which they are shown; names are unique.
        connections: any, including several between the same two populations.
        output: name of the population that is read out.
        task: what the network was trained for: JSON values, among them ``name`` and the encoder.
        provenance: how the network was made: JSON values (versions, seed, accuracy).

    Raises:
        SpecError: an inconsistent graph, or a fan-in whose sum could exceed 32 bits.
    """

    populations: tuple[Population, ...]
    connections: tuple[Connection, ...]
    output: str
    task: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    # Indices, so that a network of thousands of populations needs no search.
    _by_name: Mapping[str, Population] = field(init=False, compare=False)
    _incoming: Mapping[str, tuple[Connection, ...]] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "populations", tuple(self.populations))
        object.__setattr__(self, "connections", tuple(self.connections))
        for name in ("task", "provenance"):
            object.__setattr__(self, name, _frozen_json(getattr(self, name), f"network {name}"))
        names = [p.name for p in self.populations]
        if len(set(names)) != len(names):
            raise SpecError(f"network: population names {names} repeat; make them unique")
        inputs = [p.name for p in self.populations if p.is_input]
        if len(inputs) != 1:
            raise SpecError(f"network: input populations {inputs}, allowed exactly one (a population without neuron)")
        if self.output not in names or self.output == inputs[0]:
            allowed = [n for n in names if n != inputs[0]]
            raise SpecError(f"network output: found {self.output!r}, allowed {allowed}")
        incoming: dict[str, list[Connection]] = {name: [] for name in names}
        object.__setattr__(self, "_by_name", MappingProxyType({p.name: p for p in self.populations}))
        for connection in self.connections:
            self._check(connection)
            incoming[connection.target].append(connection)
        object.__setattr__(self, "_incoming", MappingProxyType({name: tuple(c) for name, c in incoming.items()}))
        for population in self:
            worst = self.worst_case_drive(population.name)
            if worst > fx.DRIVE_MAX:
                raise SpecError(
                    f"population {population.name}: its synapses could bring {worst} in one step, "
                    f"allowed {fx.DRIVE_MAX}; use fewer synapses or a smaller exponent"
                )

    def _check(self, connection: Connection) -> None:
        for end in (connection.source, connection.target):
            if end not in self._by_name:
                raise SpecError(f"connection {connection.name}: no population {end!r}")
        if self[connection.target].is_input:
            raise SpecError(f"connection {connection.name}: {connection.target} is the input and receives nothing")
        expected = (self[connection.target].size, self[connection.source].size)
        if connection.shape != expected:
            raise SpecError(
                f"connection {connection.name}: weights {connection.shape}, allowed {expected} (target, source)"
            )

    def __reduce__(self) -> tuple[Any, ...]:
        # Read-only mappings cannot be pickled; the network is built, and checked, again.
        parts = self.populations, self.connections, self.output, dict(self.task), dict(self.provenance)
        return Network, parts

    def __getitem__(self, name: str) -> Population:
        if name not in self._by_name:
            raise SpecError(f"network: no population {name!r}, there are {array_text(list(self._by_name))}")
        return self._by_name[name]

    def __repr__(self) -> str:
        from lava_ahp.network.summary import describe_network

        return describe_network(self)

    def _repr_html_(self) -> str:
        from lava_ahp.network.summary import connection_row, grouped, population_row
        from lava_ahp.network.tables import html_table

        populations = html_table(repr(self), grouped([population_row(p) for p in self.populations]))
        return populations + html_table("Connections", grouped([connection_row(c) for c in self.connections]))

    def __iter__(self) -> Iterator[Population]:
        """The populations that compute: all but the input."""
        return (p for p in self.populations if not p.is_input)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the populations that compute: all but the input."""
        return tuple(p.name for p in self)

    @property
    def neurons(self) -> int:
        """Neurons of the populations that compute."""
        return sum(p.size for p in self)

    @property
    def synapses(self) -> int:
        """Synapses of all connections."""
        return sum(c.synapses for c in self.connections)

    @cached_property
    def weights(self) -> tuple[Weights, ...]:
        """The distinct weights of the connections (:attr:`Weights.base`), in the order of their first use."""
        return tuple({id(c.weights.base): c.weights.base for c in self.connections}.values())

    @cached_property
    def shares_weights(self) -> bool:
        """Whether several connections share weights."""
        return len(self.weights) < len(self.connections)

    @property
    def input(self) -> Population:
        """The population whose spikes come from outside."""
        return next(p for p in self.populations if p.is_input)

    def incoming(self, name: str) -> tuple[Connection, ...]:
        """Connections onto a population."""
        return self._incoming.get(name, ())

    def worst_case_drive(self, name: str) -> int:
        """The most that can arrive at one neuron of a population in one step, in units of ``u``."""
        population = self[name]
        exponent = population.parameters()["input_exponent"]
        if not any(c.synapses for c in self.incoming(name)):
            return 0
        drive = np.zeros(population.size, dtype=np.int64)
        for c in self.incoming(name):
            drive += c.weights.magnitude << c.exponent
        return int((drive << (fx.STATE_SHIFT + exponent)).max())

    @property
    def max_delay(self) -> int:
        """Longest delay of any synapse, in steps."""
        return max((c.delay_range[1] for c in self.connections), default=fx.DELAY_MIN)


def _frozen_json(value: Mapping[str, Any], what: str) -> Mapping[str, Any]:
    try:
        return MappingProxyType(json.loads(json.dumps(dict(value), allow_nan=False)))
    except (TypeError, ValueError, RecursionError) as error:
        raise SpecError(f"{what}: not JSON ({error})") from None
