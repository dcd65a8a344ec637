"""Gradients of the pair layers' kernel against the autograd of the readable loop, and their order of summation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp.slayer.kernels import cpu
from lava_ahp.slayer.pairs import PairLayers
from lava_ahp.slayer.surrogate import Triangular

from support.pair_cases import assert_close, gentle_layers, gradients, set_weights, stories


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    hidden=st.lists(st.integers(1, 40), min_size=1, max_size=3),
    sizes=st.lists(st.integers(0, 6), min_size=1, max_size=5),
    steps=st.integers(1, 40),
    shorter=st.booleans(),
)
def test_gradients_equal_those_of_the_loop(seed, hidden, sizes, steps, shorter):
    rng = np.random.default_rng(seed)
    layers = gentle_layers(rng, hidden)
    batch = stories(layers, rng, sizes, steps, shorter=shorter)
    counts, _, mine = gradients(layers, layers, batch)
    expected_counts, _, expected = gradients(layers.looped, layers, batch)
    assert torch.equal(counts, expected_counts)
    assert_close(mine, expected)


def example():
    rng = np.random.default_rng(4)
    layers = gentle_layers(rng, [24, 16])
    return layers, stories(layers, rng, rng.integers(0, 6, 23), 14)


def test_the_example_spikes_and_every_gradient_matters():
    layers, batch = example()
    counts, spikes, found = gradients(layers, layers, batch)
    assert 0 < counts.mean() < 21
    assert all(total.sum() > 0 for total in spikes.values())
    assert all(gradient.abs().max() > 0 for gradient in found.values())


@pytest.mark.parametrize("outputs", ["counts", "first", "second"])
def test_one_output_alone_has_its_gradient(outputs):
    layers, batch = example()

    def loss(run):
        counts, spikes = run(*batch)
        return (counts if outputs == "counts" else spikes[outputs]).sum()

    weights = [x for name, x in layers.named_parameters() if name.endswith("weight")]
    mine, expected = (torch.autograd.grad(loss(run), weights, allow_unused=True) for run in (layers, layers.looped))
    for a, b in zip(mine, expected, strict=True):
        b = torch.zeros_like(a) if b is None else b
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5 * b.abs().max().item() + 1e-12)


def test_threads_change_nothing(monkeypatch):
    monkeypatch.setattr(cpu, "PARALLEL_FROM", 0)
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (1, 2, 5):
            torch.set_num_threads(count)
            layers, batch = example()
            results.append(gradients(layers, layers, batch))
    finally:
        torch.set_num_threads(threads)
    for counts, spikes, found in results[1:]:
        assert torch.equal(counts, results[0][0])
        for name, total in spikes.items():
            assert torch.equal(total, results[0][1][name]), name
        for name, gradient in found.items():
            assert torch.equal(gradient, results[0][2][name]), name


def test_gradients_are_those_of_the_loop_wherever_groups_begin(monkeypatch):
    """The amount of work decides on groups of sentences in one pass; the other has to take the same ones."""
    layers, batch = example()
    _, _, expected = gradients(layers.looped, layers, batch)
    for exponent in range(8, 24):
        monkeypatch.setattr(cpu, "PARALLEL_FROM", 2**exponent)
        _, _, mine = gradients(layers, layers, batch)
        for name, gradient in expected.items():
            scale = gradient.abs().max().item()
            torch.testing.assert_close(mine[name], gradient, rtol=0, atol=1e-4 * scale, msg=f"{name}, 2**{exponent}")


def test_another_surrogate_runs_the_loop():
    def gaussian(x):
        return 0.4 * torch.exp(-(x**2))

    rng = np.random.default_rng(5)
    layers = PairLayers([{"threshold": 2.0, "surrogate": s} for s in (Triangular(), gaussian)], 7, 5, (9, 8), 5)
    set_weights(layers, rng, 2.0)
    batch = stories(layers, rng, [3, 1], 12)
    counts, _, mine = gradients(layers, layers, batch)
    assert counts.sum() > 0
    for name, expected in gradients(layers.looped, layers, batch)[2].items():
        assert torch.equal(mine[name], expected), name
