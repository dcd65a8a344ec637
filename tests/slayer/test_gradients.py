"""Gradients of the blocks against autograd on a smooth stand-in in ``float64``, written independently of the package.

In the stand-in, every number that the chip rounds is smooth, and the rounding error is added as a constant.  Its values
are therefore the same integers, while autograd differentiates the smooth function.  The spike is the antiderivative of
the surrogate.
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp.slayer.block import Dense, Readout, Recurrent

LEARNED = ("threshold", "current_decay", "voltage_decay", "ahp_decay", "ahp_strength")
exactly = settings(max_examples=40, deadline=None)


def constantly(smooth, value):
    """The given value with the derivative of the smooth expression."""
    return smooth + (value - smooth).detach()


def ramp(x):
    """Antiderivative of ``0.3 * max(0, 1 - |x|)``."""
    x = x.clamp(-1, 1)
    return 0.3 * (x - x * x.abs() / 2)


def stand_in(x, p, weight, recurrent):
    """Spikes and voltages ``(sample, neuron, time)`` in units of the state."""
    w = constantly(weight * 64, (weight * 32).round() * 2)
    r = None if recurrent is None else constantly(recurrent * 64, (recurrent * 32).round() * 2)
    vth = constantly(p["threshold"] * 4096, (p["threshold"] * 64).round() * 64)
    strength = constantly(p["ahp_strength"] * 4096, (p["ahp_strength"] * 4096).round())
    keep = {k: 1 - constantly(p[k], (p[k] * 4096).round() / 4096) for k in LEARNED if k.endswith("decay")}
    u = a = v = s = torch.zeros(x.shape[0], len(weight), dtype=torch.float64)
    spikes, voltages = [], []
    for t in range(x.shape[2]):
        arriving = x[..., t - 1] @ w.T if t else torch.zeros_like(u)
        if r is not None:
            arriving = arriving + s @ r.T
        u = constantly(u * keep["current_decay"], (u * keep["current_decay"]).trunc()) + 64 * arriving
        a = constantly(a * keep["ahp_decay"], (a * keep["ahp_decay"]).trunc()) - strength * s
        v = constantly(v * keep["voltage_decay"], (v * keep["voltage_decay"]).trunc()) + u + a
        s = constantly(ramp((v - vth) / vth.detach()), (v > vth).double())
        v = torch.where(s > 0, 0.0, v)
        spikes.append(s)
        voltages.append(v)
    return torch.stack(spikes, -1), torch.stack(voltages, -1)


def neuron(rng, size, shared):
    shape = () if shared else (size,)
    return {
        "threshold": rng.integers(60, 400, shape) / 64,
        "current_decay": rng.integers(500, 4097, shape) / 4096,
        "voltage_decay": rng.integers(1, 1000, shape) / 4096,
        "ahp_decay": rng.integers(1, 1000, shape) / 4096,
        "ahp_strength": rng.integers(0, 3000, shape) / 4096,
    }


@exactly
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from([Dense, Recurrent, Readout]),
    sources=st.integers(1, 5),
    targets=st.integers(1, 6),
    steps=st.integers(2, 40),
    shared=st.booleans(),
)
@pytest.mark.parametrize("engine", ["loop", "kernel"])
def test_gradients_of_a_block(engine, seed, kind, sources, targets, steps, shared):
    rng = np.random.default_rng(seed)
    params = neuron(rng, targets, shared)
    if kind is Readout:
        del params["threshold"]
    block = kind({**params, "requires_grad": True}, sources, targets)
    with torch.no_grad():
        for name, parameter in block.named_parameters():
            if name.endswith("weight"):
                parameter.copy_(torch.from_numpy(rng.uniform(-2, 3, parameter.shape)))
    x = torch.from_numpy((rng.random((3, sources, steps)) < 0.4).astype(np.float64)).requires_grad_()
    by_spike, by_voltage = (torch.from_numpy(rng.normal(size=(3, targets, steps))) for _ in range(2))

    def loss(spikes, voltages):
        if kind is Readout:
            return (voltages / 4096 * by_voltage).sum()
        return (spikes * by_spike).sum()

    recurrent = block._recurrent
    raw = {name: getattr(block.neuron, f"{name}_raw").detach().double().requires_grad_() for name in LEARNED}
    natural = {name: value / 4096 if name.endswith("decay") else value for name, value in raw.items()}
    weights = [None if s is None else s.weight.detach().double().flatten(1) for s in (block._feedforward, recurrent)]
    weights = [None if w is None else w.requires_grad_() for w in weights]
    copy = x.detach().clone().requires_grad_()
    loss(*stand_in(copy, natural, *weights)).backward()

    if engine == "kernel":
        out = block(x)
        loss(out.double(), out.double() * 4096).backward()
    else:
        states = block.states(x)
        loss(states.s.transpose(1, 2), states.v.transpose(1, 2)).backward()

    mine = {name: getattr(block.neuron, f"{name}_raw").grad for name in LEARNED}
    theirs = {name: value.grad for name, value in raw.items()}
    mine |= {"x": x.grad, "weight": block._feedforward.weight.grad.flatten(1)}
    theirs |= {"x": copy.grad, "weight": weights[0].grad}
    if recurrent is not None:
        mine["recurrent"], theirs["recurrent"] = recurrent.weight.grad.flatten(1), weights[1].grad
    for name, expected in theirs.items():
        found = torch.zeros_like(expected) if mine[name] is None else mine[name].double()
        expected = torch.zeros_like(found) if expected is None else expected
        scale = expected.abs().max().item()
        torch.testing.assert_close(
            found, expected, rtol=1e-4, atol=1e-5 * scale + 1e-12, msg=lambda m, n=name: f"{n}: {m}"
        )


def test_the_gradient_of_the_last_step_reaches_the_first():
    """Full back-propagation through time: the gradient passes through u, a and v to the input many steps earlier."""
    params = {"threshold": 2.0, "voltage_decay": 0.01, "ahp_decay": 0.01, "ahp_strength": 0.01}
    block = Recurrent(params, 4, 6, weight_scale=3)
    x = torch.ones(2, 4, 100).requires_grad_()
    block(x)[..., -1].sum().backward()
    assert x.grad[..., 0].abs().max() > 0
    assert block.recurrent_synapse.weight.grad.abs().max() > 0


def test_a_weight_beyond_eight_bits_has_no_gradient():
    block = Dense({"threshold": 2.0}, 1, 2)
    with torch.no_grad():
        block.synapse.weight.copy_(torch.tensor([1.0, 9.0]).view(2, 1, 1, 1, 1))
    block(torch.ones(1, 1, 10)).sum().backward()
    assert block.synapse.weight.grad[0].abs().max() > 0
    assert block.synapse.weight.grad[1].abs().max() == 0
    assert block.weights().feedforward.tolist() == [[64], [254]]
