"""Random pair layers, the stories that they read, and their gradients."""

import numpy as np
import torch
from hypothesis import strategies as st

from lava_ahp.slayer.pairs import PairLayers
from lava_ahp.slayer.surrogate import Triangular

from support import strategies
from support.blocks import neuron_params

AGES = 5


def _lif(params):
    return {name: value for name, value in params.items() if not name.startswith("ahp")}


def set_weights(layers, rng, width):
    """Uniform random weights, in SLAYER's unit."""
    with torch.no_grad():
        for name, parameter in layers.named_parameters():
            if name.endswith("weight"):
                parameter.copy_(torch.from_numpy(rng.uniform(-width, width, parameter.shape)))


@st.composite
def pair_layers(draw, most_layers=3):
    """Gentle or extreme layers of up to 9 neurons; some weights are outside the 8-bit range."""
    rng = np.random.default_rng(draw(strategies.SEEDS))
    hidden = rng.integers(1, 10, rng.integers(1, most_layers + 1)).tolist()
    params = [_lif(draw(neuron_params(size))) for size in hidden]
    layers = PairLayers(params, int(rng.integers(1, 7)), int(rng.integers(1, 7)), hidden, AGES)
    set_weights(layers, rng, draw(st.sampled_from([0.3, 2.0, 6.0])))
    return layers


def gentle_layers(rng, hidden):
    """Layers that spike, with gradients in the range of ``float32``."""

    def params(size):
        decay = [4096] if rng.random() < 0.5 else rng.integers(1000, 4097, size)
        return {
            "threshold": rng.integers(60, 300, size) / 64,
            "current_decay": np.array(decay) / 4096,
            "voltage_decay": rng.integers(0, 2000, size) / 4096,
            "input_exponent": int(rng.integers(0, 2)),
            "surrogate": [Triangular(), Triangular(0.5, 0.6), Triangular(0.3, 2.0)][rng.integers(3)],
        }

    layers = PairLayers([params(size) for size in hidden], 7, 5, hidden, AGES)
    set_weights(layers, rng, 2.0)
    return layers


def stories(layers, rng, sizes, steps, *, shorter=False, rate=0.4):
    """Arguments of the layers for stories with the given numbers of sentences, some of which occur several times."""
    distinct = int(rng.integers(1, 5))
    present = int(rng.integers(1, steps + 1)) if shorter else steps

    def spikes(count, neurons):
        return torch.from_numpy(rng.random((count, neurons, present)) < rate).float()

    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return (
        spikes(distinct, layers.sentence_i.in_channels),
        spikes(len(sizes), layers.question.in_channels),
        torch.from_numpy(rng.integers(0, distinct, offsets[-1])),
        torch.from_numpy(rng.integers(0, AGES, offsets[-1])),
        torch.from_numpy(offsets),
        torch.from_numpy(rng.random(steps) < 0.5).float(),
    )


@st.composite
def batches(draw, layers, most_stories=4, most_sentences=6, most_steps=70):
    """Arguments of the layers: stories with none, one or many sentences."""
    rng = np.random.default_rng(draw(strategies.SEEDS))
    sizes = rng.integers(0, most_sentences + 1, rng.integers(1, most_stories + 1))
    steps = int(rng.integers(1, draw(st.sampled_from([5, most_steps])) + 1))
    rate = draw(st.sampled_from([0.0, 0.2, 1.0]))
    return stories(layers, rng, sizes, steps, shorter=draw(st.booleans()), rate=rate)


def gradients(run, layers, batch):
    """Counts, sums of spikes, and the gradients of a random weighted sum of both, by name of the leaf."""
    generator = torch.Generator().manual_seed(0)
    sentences, question = (x.clone().requires_grad_() for x in batch[:2])
    counts, spikes = run(sentences, question, *batch[2:])
    loss = (counts * torch.randn(counts.shape, generator=generator)).sum()
    for total in spikes.values():
        loss = loss + (total * torch.randn(total.shape, generator=generator)).sum()
    leaves = {name: x for name, x in layers.named_parameters() if name.endswith("weight")}
    leaves |= {"sentences": sentences, "question": question}
    found = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    return counts.detach(), spikes, dict(zip(leaves, found, strict=True))


def assert_close(mine, expected):
    """Gradients by name are equal up to rounding, in parts of the largest of each."""
    for name, gradient in expected.items():
        scale = gradient.abs().max().item()
        torch.testing.assert_close(
            mine[name], gradient, rtol=0, atol=1e-5 * scale + 1e-12, msg=lambda m, n=name: f"{n}: {m}"
        )
