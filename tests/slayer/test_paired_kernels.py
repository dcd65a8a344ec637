"""Synapses in pairs: the readable loop and the kernel against the scalar oracle of a network of LIF neurons."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp.errors import SpecError
from lava_ahp.network import Events
from lava_ahp.slayer import kernels
from lava_ahp.slayer.kernels import cpu
from lava_ahp.slayer.loop import PairedSynapses
from lava_ahp.slayer.surrogate import Triangular

from support.kernel_cases import example
from support.kernel_states import states_of
from support.oracle_runs import oracle_history
from support.paired_cases import LEARNABLE, Case, assert_close, draw, gradients, network_of
from support.strategies import SEEDS


def oracle_states(case):
    events = Events.from_dense(case.spikes.transpose(1, 2).numpy())
    network = network_of(case)
    return np.stack([oracle_history(network, events, k)["p"] for k in range(len(events))])


def check_every_state(case):
    u, a, v, s = np.moveaxis(oracle_states(case), -1, 0)
    loop = case.states()
    for name, expected in (("u", u), ("a", a), ("v", v), ("s", s)):
        np.testing.assert_array_equal(getattr(loop, name).numpy(), expected, err_msg=name)
    for output, expected in (("spikes", s), ("voltages", v)):
        for learning in (True, False):
            with torch.set_grad_enabled(learning):
                mine = replace(case, output=output).fused()
            np.testing.assert_array_equal(mine.transpose(1, 2).numpy(), expected, err_msg=output)
    if case.delay.ndim == 0 and int(case.delay) == 1:
        late = case.paired.late
        mine_u, _, mine_v = states_of(
            case.spikes.numpy(), case.constants, (case.weight, case.recurrent),
            (None, None) if late is None else (late.feedforward, late.recurrent),
            case.recurrent_delay, case.autapse, case.lag,
        )  # fmt: skip
        np.testing.assert_array_equal(mine_u, u)
        np.testing.assert_array_equal(np.where(s == 1, 0, mine_v), v)
    return u, v, s


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_every_state_equals_the_oracle(seed):
    check_every_state(draw(np.random.default_rng(seed), samples=2, sources=5, neurons=8, steps=50))


def one_neuron(**changed):
    whole = {
        "weight": [[100.0]], "recurrent": [[0.0]], "autapse": [0.0], "threshold": [50.0], "current_decay": [10.0],
        "voltage_decay": [100.0], **changed,
    }  # fmt: skip
    values = {name: torch.tensor(value, dtype=torch.float64) for name, value in whole.items()}
    spikes = torch.zeros(1, 1, 40)
    spikes[..., 0] = 1
    return Case(spikes=spikes, lag=3, delay=torch.tensor(1), **values)


def test_an_input_acts_for_as_many_steps_as_the_lag():
    case = one_neuron(threshold=[131071.0], current_decay=[1.0])
    u, _, s = check_every_state(case)
    assert u[0, :6, 0].tolist() == [0, 6400, 6398, 6396, -6, -5]
    assert not s.any()


def test_the_current_wraps_as_on_the_chip():
    spikes = torch.zeros(1, 600, 9)
    spikes[..., 0] = 1
    u, _, _ = check_every_state(replace(one_neuron(weight=[[254.0] * 600]), spikes=spikes))
    assert u[0, 1, 0] == 600 * 254 * 64 - 2**24


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.sets(st.sampled_from(LEARNABLE), min_size=1) | st.just(set(LEARNABLE)))
def test_gradients_equal_those_of_the_loop(seed, learned):
    rng = np.random.default_rng(seed)
    case = draw(rng, samples=9, weights=(-30, 60))
    case = replace(case, autapse=case.autapse % 100, threshold=case.threshold + 60)
    if case.recurrent_delay is not None:
        learned = learned | {"recurrent_delay"}
    out, mine = gradients(Case.fused, case, sorted(learned))
    expected_out, expected = gradients(Case.looped, case, sorted(learned))
    assert torch.equal(out, expected_out)
    assert_close(mine, expected)


def test_the_number_of_threads_changes_nothing(monkeypatch):
    monkeypatch.setattr(cpu, "PARALLEL_FROM", 0)
    case = draw(np.random.default_rng(3), samples=20, weights=(-30, 60))
    before = torch.get_num_threads()
    try:
        results = []
        for threads in (1, 3):
            torch.set_num_threads(threads)
            results.append(gradients(Case.fused, case))
    finally:
        torch.set_num_threads(before)
    (out, mine), (other, theirs) = results
    assert torch.equal(out, other)
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_counts_have_no_pairs():
    spikes, weight, _, constants, *_ = example(2, 5, 3, 4)
    with pytest.raises(SpecError, match="counts as input: found recurrent weights or synapses in pairs, allowed none"):
        kernels.respond(
            spikes, weight, None, constants, Triangular(), counts=True, paired=PairedSynapses(1, torch.zeros(4))
        )


def test_without_a_kernel_sums_beyond_float32_are_exact(monkeypatch):
    """699 spikes of weights of 254 * 2**7 and one of weight 1: more than 2**24, and odd."""
    case = replace(
        one_neuron(weight=[[254.0 * 2**7] * 699 + [1.0]], current_decay=[3.0], threshold=[131071.0]),
        spikes=torch.ones(1, 700, 6), lag=2, corrected=True, output="voltages",
    )  # fmt: skip
    expected = case.fused()
    monkeypatch.setattr(kernels, "kernel_for", lambda device: None)
    assert torch.equal(case.fused(), expected)
    assert torch.equal(case.looped(), expected)
