"""Blocks whose input is whole numbers of spikes: each source stands for many neurons with the same weights."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import dynamics
from lava_ahp.errors import DataError, SpecError
from lava_ahp.network import Connection, Network, Population
from lava_ahp.slayer import kernels
from lava_ahp.slayer.block import Dense

from support.blocks import SHAPES, neuron_params, seeds
from support.kernel_cases import example

MOST = 5


@st.composite
def blocks_of_counts(draw):
    """A block for counts and its input, ``(sample, source, time)``."""
    source, target = draw(SHAPES)
    rng = np.random.default_rng(draw(seeds()))
    delay = draw(st.sampled_from([0, 2, rng.integers(0, 9, (target, source))]))
    block = Dense(draw(neuron_params(target)), source, target, extra_delay=delay, counts=True)
    with torch.no_grad():
        block.synapse.weight.copy_(torch.from_numpy(rng.uniform(-3, 3, block.synapse.weight.shape)))
    samples, steps = rng.integers(1, 4), rng.integers(1, 40)
    counts = rng.binomial(MOST, draw(st.sampled_from([0.0, 0.1, 0.7, 1.0])), (samples, source, steps))
    return block, torch.from_numpy(counts).float()


@settings(max_examples=60, deadline=None)
@given(blocks_of_counts())
def test_a_count_is_that_many_spikes_of_copies_of_the_source(drawn):
    block, counts = drawn
    w = block.weights()
    size, source = w.feedforward.shape
    copies = np.repeat(w.feedforward, MOST, axis=1)
    delay = 1 if w.delay is None else np.repeat(w.delay, MOST, axis=1)
    populations = Population("input", MOST * source), Population("block", size, block.neuron.to_network_neuron())
    network = Network(populations, (Connection("input", "block", copies, delay=delay),), "block")
    spikes = counts.numpy()[:, :, None] > np.arange(MOST)[:, None]
    trace = dynamics.run(network, spikes.reshape(len(counts), MOST * source, -1).transpose(0, 2, 1))
    with torch.no_grad():
        states, out = block.states(counts), block(counts)
    for key in "uav":
        np.testing.assert_array_equal(getattr(states, key).numpy(), trace.states["block"][key], err_msg=key)
    np.testing.assert_array_equal(out.transpose(1, 2).numpy(), trace.spikes["block"])


def test_gradients_equal_those_of_the_loop():
    rng = np.random.default_rng(0)
    block = Dense({"threshold": 4.0, "voltage_decay": 0.1}, 6, 9, counts=True)
    counts = torch.from_numpy(rng.integers(0, 9, (5, 6, 20))).float()
    reading = torch.from_numpy(rng.normal(size=(5, 9, 20)))
    found = []
    for run in (block, lambda x: block.states(x).s.transpose(1, 2)):
        x = counts.clone().requires_grad_()
        out = run(x)
        found.append((out.detach(), *torch.autograd.grad((out * reading).sum(), [x, block.synapse.weight])))
    (out, *mine), (expected_out, *expected) = found
    assert 0 < out.mean() < 1
    assert torch.equal(out.double(), expected_out)
    for a, b in zip(mine, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5 * b.abs().max().item())


def test_large_counts_are_exact():
    """A sum beyond the 24 bits of ``float32``, odd in its last bit."""
    block = Dense({"threshold": 131071 / 64, "input_exponent": -6}, 2, 1, counts=True)
    with torch.no_grad():
        block.synapse.weight.copy_(torch.tensor([254.0, -2.0]).view(1, 2, 1, 1, 1) / 64)
    counts = torch.tensor([[[66_051.0, 0, 0], [4_194_303.0, 0, 0]]])
    assert int(block.states(counts).u[0, 1, 0]) == 254 * 66_051 - 2 * 4_194_303
    spikes = kernels.respond(
        counts, torch.tensor([[254.0, -2.0]]).double(), None, block.neuron.constants(), block.neuron.surrogate,
        output="voltages", counts=True,
    ).out  # fmt: skip
    assert int(spikes[0, 0, 1]) == 254 * 66_051 - 2 * 4_194_303


@pytest.mark.parametrize("odd", [0.5, -1.0, float("nan")])
def test_input_that_is_no_count_says_so(odd):
    block = Dense({"threshold": 1.0}, 2, 3, counts=True)
    with pytest.raises(DataError, match=rf"counts of spikes: found {odd}, allowed whole numbers from 0"):
        block(torch.tensor([[[1.0, 2.0], [3.0, odd]]]))


def test_a_recurrent_population_takes_no_counts():
    spikes, weight, recurrent, constants, _, surrogate, _ = example()
    with pytest.raises(SpecError, match="counts as input: found recurrent weights or synapses in pairs, allowed none"):
        kernels.respond(spikes, weight, recurrent, constants, surrogate, counts=True)
