"""The compiled sequence against the readable loop: integers to the bit, gradients to rounding."""

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp.slayer.fused import respond
from lava_ahp.slayer.loop import Constants, integrate
from lava_ahp.slayer.surrogate import Triangular

exactly = settings(max_examples=60, deadline=None, derandomize=True)


def problem(seed, *, samples, steps, neurons, recurrent, extreme, learned, per_neuron):
    """Drive, recurrent weights, constants and the loss weights of a random population."""
    rng = np.random.default_rng(seed)
    shape = (neurons,) if per_neuron else (1,)

    def constant(low, high, grad=learned):
        return torch.from_numpy(rng.integers(low, high + 1, shape).astype(np.float64)).requires_grad_(grad)

    constants = Constants(
        threshold=constant(0, 40_000) if not extreme else constant(0, 8_000_000),
        current_decay=constant(0, 4096),
        voltage_decay=constant(0, 400),
        ahp_decay=constant(0, 400),
        ahp_weight=constant(0, 131_071 if extreme else 3000),
        gain=torch.full((1,), 2.0 ** (rng.integers(10, 14) if extreme else 6)).double(),
    )
    drive = torch.from_numpy(rng.integers(-300, 400, (samples, steps, neurons)).astype(np.float64)).requires_grad_()
    weights = None
    if recurrent:
        weights = torch.from_numpy(rng.integers(-128, 128, (neurons, neurons)) * 2.0).requires_grad_()
    loss = [torch.from_numpy(rng.normal(size=drive.shape)) for _ in range(2)]
    return drive, weights, constants, loss


def answer(run, problem):
    """Spikes, voltages, and gradients of a random linear loss by everything that wants one."""
    drive, weights, constants, (by_s, by_v) = problem
    found = run(drive, weights, constants, Triangular())
    wanted = [x for x in (drive, weights, *constants) if x is not None and x.requires_grad]
    loss = (found.s.double() * by_s).sum() + 1e-5 * (found.v.double() * by_v).sum()
    return found.s.detach(), found.v.detach(), torch.autograd.grad(loss, wanted)


@exactly
@given(
    seed=st.integers(0, 2**32 - 1),
    samples=st.integers(1, 20),
    steps=st.integers(1, 30),
    neurons=st.integers(1, 9),
    recurrent=st.booleans(),
    extreme=st.booleans(),
    learned=st.booleans(),
    per_neuron=st.booleans(),
)
def test_fused_equals_the_loop(**drawn):
    s, v, gradients = answer(integrate, problem(**drawn))
    fused_s, fused_v, fused_gradients = answer(respond, problem(**drawn))
    torch.testing.assert_close(fused_s.double(), s, rtol=0, atol=0)
    torch.testing.assert_close(fused_v.double(), v, rtol=0, atol=0)
    assert len(gradients) == len(fused_gradients)
    for loop, fused in zip(gradients, fused_gradients, strict=True):
        scale = loop.abs().max().item()
        torch.testing.assert_close(fused.to(loop.dtype), loop, rtol=1e-4, atol=1e-5 * scale)


def test_threads_change_nothing():
    sizes = {"samples": 37, "steps": 40, "neurons": 24}
    drawn = problem(7, **sizes, recurrent=True, extreme=False, learned=True, per_neuron=True)
    before = numba.get_num_threads()
    found = []
    try:
        for threads in {1, before}:
            numba.set_num_threads(threads)
            found.append(answer(respond, drawn))
    finally:
        numba.set_num_threads(before)
    assert found[0][0].any()
    for one, other in zip(found[0][2], found[-1][2], strict=True):
        assert torch.equal(one, other)


def test_gradients_flow_through_many_steps():
    """An input at the first step moves the voltage at the last through u, v, a and recurrent spikes."""
    drive, weights, constants, _ = problem(
        1, samples=4, steps=60, neurons=8, recurrent=True, extreme=False, learned=True, per_neuron=False
    )
    respond(drive, weights, constants, Triangular()).v[:, -1].sum().backward()
    assert drive.grad[:, 0].abs().max() > 0
    assert weights.grad.abs().max() > 0
    for name in Constants._fields[:-1]:
        assert getattr(constants, name).grad.abs().max() > 0, name


@pytest.mark.parametrize("field", ["dampening", "width"])
def test_a_surrogate_needs_an_extent(field):
    with pytest.raises(ValueError, match=f"surrogate {field}: found 0"):
        Triangular(**{field: 0})
