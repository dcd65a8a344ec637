"""Select layers of a network by their numbers, as NetX does with ``num_layers`` and ``skip_layers``."""

from __future__ import annotations

from itertools import pairwise

from lava_ahp.errors import SpecError
from lava_ahp.network import Population, graph


def select_layers(
    network: graph.Network, num_layers: int | None, skip_layers: int | None, *, before: int
) -> graph.Network:
    """Take the first ``num_layers`` layers of a chain and leave out the first ``skip_layers`` of them.

    Layers are counted as in the network file: the input, and any flatten layer, count as well.  If populations are left
    out at the front, the last of them becomes the input.  If the output population is left out, the last remaining
    population becomes the output.

    Args:
        network: the whole network.
        num_layers: number of layers to keep; None keeps all, and so does a number beyond the last layer.
        skip_layers: number of layers to leave out; None is 0.
        before: number of layers before the first population that computes.

    Raises:
        SpecError: the network is not a chain, or no population is left.
    """
    if num_layers is None and not skip_layers:
        return network
    chain = _chain(network)
    if chain is None:
        name, value = ("skip_layers", skip_layers) if num_layers is None else ("num_layers", num_layers)
        raise SpecError(f"{name}: found {value}, but this network is a graph, not a chain of layers; leave it out")
    total = before + len(chain) - 1
    end = total if num_layers is None else min(num_layers, total)
    if end <= before:
        raise SpecError(f"num_layers: found {num_layers}, allowed {before + 1} or more, or None for all")
    skip = skip_layers or 0
    if not 0 <= skip < end:
        raise SpecError(f"skip_layers: found {skip}, allowed 0..{end - 1}")
    source, *kept = chain[max(skip - before, 0) : end - before + 1]
    return graph.Network(
        populations=(Population(source, network[source].size), *(network[name] for name in kept)),
        connections=tuple(c for c in network.connections if c.target in kept),
        output=network.output if network.output in kept else kept[-1],
    )


def _chain(network: graph.Network) -> list[str] | None:
    """Names of the populations from the input on, or None if the network is not a chain.

    In a chain, each population receives spikes from the previous one and possibly from itself.
    """
    chain = [network.input.name]
    while len(onward := {c.target for c in network.connections if c.source == chain[-1]} - set(chain)) == 1:
        chain += onward
    allowed = {*pairwise(chain), *zip(chain, chain, strict=True)}
    complete = len(chain) == len(network.populations)
    return chain if complete and all((c.source, c.target) in allowed for c in network.connections) else None
