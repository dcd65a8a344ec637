"""The fused kernels against the readable loop and arithmetic: integers to the bit, gradients to rounding."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lava_ahp import dynamics
from lava_ahp.errors import DataError
from lava_ahp.network import Connection, Network, Neuron, Population
from lava_ahp.slayer import kernels
from lava_ahp.slayer.loop import Constants, integrate
from lava_ahp.slayer.surrogate import Triangular

from support import strategies
from support.kernel_cases import EVERYTHING, drive_of, example, fused, gaussian, gradients, looped
from support.kernel_states import states_of

exactly = settings(max_examples=80, deadline=None)
LEARNED = (*EVERYTHING, "recurrent_delay")


def constants_of(neuron, size):
    """The constants of a neuron, with one value for all neurons where it has one."""
    whole = {name: torch.tensor(np.atleast_1d(value), dtype=torch.float64) for name, value in vars(neuron).items()}
    return Constants(
        threshold=64 * whole["threshold"],
        current_decay=whole["current_decay"],
        voltage_decay=whole["voltage_decay"],
        ahp_decay=whole["ahp_decay"],
        ahp_weight=whole["ahp_weight"],
        gain=2.0 ** (6 + whole["input_exponent"]),
    )


@st.composite
def populations(draw):
    """A neuron without bias, weights, recurrent weights or None, delays of both, and input spikes."""
    rng = np.random.default_rng(draw(strategies.SEEDS))
    # A vector of the kernel has 64 neurons.
    most = draw(st.sampled_from([40, 150]))
    source, target, samples = rng.integers(1, 20), rng.integers(1, most), rng.integers(1, 5)
    steps = rng.integers(1, draw(st.sampled_from([4, 100])))
    drawn = draw(strategies.neurons(target))
    neuron = Neuron(**{**vars(drawn), "bias": 0})
    least, most = draw(st.sampled_from([(-10, 20), (-255, 256), (0, 256), (-256, -255)]))
    weight = rng.integers(least, most, (target, source))
    recurrent = rng.integers(least, most, (target, target)) if draw(st.booleans()) else None
    delay = draw(st.sampled_from([1, 2, 63, rng.integers(2, 6, (target, source))]))
    again = draw(st.sampled_from([1, 2, 63, rng.integers(1, 5, target), rng.integers(1, 64, target)]))
    rate = draw(st.sampled_from([0.0, 0.05, 0.5, 1.0]))
    return neuron, weight, recurrent, delay, np.broadcast_to(again, target), rng.random((samples, source, steps)) < rate


def network_of(neuron, weight, recurrent, delay, again=1):
    connections = [Connection("input", "p", weight, delay=delay)]
    if recurrent is not None:
        connections.append(Connection("p", "p", recurrent, delay=np.broadcast_to(again, recurrent.shape)))
    size, source = weight.shape
    return Network((Population("input", source), Population("p", size, neuron)), connections, "p")


def whole(x):
    return None if x is None else torch.tensor(x, dtype=torch.float64)


@exactly
@given(populations(), st.booleans())
def test_outputs_equal_dynamics(population, learning):
    neuron, weight, recurrent, delay, again, spikes = population
    trace = dynamics.run(network_of(*population[:5]), spikes.transpose(0, 2, 1))
    expected = {"spikes": trace.spikes["p"], "voltages": trace.states["p"]["v"]}
    constants = constants_of(neuron, len(weight))
    for output, value in expected.items():
        with torch.set_grad_enabled(learning):
            mine = kernels.respond(
                torch.tensor(spikes), whole(weight), whole(recurrent), constants, Triangular(),
                delay=torch.as_tensor(delay), output=output, recurrent_delay=whole(again),
            )  # fmt: skip
        assert mine.out.dtype == torch.float32
        np.testing.assert_array_equal(mine.out.transpose(1, 2).numpy(), value, err_msg=output)
        if output == "spikes":
            np.testing.assert_array_equal(mine.counts.numpy(), value.sum(axis=(0, 1)))


def states(neuron, weight, recurrent, spikes, again=None):
    constants = tuple(c.expand(len(weight)) for c in constants_of(neuron, len(weight)))
    return states_of(spikes, constants, (whole(weight), whole(recurrent)), delays=whole(again))


@exactly
@given(populations())
def test_every_state_equals_dynamics_and_the_loop(population):
    neuron, weight, recurrent, _, again, spikes = population
    u, a, v = states(neuron, weight, recurrent, spikes, again)
    trace = dynamics.run(network_of(neuron, weight, recurrent, 1, again), spikes.transpose(0, 2, 1))
    drive = drive_of(torch.tensor(spikes).double(), whole(weight), torch.tensor(1))
    constants = constants_of(neuron, len(weight))
    loop = integrate(drive, whole(recurrent), constants, Triangular(), recurrent_delay=whole(again))
    after_reset = np.where(trace.spikes["p"], 0, v)
    for name, mine in (("u", u), ("a", a), ("v", after_reset)):
        np.testing.assert_array_equal(mine, trace.states["p"][name], err_msg=name)
        np.testing.assert_array_equal(mine, getattr(loop, name).numpy(), err_msg=name)


@pytest.mark.parametrize(
    ("state", "extreme", "neuron", "weight", "steps"),
    [
        ("u", 2**23, {"threshold": 0, "current_decay": 0, "input_exponent": 7}, 64, 18),
        ("u", 2**19 - 2**23, {"threshold": 0, "current_decay": 0, "input_exponent": 7}, 64, 19),
        (
            "a",
            -(2**23) + 1,
            {"threshold": 0, "voltage_decay": 4096, "ahp_weight": 131071, "input_exponent": 7},
            -256,
            80,
        ),
        ("v", -(2**23) + 1, {"threshold": 0, "input_exponent": 7}, -256, 9),
        ("v", 2**23 - 1, {"threshold": 131071, "input_exponent": 7}, 255, 9),
    ],
)
def test_the_extremes_are_reached(state, extreme, neuron, weight, steps):
    defaults = {"current_decay": 4096, "voltage_decay": 0, "ahp_decay": 0, "ahp_weight": 0}
    neuron = Neuron(**{**defaults, **neuron})
    # Enough synapses of the same weight to reach the extreme.
    weight = np.full((17, 4 if state == "a" else 1), weight)
    spikes = np.ones((2, weight.shape[1], steps), bool)
    found = dict(zip("uav", states(neuron, weight, None, spikes), strict=True))
    assert extreme in found[state]
    trace = dynamics.run(network_of(neuron, weight, None, 1), spikes.transpose(0, 2, 1))
    found["v"] = np.where(trace.spikes["p"], 0, found["v"])
    for name in "uav":
        np.testing.assert_array_equal(found[name], trace.states["p"][name], err_msg=name)


@pytest.mark.parametrize("value", [-257, -256, 256, 257])
def test_sums_of_many_large_weights_are_exact(value):
    """The kernel adds weights in 16 bits where they fit, as the second weights of pairs may: up to 256."""
    weight, spikes = torch.full((3, 400), value, dtype=torch.float64), torch.ones(2, 400, 3)
    constants = constants_of(Neuron(threshold=0, current_decay=4096, voltage_decay=4096), 3)
    mine = kernels.respond(spikes, weight, None, constants, Triangular(), output="voltages").out
    loop = looped(spikes, weight, None, constants, torch.tensor(1), Triangular(), "voltages")
    np.testing.assert_array_equal(mine.numpy(), loop.numpy())
    drive = 400 * value * 64
    assert (mine[:, :, 1:] == (0 if drive > 0 else max(drive, 1 - 2**23))).all()


@st.composite
def cases(draw):
    """Arguments of :func:`gradients`: populations that spike, with gradients in the range of ``float32``."""
    rng = np.random.default_rng(draw(strategies.SEEDS))
    source, target, samples = rng.integers(1, 12), rng.integers(1, 40), rng.integers(1, 40)
    steps = rng.integers(1, 90)

    def values(low, high):
        size = target if draw(st.booleans()) else 1
        return torch.tensor(rng.integers(low, high, size), dtype=torch.float64)

    readout = draw(st.booleans()) and draw(st.booleans())
    constants = Constants(
        threshold=64 * (torch.tensor([131071.0], dtype=torch.float64) if readout else values(60, 300)),
        current_decay=values(1000, 4097) if draw(st.booleans()) else torch.tensor([4096.0], dtype=torch.float64),
        voltage_decay=values(0, 2000),
        ahp_decay=values(0, 300),
        ahp_weight=values(0, 6000),
        gain=2.0 ** values(6, 8),
    )
    weight = torch.tensor(rng.integers(-80, 160, (target, source)), dtype=torch.float64)
    recurrent = torch.tensor(rng.integers(-40, 40, (target, target)), dtype=torch.float64)
    delay = draw(st.sampled_from([1, 3, 62, rng.integers(2, 5, (target, source))]))
    spikes = torch.tensor(rng.random((samples, source, steps)) < 0.2).float()
    return (
        spikes,
        weight,
        recurrent if draw(st.booleans()) else None,
        constants,
        torch.as_tensor(delay),
        draw(st.sampled_from([Triangular(), Triangular(0.5, 0.6), Triangular(0.3, 2.0), gaussian])),
        "voltages" if readout else draw(st.sampled_from(["spikes", "voltages"])),
        draw(st.sampled_from([None, *(whole(rng.integers(*bounds, target)) for bounds in ((1, 2), (1, 6), (1, 64)))])),
    )


@exactly
@given(cases(), st.sets(st.sampled_from(LEARNED), min_size=1) | st.just(set(LEARNED)))
def test_gradients_equal_those_of_the_loop(case, learned):
    if case[2] is None:
        case, learned = case[:-1], learned - {"recurrent", "recurrent_delay"}
    elif case[-1] is None:
        learned = learned - {"recurrent_delay"}
    assume(learned)
    out, mine = gradients(fused, case, learned)
    expected_out, expected = gradients(looped, case, learned)
    assert torch.equal(out, expected_out)
    for name, gradient in expected.items():
        assert mine[name].dtype == gradient.dtype
        scale = gradient.abs().max().item()
        torch.testing.assert_close(mine[name], gradient, rtol=0, atol=1e-4 * scale, msg=lambda m, n=name: f"{n}: {m}")


def test_drive_equals_the_loop():
    spikes, weight, _, constants, delay, surrogate, _ = example()
    drive = drive_of(spikes.double(), weight, delay).transpose(1, 2)
    reading = torch.randn(drive.shape, generator=torch.Generator().manual_seed(0))
    results = []
    for run in (
        lambda x: kernels.respond_to_drive(x, constants, surrogate).out,
        lambda x: integrate(x.transpose(1, 2), None, constants, surrogate).s.transpose(1, 2).float(),
    ):
        x = drive.clone().requires_grad_()
        out = run(x)
        (out * reading).sum().backward()
        results.append((out.detach(), x.grad))
    (out, mine), (expected_out, expected) = results
    assert out.sum() > 0
    assert torch.equal(out, expected_out)
    torch.testing.assert_close(mine, expected, rtol=0, atol=1e-4 * expected.abs().max().item())


def test_threads_change_nothing(monkeypatch):
    monkeypatch.setattr(kernels.cpu, "PARALLEL_FROM", 0)
    threads = torch.get_num_threads()
    try:
        results = []
        for count in (1, 2, 5):
            torch.set_num_threads(count)
            results.append(gradients(fused, example(), EVERYTHING))
    finally:
        torch.set_num_threads(threads)
    for out, found in results[1:]:
        assert torch.equal(out, results[0][0])
        for name, gradient in found.items():
            assert torch.equal(gradient, results[0][1][name]), name


def test_memory_layout_of_the_input_changes_nothing():
    spikes, *rest = example()
    time_major = spikes.transpose(1, 2).contiguous().transpose(1, 2)
    assert torch.equal(fused(spikes, *rest), fused(time_major, *rest))
    for dtype in (torch.bool, torch.uint8, torch.float64):
        assert torch.equal(fused(spikes, *rest), fused(spikes.to(dtype), *rest))


@pytest.mark.parametrize("learned", [("weight", "recurrent"), EVERYTHING])
def test_at_most_six_bytes_per_neuron_and_step_are_kept(learned):
    samples, steps, target = 6, 400, 64
    case = example(samples, steps, 16, target)
    kept = {}

    def count(tensor):
        kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    def counted(*arguments):
        with torch.autograd.graph.saved_tensors_hooks(count, lambda x: x):
            return fused(*arguments)

    gradients(counted, case, learned)
    weights = 8 * target * (target + 16 + 8)
    assert sum(kept.values()) - weights <= 6 * samples * steps * target


@pytest.mark.parametrize("odd", [2.0, 0.5, -1.0, float("nan")])
def test_input_that_is_no_spike_says_so(odd):
    spikes, *rest = example()
    spikes[-1, 3, 5] = odd
    for x in (spikes, spikes.transpose(1, 2).contiguous().transpose(1, 2)):
        with pytest.raises(DataError, match=rf"input spikes: found {odd}, allowed 0 and 1"):
            fused(x, *rest)


WITHOUT_LAVA = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("lava", "lightning", "h5py", "pydantic"):
            raise ImportError(name)
sys.meta_path.insert(0, Nothing())
from lava_ahp.slayer import kernels
import torch
from lava_ahp.slayer.kernels._arrays import Synapses
from lava_ahp.slayer.loop import Constants
from lava_ahp.slayer.surrogate import Triangular
one = torch.ones(1, dtype=torch.float64)
weight = torch.full((1, 1), 100., dtype=torch.float64, requires_grad=True)
out = kernels.respond(torch.ones(1, 1, 9), weight, None, Constants(*(one,) * 6), Triangular()).out
out.sum().backward()
print(int(out.sum()))
"""


def test_runs_where_lava_is_missing():
    done = subprocess.run([sys.executable, "-c", WITHOUT_LAVA], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "8"
