"""The network that a chip runs for a relational network: copies of its parts, which share their weights.

What the forward pass leaves out is a population here: encoders of empty slots, relays, and the pairs of empty slots,
which channels of the encoder keep silent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Connection, Network, Neuron, Population, Weights

if TYPE_CHECKING:
    from lava_ahp.models.relational import RelationalNetwork

#: A relay has no memory and needs a spike of its neuron and one of ``go`` in the same step.
RELAY = Neuron(threshold=100, current_decay=4096, voltage_decay=4096)
RELAY_WEIGHT = 64
#: Weight and exponent with which an empty slot keeps the first layer of its pairs silent.
SILENCE, SILENCE_EXPONENT = -256, 4
#: Name of a population that reads a pair of slots.
_OF_PAIR = re.compile(r"([a-z]+)([0-9]{1,4})_([0-9]{1,4})")


def pairs(slots: int) -> Iterator[tuple[int, int]]:
    """The pairs ``i <= j`` of slots, in the order of :func:`lava_ahp.slayer.pairing.pairs_of`."""
    return combinations_with_replacement(range(slots), 2)


def last_layers(network: Network) -> dict[tuple[int, int], str]:
    """The population of the last layer of ``g`` of each pair of slots ``i <= j``; none in another kind of network."""
    layers: dict[str, dict[tuple[int, int], str]] = {}
    for name in network.names:
        found = _OF_PAIR.fullmatch(name)
        if found:
            layers.setdefault(found[1], {})[int(found[2]), int(found[3])] = name
    # Populations are in the order of layers.
    return layers.popitem()[1] if layers else {}


def graph(model: RelationalNetwork) -> Network:
    """The network of a model, without task and provenance."""
    parts = _Parts(model)
    parts.encoders()
    parts.pairs()
    parts.answer()
    return Network(tuple(parts.populations), tuple(parts.connections), "readout")


class _Parts:
    """Populations and connections of a model's network, in order."""

    def __init__(self, model: RelationalNetwork) -> None:
        self.model, self.code = model, model.code
        self.populations = [Population("input", model.channels)]
        self.connections: list[Connection] = []

    def _from_input(self, target: str, weights: Weights, first: int, exponent: int = 0) -> None:
        """Synapses from the input channels ``first``, ``first + 1``, ... onto a population."""
        placed = weights.within(self.model.channels, first)
        self.connections.append(Connection("input", target, placed, exponent=exponent))

    def encoders(self) -> None:
        """An encoder for every slot and one for the question, and a relay behind each neuron."""
        slots, size = self.code.sentences, self.model.config.encoder
        each = Weights(RELAY_WEIGHT * np.eye(size, dtype=np.int64))
        go = Weights(np.full((size, 1), RELAY_WEIGHT))
        names = {f"sentence{k}": f"relay{k}" for k in range(slots)}
        for kind, block, copies in (
            ("sentence", self.model.sentence, list(names)),
            ("question", self.model.question, ["question"]),
        ):
            found, neuron = block.weights(), block.neuron.to_network_neuron()
            assert found.recurrent is not None
            words, recurrent = Weights(found.feedforward), Weights(found.recurrent)
            first = 0 if kind == "sentence" else slots
            for slot, name in enumerate(copies, first):
                self.populations.append(Population(name, size, neuron))
                self._from_input(name, words, slot * len(self.code.vocabulary))
                self.connections.append(Connection(name, name, recurrent))
        for name, relay in {**names, "question": "question_relay"}.items():
            self.populations.append(Population(relay, size, RELAY))
            self.connections.append(Connection(name, relay, each))
            self._from_input(relay, go, self.code.go)

    def pairs(self) -> None:
        """The layers of ``g``, each with a copy for every pair of slots."""
        slots, g = self.code.sentences, self.model.g
        found, names = g.weights(), g.names
        of_i, of_j, question, bias = map(Weights, (found.sentence_i, found.sentence_j, found.question, found.bias))
        ages_i, ages_j = (_columns(ages) for ages in (found.age_i, found.age_j))
        silence = Weights(np.full((len(found.bias), 1), SILENCE))
        neurons = [neuron.to_network_neuron() for neuron in g.layers.values()]
        for i, j in pairs(slots):
            target = f"{names[0]}{i}_{j}"
            self.populations.append(Population(target, len(found.bias), neurons[0]))
            for source, weights in ((f"relay{i}", of_i), (f"relay{j}", of_j), ("question_relay", question)):
                self.connections.append(Connection(source, target, weights))
            self._from_input(target, ages_i[slots - 1 - i], self.code.go)
            self._from_input(target, ages_j[slots - 1 - j], self.code.go)
            self._from_input(target, bias, self.code.on)
            for slot in sorted({i, j}):
                self._from_input(target, silence, self.code.absent[slot], SILENCE_EXPONENT)
        for layer, matrix in enumerate(found.further, 1):
            weights = Weights(matrix)
            for i, j in pairs(slots):
                source, target = (f"{name}{i}_{j}" for name in names[layer - 1 : layer + 1])
                self.populations.append(Population(target, len(matrix), neurons[layer]))
                self.connections.append(Connection(source, target, weights))

    def answer(self) -> None:
        """The layers of ``f``, of which the first reads every pair or the intermediate neurons, and the readout."""
        first, *further = self.model.blocks
        matrix = first.weights().feedforward
        weights, bias = Weights(matrix[:, :-1]), Weights(matrix[:, -1:])
        of_pairs, sums = [f"{self.model.g.names[-1]}{i}_{j}" for i, j in pairs(self.code.sentences)], self.model.sums
        if sums is not None:
            self.populations.append(Population(sums.name, sums.size, sums.neuron.to_network_neuron()))
            each = Weights(sums.matrix())
            self.connections += [Connection(name, sums.name, each) for name in of_pairs]
            of_pairs = [sums.name]
        self.populations.append(Population("f1", len(matrix), first.neuron.to_network_neuron()))
        self.connections += [Connection(name, "f1", weights) for name in of_pairs]
        self._from_input("f1", bias, self.code.on)
        names = [*(f"f{k}" for k in range(2, len(further) + 2)), "readout"]
        for name, block in zip(names, [*further, self.model.readout], strict=True):
            matrix, before = block.weights().feedforward, self.populations[-1].name
            self.populations.append(Population(name, len(matrix), block.neuron.to_network_neuron()))
            self.connections.append(Connection(before, name, matrix))


def _columns(matrix: npt.NDArray[np.int64]) -> list[Weights]:
    """Each column of a matrix as weights of their own."""
    return [Weights(matrix[:, k : k + 1]) for k in range(matrix.shape[1])]
