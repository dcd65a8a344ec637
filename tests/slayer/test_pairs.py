"""The pair layers against the readable loop, and against ``dynamics`` and the scalar oracle on a graph for a chip."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import dynamics
from lava_ahp.errors import DataError, SpecError
from lava_ahp.network import Connection, Events, Network, Population
from lava_ahp.slayer.block import Dense
from lava_ahp.slayer.pairs import PairLayers, pairs_of

from support.blocks import neuron_params, seeds
from support.oracle_runs import oracle_history
from support.pair_cases import AGES, batches, gentle_layers, pair_layers, stories


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_counts_equal_those_of_the_loop(data):
    layers = data.draw(pair_layers())
    batch = data.draw(batches(layers))
    with torch.set_grad_enabled(data.draw(st.booleans())):
        fused, looped = layers(*batch), layers.looped(*batch)
    assert fused.counts.dtype == torch.float32
    assert torch.equal(fused.counts, looped.counts)
    assert list(fused.spikes) == list(looped.spikes) == list(layers.names)
    for name, total in looped.spikes.items():
        assert torch.equal(fused.spikes[name], total), name


def chip(layers, f1, ages):
    """One story on a chip: every pair has its own populations, and one population reads the last layer of all pairs."""
    w, count = layers.weights(), len(ages)
    sources, question = w.sentence_i.shape[1], w.question.shape[1]
    channels = count * sources + question + 1
    go, of_question = channels - 1, count * sources
    populations, connections = [Population("input", channels)], []

    def wire(target, weights, first):
        matrix = np.zeros((len(weights), channels), np.int64)
        matrix[:, first : first + weights.shape[1]] = weights
        connections.append(Connection("input", target, matrix))

    for i in range(count):
        for j in range(i, count):
            first, *further = [f"{name}{i}_{j}" for name in layers.names]
            for name, neuron in zip([first, *further], layers.layers.values(), strict=True):
                populations.append(Population(name, neuron.num_neurons, neuron.to_network_neuron()))
            wire(first, w.sentence_i, i * sources)
            wire(first, w.sentence_j, j * sources)
            wire(first, w.question, of_question)
            for weights in (w.age_i[:, [ages[i]]], w.age_j[:, [ages[j]]], w.bias):
                wire(first, weights, go)
            below = first
            for name, weights in zip(further, w.further, strict=True):
                connections.append(Connection(below, name, weights))
                below = name
            connections.append(Connection(below, "f1", f1.weights().feedforward))
    populations.append(Population("f1", f1.neuron.num_neurons, f1.neuron.to_network_neuron()))
    return Network(tuple(populations), tuple(connections), "f1")


def chip_input(sentences, question, slots, go):
    """Input spikes of :func:`chip` for one story, ``(time, channel)``."""
    longer = len(go) - sentences.shape[-1]
    rows = [*(sentences[k] for k in slots), question]
    spikes = torch.nn.functional.pad(torch.cat(rows), (0, longer))
    return torch.cat([spikes, go[None]]).T.bool().numpy()


@st.composite
def chips(draw, most_steps):
    """Layers and a population that reads their counts, one story with 1 to 3 sentences, and their graph."""
    layers = draw(pair_layers())
    rng = np.random.default_rng(draw(seeds()))
    sizes, steps = [int(rng.integers(1, 4))], int(rng.integers(1, most_steps + 1))
    batch = stories(layers, rng, sizes, steps, shorter=draw(st.booleans()), rate=draw(st.sampled_from([0.2, 0.7])))
    f1 = Dense(draw(neuron_params(3)), list(layers.layers.values())[-1].num_neurons, 3, weight_scale=3, counts=True)
    sentences, question, slots, ages, _, go = batch
    network = chip(layers, f1, ages.tolist())
    return layers, f1, batch, network, chip_input(sentences, question[0], slots, go)


@settings(max_examples=40, deadline=None)
@given(chips(most_steps=50))
def test_every_state_equals_the_graph_on_a_chip(drawn):
    layers, f1, batch, network, spikes = drawn
    trace = dynamics.run(network, spikes[None])
    with torch.no_grad():
        states, (counts, total) = layers.states(*batch), layers(*batch)
        of_f1 = f1.states(counts)
        spikes_of_f1 = f1(counts)
    i, j, _ = pairs_of(batch[4])
    summed = 0
    for name in layers.names:
        rasters = [trace.spikes[f"{name}{a}_{b}"][0] for a, b in zip(i, j, strict=True)]
        for key in "uv":
            expected = [trace.states[f"{name}{a}_{b}"][key][0] for a, b in zip(i, j, strict=True)]
            np.testing.assert_array_equal(getattr(states[name], key).numpy(), expected, err_msg=f"{name} {key}")
        np.testing.assert_array_equal(states[name].s.numpy(), rasters)
        summed = np.sum(rasters, axis=0)
        np.testing.assert_array_equal(total[name].numpy(), summed.sum(axis=0))
    np.testing.assert_array_equal(counts[0].T.numpy(), summed)
    for key in "uav":
        np.testing.assert_array_equal(getattr(of_f1, key).numpy(), trace.states["f1"][key], err_msg=f"f1 {key}")
    np.testing.assert_array_equal(spikes_of_f1.transpose(1, 2).numpy(), trace.spikes["f1"])


@settings(max_examples=15, deadline=None)
@given(chips(most_steps=15))
def test_counts_equal_the_oracle(drawn):
    layers, f1, batch, network, spikes = drawn
    history = oracle_history(network, Events.from_dense(spikes[None]), 0)
    last = [x[..., 3] for name, x in history.items() if name.startswith(layers.names[-1])]
    with torch.no_grad():
        counts = layers(*batch).counts
        np.testing.assert_array_equal(counts[0].T.numpy(), np.sum(last, axis=0))
        np.testing.assert_array_equal(f1(counts)[0].T.numpy(), history["f1"][..., 3])


def test_a_story_without_sentences_has_no_spikes():
    layers = gentle_layers(np.random.default_rng(0), [6, 4])
    batch = stories(layers, np.random.default_rng(1), [3, 0, 2], 12)
    counts, spikes = layers(*batch)
    assert counts[0].sum() > 0
    assert counts[1].sum() == 0
    empty = stories(layers, np.random.default_rng(1), [0, 0], 12)
    counts, spikes = layers(*empty)
    assert counts.shape == (2, 4, 12)
    assert counts.sum() == sum(x.sum() for x in spikes.values()) == 0


def test_pairs_are_in_the_order_of_stories_and_sentences():
    i, j, story = pairs_of(torch.tensor([0, 2, 2, 3]))
    assert i.tolist() == [0, 0, 1, 2]
    assert j.tolist() == [0, 1, 1, 2]
    assert story.tolist() == [0, 0, 0, 2]


def test_initial_weights_follow_their_gains_and_the_generator():
    def drawn(seed):
        generator = torch.Generator().manual_seed(seed)
        params = {"threshold": 2.0}
        return PairLayers(params, 300, 400, (200, 100), 20, age_gain=0.25, layer_gain=0.5, generator=generator)

    layers = drawn(0)
    for synapse, gain, sources in (
        (layers.sentence_i, 1.0, 300), (layers.sentence_j, 1.0, 300), (layers.question, 1.0, 400),
        (layers.age_i, 0.25, 1), (layers.age_j, 0.25, 1), (layers.further[0], 0.5, 200),
    ):  # fmt: skip
        assert synapse.weight.std().item() == pytest.approx(2.0 * gain / sources**0.5, rel=0.05)
    assert not layers.bias.weight.any()
    assert torch.equal(layers.sentence_i.weight, drawn(0).sentence_i.weight)
    assert not torch.equal(layers.sentence_i.weight, drawn(1).sentence_i.weight)


def test_weights_are_clipped_to_eight_bits():
    layers = PairLayers({"threshold": 1.0}, 3, 3, (4, 5), 2)
    with torch.no_grad():
        layers.sentence_i.weight.fill_(9.0)
        layers.further[0].weight.fill_(-9.0)
    layers.clamp()
    assert layers.sentence_i.weight.unique().tolist() == [254 / 64]
    assert layers.further[0].weight.unique().tolist() == [-4.0]
    assert layers.weights().further[0].shape == (5, 4)
    assert layers.weights().age_i.shape == (4, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({"threshold": 1.0}, 3, 3, (), 2), "pair layers: found 0 layers, allowed 1..4"),
        (({"threshold": 1.0, "ahp_strength": 1.0}, 3, 3, (4,), 2), r"neuron_params: found \['ahp_strength'\], allowed"),
        (([{"threshold": 1.0}], 3, 3, (4, 5), 2), "neuron_params: found 1, allowed 1 or 2, one per layer"),
        (({"threshold": [1.0, 2.0]}, 3, 3, (4,), 2), "found parameters for 2 neurons, allowed 4"),
    ],
)
def test_bad_layers_say_so(arguments, message):
    with pytest.raises(SpecError, match=message):
        PairLayers(*arguments)


@pytest.mark.parametrize(
    ("position", "value", "error", "message"),
    [
        (0, torch.zeros(4, 9, 12), SpecError, r"sentences: found shape \(4, 9, 12\), allowed \(4, 7, 12\)"),
        (1, torch.zeros(2, 5, 11), SpecError, r"question: found shape \(2, 5, 11\), allowed \(2, 5, 12\)"),
        (5, torch.zeros(11), SpecError, "sentences: found 12 steps, allowed 11, those of go"),
        (2, torch.tensor([0, 1, 4, 0, 0]), DataError, r"slots: found 0..4, allowed 0..3"),
        (3, torch.tensor([0, 1, 2, 0, AGES]), DataError, r"ages: found 0..5, allowed 0..4"),
        (4, torch.tensor([0, 6, 5]), DataError, r"offsets: found \[0, 6, 5\], allowed 0 to 5, ascending"),
        (5, torch.full((12,), 0.5), DataError, "go: found 0.5, allowed 0 and 1"),
        (0, torch.full((4, 7, 12), 2.0), DataError, "input spikes: found 2.0, allowed 0 and 1"),
    ],
)
@pytest.mark.parametrize("engine", ["forward", "looped"])
def test_bad_stories_say_so(engine, position, value, error, message):
    layers = gentle_layers(np.random.default_rng(0), [6, 4])
    batch = [
        torch.zeros(4, 7, 12), torch.zeros(2, 5, 12), torch.tensor([0, 1, 2, 3, 3]), torch.tensor([1, 0, 2, 1, 0]),
        torch.tensor([0, 2, 5]), torch.ones(12),
    ]  # fmt: skip
    batch[position] = value
    with pytest.raises(error, match=message):
        getattr(layers, engine)(*batch)
