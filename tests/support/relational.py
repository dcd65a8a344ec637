"""A relational network as a chip runs it, with random weights: every copy of a part shares its weights."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

from lava_ahp import Connection, Events, Network, Neuron, Population, Weights

NO_MEMORY = 4096


class Sizes(NamedTuple):
    """Neurons of every part, words of the vocabulary and of a sentence, and the timing in steps."""

    vocabulary: int = 150
    encoder: int = 200
    pair: tuple[int, ...] = (128, 128)
    after: tuple[int, ...] = (128, 128)
    answers: int = 150
    words: int = 11
    steps_per_word: int = 3
    relay_steps: int = 4
    tail: int = 7

    @property
    def steps(self) -> int:
        """Steps of a story."""
        return self.steps_per_word * self.words + self.tail


SMALL = Sizes(vocabulary=5, encoder=6, pair=(7, 4), after=(6, 5), answers=3, words=2, steps_per_word=2, relay_steps=2)


def relational_network(slots: int, sizes: Sizes = SMALL, seed: int = 0) -> Network:
    """Encoders of ``slots`` sentences and a question, relays, a layer of every pair of sentences, and the answer.

    Input channels: the words of every slot and of the question, then ``go``, ``on``, and ``absent`` of every slot.
    """
    rng = np.random.default_rng(seed)
    channels = (slots + 1) * sizes.vocabulary + 2 + slots
    go, on = (slots + 1) * sizes.vocabulary, (slots + 1) * sizes.vocabulary + 1

    def draw(targets, sources, scale, mean=0.0):
        values = 2 * np.rint((rng.standard_normal((targets, sources)) * scale + mean) / 2)
        return Weights(np.clip(values, -254, 254).astype(int))

    def encoder_neuron():
        return Neuron(
            threshold=100,
            current_decay=1365,
            voltage_decay=rng.integers(200, 1000, sizes.encoder),
            ahp_decay=rng.integers(30, 400, sizes.encoder),
            ahp_weight=rng.integers(200, 4000, sizes.encoder),
        )

    relay = Neuron(threshold=100, current_decay=NO_MEMORY, voltage_decay=NO_MEMORY)
    cells = [Neuron(threshold=100, current_decay=1000, voltage_decay=rng.integers(200, 1000, n)) for n in sizes.pair]
    ids = Weights(64 * np.eye(sizes.encoder, dtype=int))
    opens = Weights(np.full((sizes.encoder, 1), 64)).within(channels, go)
    silence = Weights(np.full((sizes.pair[0], 1), -256))
    spread = 120 / np.sqrt(sizes.encoder)
    sentence = draw(sizes.encoder, sizes.vocabulary, 40), draw(sizes.encoder, sizes.encoder, spread)
    question = draw(sizes.encoder, sizes.vocabulary, 40), draw(sizes.encoder, sizes.encoder, spread)
    reads = [draw(sizes.pair[0], sizes.encoder, 2 * spread) for _ in "abq"]
    ages = [[draw(sizes.pair[0], 1, 20).within(channels, go) for _ in range(slots)] for _ in "ij"]
    bias = draw(sizes.pair[0], 1, 10, 10).within(channels, on)
    deeper = [draw(n, m, 200 / np.sqrt(m)) for m, n in zip(sizes.pair, sizes.pair[1:], strict=False)]

    populations, connections = [Population("input", channels)], []

    def connect(source, target, weights, **options):
        connections.append(Connection(source, target, weights, **options))

    sentence_neuron = encoder_neuron()
    parts = [(f"sentence{k}", f"relay{k}", k, sentence_neuron, sentence) for k in range(slots)]
    parts.append(("question", "question_relay", slots, encoder_neuron(), question))
    for name, relayed, k, neuron, (words, recurrent) in parts:
        populations += [Population(name, sizes.encoder, neuron), Population(relayed, sizes.encoder, relay)]
        connect("input", name, words.within(channels, k * sizes.vocabulary))
        connect(name, name, recurrent)
        connect(name, relayed, ids)
        connect("input", relayed, opens)
    pairs = list(combinations_with_replacement(range(slots), 2))
    for i, j in pairs:
        first = f"first{i}_{j}"
        populations.append(Population(first, sizes.pair[0], cells[0]))
        for source, weights in zip((f"relay{i}", f"relay{j}", "question_relay"), reads, strict=True):
            connect(source, first, weights)
        connect("input", first, ages[0][slots - 1 - i])
        connect("input", first, ages[1][slots - 1 - j])
        connect("input", first, bias)
        for k in {i, j}:
            connect("input", first, silence.within(channels, on + 1 + k), exponent=4)
        for depth, weights in enumerate(deeper, start=2):
            populations.append(Population(f"layer{depth}_{i}_{j}", sizes.pair[depth - 1], cells[depth - 1]))
            connect(first if depth == 2 else f"layer{depth - 1}_{i}_{j}", populations[-1].name, weights)
    answer_neuron = Neuron(threshold=100, current_decay=1000, voltage_decay=1000)
    gather = draw(sizes.after[0], sizes.pair[-1], 200 / np.sqrt(sizes.pair[-1] * slots))
    populations.append(Population("f1", sizes.after[0], answer_neuron))
    last = "first" if len(sizes.pair) == 1 else f"layer{len(sizes.pair)}_"
    for i, j in pairs:
        connect(f"{last}{i}_{j}", "f1", gather)
    connect("input", "f1", draw(sizes.after[0], 1, 10).within(channels, on))
    for depth, (m, n) in enumerate(zip(sizes.after, sizes.after[1:], strict=False), start=2):
        populations.append(Population(f"f{depth}", n, answer_neuron))
        connect(f"f{depth - 1}", f"f{depth}", draw(n, m, 200 / np.sqrt(m)))
    populations.append(Population("readout", sizes.answers, Neuron(131071, voltage_decay=400)))
    connect(f"f{len(sizes.after)}", "readout", draw(sizes.answers, sizes.after[-1], 60))
    return Network(tuple(populations), tuple(connections), output="readout")


def stories(slots: int, sizes: Sizes = SMALL, *, present: list[int], seed: int = 0) -> Events:
    """Random stories of so many sentences each, as input spikes of :func:`relational_network`."""
    rng = np.random.default_rng(seed)
    words, per_word = sizes.words, sizes.steps_per_word
    go = (slots + 1) * sizes.vocabulary
    opening = range(words * per_word - sizes.relay_steps + 1, words * per_word + 1)
    lists = []
    for sentences in present:
        spikes = [(t, c) for t in opening for c in (go, go + 1)]
        for k in range(slots + 1):
            if k < slots - sentences:
                spikes += [(t, go + 2 + k) for t in range(opening.start, sizes.steps)]
                continue
            for p in range(words):
                word = k * sizes.vocabulary + int(rng.integers(sizes.vocabulary))
                spikes += [(t, word) for t in range(p * per_word, (p + 1) * per_word)]
        lists.append(np.array(spikes))
    return Events.from_lists(lists, go + 2 + slots, sizes.steps)
