"""A NIR graph as a :class:`lava_ahp.Network`, with what the conversion lost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lava_ahp.errors import DataError, SpecError, brief
from lava_ahp.formats.nir._drive import ON
from lava_ahp.formats.nir._flat import flatten
from lava_ahp.formats.nir._loss import Loss
from lava_ahp.formats.nir._parts import Parts, parts_of
from lava_ahp.formats.nir._quantise import Quantised, quantise
from lava_ahp.formats.nir._timing import components, longest
from lava_ahp.network import Network, Neuron, Population
from lava_ahp.network import fixedpoint as fx

#: A neuron that spikes in every step.
ALWAYS = Neuron(threshold=0, voltage_decay=fx.DECAY_ONE, bias=1 << fx.STATE_SHIFT)


@dataclass(frozen=True)
class Converted:
    """A network made from floats.

    Attributes:
        network: the network.
        loss: what rounding lost.
        later: by population, the steps by which it spikes later than in NIR.
        per_volt: by population, units of the state in one unit of NIR's voltage.
        notes: what a user should know, in words.
    """

    network: Network
    loss: Loss
    later: dict[str, int]
    per_volt: dict[str, float]
    notes: tuple[str, ...]


def convert(graph: Any, dt: float) -> Converted:
    """Turn a ``nir.NIRGraph`` into a network of the chip's integers.

    Args:
        graph: the graph.
        dt: one time step, in seconds.

    Raises:
        DataError: a node, a parameter or a structure that the chip does not have; the text names it.
    """
    parts = parts_of(flatten(graph), dt)
    terms = [term for part in parts.parts.values() for term in part.terms]
    on = {ON: "on"} if any(term.source == ON for term in terms) else {}
    names = _names({**{node: node for node in (parts.input, *parts.parts)}, **on})
    edges = {(term.source, name) for name, part in parts.parts.items() for term in part.terms}
    loops = components(names, edges)
    later = longest(loops, edges)
    made: list[Quantised] = []
    for node, part in parts.parts.items():
        natural = {
            source: 1 if loops[source] == loops[node] else later[node] - later[source] for source in names
        }  # fmt: skip
        made.append(quantise(names[node], part, names, natural))
    try:
        network = Network(
            populations=(
                Population(names[parts.input], parts.input_size),
                *(Population(names[node], 1, ALWAYS) for node in on),
                *(q.population for q in made),
            ),
            connections=tuple(c for q in made for c in q.connections),
            output=names[parts.output],
        )
    except SpecError as error:
        raise DataError(f"NIR graph: {error}") from None
    loss = Loss(
        weights=tuple(w for q in made for w in q.weights),
        decays=tuple(d for q in made for d in q.decays),
        thresholds=tuple(q.threshold for q in made if q.threshold is not None),
    )
    return Converted(
        network=network,
        loss=loss,
        later={names[node]: later[node] for node in parts.parts},
        per_volt={q.population.name: q.scale.per_volt for q in made},
        notes=(*parts.notes, *_notes(parts, names, made)),
    )


def _names(wanted: dict[str, str]) -> dict[str, str]:
    """Names that a population may have, by node; they stay different."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for node, wish in wanted.items():
        plain = re.sub(r"\W", "_", wish, flags=re.ASCII)[:100] or "node"
        plain = plain if plain.isidentifier() else f"node_{plain}"
        name, count = plain, 2
        while name in taken:
            name, count = f"{plain}_{count}", count + 1
        found[node] = name
        taken.add(name)
    return found


def _notes(parts: Parts, names: dict[str, str], made: list[Quantised]) -> list[str]:
    notes = []
    if ON in names:
        notes.append(f"biases are the weights of the neuron {names[ON]}, which spikes in every step")
    leaning = [names[node] for node, part in parts.parts.items() if part.bias.any()]
    if leaning:
        notes.append(f"v_leak of {_listed(leaning)} acts from the first step on, in NIR only once the input gets there")
    wraps = [q.population.name for q in made if q.scale.wraps]
    if wraps:
        notes.append(
            f"the synaptic current of {_listed(wraps)} wraps around if nearly all synapses are active in every step"
        )
    if parts.delay_rounded > 1e-6:
        notes.append(f"delays were rounded to whole steps, by up to {parts.delay_rounded:.2g} steps")
    return notes


def _listed(names: list[str]) -> str:
    return brief(", ".join(names), 200)
