"""The GPU kernel against the readable loop: equal integers, and equal gradients up to rounding.

Without a GPU the kernel runs in Triton's interpreter.  That is slow, so sizes are small.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from lava_ahp.errors import DataError, SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer import kernels
from lava_ahp.slayer.loop import Constants, integrate
from lava_ahp.slayer.surrogate import Triangular

from support.kernel_cases import EVERYTHING, drive_of, example, fused, gaussian, gradients, looped

ON_GPU = torch.cuda.is_available()
DEVICE = "cuda" if ON_GPU else "cpu"

if not ON_GPU:
    # Triton reads it both when kernels are defined and when they run.
    os.environ["TRITON_INTERPRET"] = "1"
gpu = pytest.importorskip("lava_ahp.slayer.kernels.gpu", reason="Triton is not installed: pip install triton")

from lava_ahp.slayer.kernels import _chunk  # noqa: E402


@pytest.fixture(autouse=True)
def in_chunks(monkeypatch):
    """Use the GPU kernel on every device, in chunks of five steps."""
    monkeypatch.setattr(kernels, "kernel_for", lambda device: gpu)
    monkeypatch.setattr(gpu, "CHUNK_SIZE", 1)
    monkeypatch.setattr(gpu, "MIN_STEPS", 5)


def on_device(spikes, weight, recurrent, constants, delay, surrogate, output, recurrent_delay=None):
    spikes, weight, recurrent, delay, recurrent_delay = (
        None if x is None else x.to(DEVICE) for x in (spikes, weight, recurrent, delay, recurrent_delay)
    )
    constants = Constants(*(x.to(DEVICE) for x in constants))
    return fused(spikes, weight, recurrent, constants, delay, surrogate, output, recurrent_delay).cpu()


def assert_equal(case, learned=EVERYTHING):
    learned = set(learned) - ({"recurrent"} if case[2] is None else set())
    out, mine = gradients(on_device, case, learned)
    expected_out, expected = gradients(looped, case, learned)
    assert out.dtype == torch.float32
    assert torch.equal(out, expected_out)
    for name, gradient in expected.items():
        assert mine[name].dtype == gradient.dtype
        scale = gradient.abs().max().item()
        torch.testing.assert_close(mine[name], gradient, rtol=0, atol=1e-4 * scale, msg=lambda m, n=name: f"{n}: {m}")
    return out


def case_of(seed):
    """A population that spikes, and the inputs that need a gradient."""
    rng = np.random.default_rng(seed)
    source, target, samples = rng.integers(1, 12), rng.integers(1, 300 if ON_GPU else 70), rng.integers(1, 20)
    steps = rng.integers(5, 200 if ON_GPU else 12)

    def values(low, high):
        return torch.tensor(rng.integers(low, high, target if rng.random() < 0.5 else 1), dtype=torch.float64)

    readout = seed % 6 == 5
    constants = Constants(
        threshold=64 * (torch.tensor([131071.0], dtype=torch.float64) if readout else values(60, 200)),
        current_decay=values(1000, 4097),
        voltage_decay=values(0, 2000),
        ahp_decay=values(0, 300),
        ahp_weight=values(0, 6000),
        gain=2.0 ** values(6, 8),
    )
    weight = torch.tensor(rng.integers(-80, 256, (target, source)), dtype=torch.float64)
    recurrent = torch.tensor(rng.integers(-40, 40, (target, target)), dtype=torch.float64)
    case = (
        torch.tensor(rng.random((samples, source, steps)) < 0.3).float(),
        weight,
        None if seed % 4 == 1 else recurrent,
        constants,
        torch.as_tensor((1, rng.integers(2, 5, (target, source)), 3)[seed % 3]),
        (Triangular(), gaussian, Triangular(0.5, 0.6))[seed // 2 % 3],
        "voltages" if readout or seed % 4 == 2 else "spikes",
    )
    return case, EVERYTHING if seed % 2 else rng.choice(EVERYTHING, 3, replace=False)


@pytest.mark.parametrize("seed", range(60 if ON_GPU else 6))
def test_outputs_and_gradients_equal_those_of_the_loop(seed):
    assert_equal(*case_of(seed))


def test_recurrent_weights_that_do_not_fit_into_a_program(monkeypatch):
    monkeypatch.setattr(_chunk, "_shared_memory", lambda device: 0)
    assert assert_equal(example(3, 7, 9, 70)).any()


@pytest.mark.parametrize("longest", [1, 4, 63])
@pytest.mark.parametrize("learned", [("recurrent_delay",), (*EVERYTHING, "recurrent_delay")])
def test_recurrent_delays(longest, learned):
    case = example(3, 17, 9, 40)
    delays = np.random.default_rng(longest).integers(1, longest + 1, 40)
    assert assert_equal((*case, torch.tensor(delays, dtype=torch.float64)), learned).any()


def test_recurrent_delays_without_learning():
    case = (*example(3, 17, 9, 40), torch.arange(1, 41, dtype=torch.float64))
    with torch.no_grad():
        assert torch.equal(on_device(*case), looped(*case))


def test_readout_without_recurrence():
    spikes, weight, _, constants, *_ = example(17, 7, 40, 10)
    largest = constants.threshold.new_tensor([64.0 * 131071])
    constants = constants._replace(threshold=largest, gain=constants.gain * 2**7)
    out = assert_equal((spikes, weight, None, constants, torch.tensor(1), Triangular(), "voltages"))
    # The voltage is large enough to reset readouts.
    assert (out[..., 1:] == 0).any()


def test_drive_equals_the_loop():
    spikes, weight, _, constants, delay, surrogate, _ = example(5, 7, 9, 70)
    drive = drive_of(spikes.double(), weight, delay).transpose(1, 2)
    # A number that float32 cannot hold.
    drive[0, 0, 3] = 2**24 + 1
    reading = torch.randn(drive.shape, generator=torch.Generator().manual_seed(0))
    results = []
    for run in (
        lambda x, c: kernels.respond_to_drive(x.to(DEVICE), Constants(*(y.to(DEVICE) for y in c)), surrogate).out.cpu(),
        lambda x, c: integrate(x.transpose(1, 2), None, c, surrogate).s.transpose(1, 2).float(),
    ):
        leaves = drive.clone().requires_grad_(), constants.current_decay.clone().requires_grad_()
        out = run(leaves[0], constants._replace(current_decay=leaves[1]))
        results.append((out.detach(), *torch.autograd.grad((out * reading).sum(), leaves)))
    (out, *mine), (expected_out, *expected) = results
    assert out.any()
    assert torch.equal(out, expected_out)
    for x, y in zip(mine, expected, strict=True):
        torch.testing.assert_close(x, y, rtol=0, atol=1e-4 * y.abs().max().item())


@pytest.mark.parametrize("seed", range(3))
def test_every_state_from_any_state_and_with_any_parameters(seed):
    rng = np.random.default_rng(seed)
    steps, samples, neurons = 4, 19, 21
    edges = np.array([-fx.STATE_MAX, -(2**12), -1, 0, 1, 2**12, fx.STATE_MAX])

    def mostly(low, high, size, special):
        return np.where(rng.random(size) < 0.3, rng.choice(special, size), rng.integers(low, high + 1, size))

    states = np.stack([mostly(-fx.STATE_MAX, fx.STATE_MAX, (samples, neurons), edges) for _ in "uav"])
    decays = mostly(0, 4096, (3, neurons), [0, 1, 4095, 4096])
    threshold, ahp_weight = (x * mostly(0, 2**17 - 1, neurons, [0, 2**17 - 1]) for x in (64, 1))
    gain = 2 ** rng.integers(0, 14, neurons)
    drive = mostly(-(2**16), 2**16, (steps, samples, neurons), [0, 2**17])
    recurrent = mostly(-256, 255, (neurons, neurons), [-256, 255])
    # The first neuron reaches both ends of the range of u.
    decays[0, 0], gain[0], recurrent[0], drive[:, :2, 0] = 4096, 2**13, 0, [2**10, -(2**10)]
    table = np.stack([threshold, *(4096 - decays), ahp_weight, gain])

    def tensor(x, dtype=torch.int32):
        return torch.tensor(x, dtype=dtype, device=DEVICE)

    population = _chunk.Population(None, tensor(drive), None, tensor(recurrent, torch.bfloat16), tensor(table))
    after = tensor(np.zeros_like(states))
    voltages, history = tensor(np.zeros_like(drive)), tensor(np.zeros((steps, 2, samples, neurons)))
    population.forward(0, steps, tensor(states), after, voltages=voltages, history=history)
    u, a, v = states
    for t in range(steps):
        np.testing.assert_array_equal(history[t].cpu(), [u, a])
        s = v > threshold
        u = fx.wrap(fx.decay(u, decays[0]) + (drive[t] + s @ recurrent.T) * gain)
        a = fx.saturate(fx.decay(a, decays[2]) - ahp_weight * s)
        v = fx.saturate(fx.decay(np.where(s, 0, v), decays[1]) + u + a)
        np.testing.assert_array_equal(voltages[t].cpu(), v)
    assert u.max() == 2**23
    np.testing.assert_array_equal(after.cpu(), [u, a, v])


def test_layout_type_and_autocast_change_nothing():
    spikes, *rest, _ = example(3, 6, 40, 20)
    rest.append("voltages")
    expected = looped(spikes, *rest)
    time_major = spikes.permute(2, 0, 1).contiguous().permute(1, 2, 0)
    with torch.no_grad(), torch.autocast(DEVICE, dtype=torch.bfloat16):
        for x in (time_major, spikes.bool(), spikes.double()):
            assert torch.equal(on_device(x, *rest), expected)


def test_at_most_six_bytes_per_neuron_and_step_are_kept(monkeypatch):
    monkeypatch.setattr(gpu, "MIN_STEPS", 16)
    samples, steps, source, target = 3, 32, 16, 70
    kept = {}

    def count(tensor):
        if tensor.ndim > 2:
            kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    spikes, weight, *rest = example(samples, steps, source, target)
    constants = Constants(*(x.clone().requires_grad_() for x in rest[1]))
    with torch.autograd.graph.saved_tensors_hooks(count, lambda x: x):
        out = gpu.Sequence.apply(
            kernels.Settings(Triangular(), 1, False, True),
            *(None if x is None else x.to(DEVICE) for x in (spikes, None, weight, rest[0], None, None)),
            *(x.to(DEVICE).expand(target) for x in constants),
        )
    assert out.requires_grad
    assert 4 * samples * steps * target <= sum(kept.values()) <= 6 * samples * steps * target


@pytest.mark.parametrize("odd", [2.0, 0.5, -1.0, float("nan")])
def test_input_that_is_no_spike_says_so(odd):
    spikes, *rest = example(2, 9, 9, 20)
    spikes[-1, 3, 8] = odd
    with pytest.raises(DataError, match=rf"^input spikes: found {odd}, allowed 0 and 1$"):
        on_device(spikes, *rest)


def test_weights_that_bfloat16_would_round_say_so():
    spikes, weight, recurrent, *rest = example(2, 9, 9, 20)
    weight[3, 2], recurrent[4, 1] = 256, -258
    with pytest.raises(SpecError, match=r"^recurrent weights: found -258.0, allowed -256..256 on a GPU$"):
        on_device(spikes, weight, recurrent, *rest)


def test_the_device_decides_on_the_kernel(monkeypatch):
    monkeypatch.undo()
    capability, has_triton = (8, 0), True
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(kernels, "_has_triton", lambda: has_triton)
    assert kernels.kernel_for(torch.device("cuda", 0)) is gpu
    capability = (7, 5)
    assert kernels.kernel_for(torch.device("cuda", 0)) is None
    capability, has_triton = (9, 0), False
    assert kernels.kernel_for(torch.device("cuda", 0)) is None
    assert kernels.kernel_for(torch.device("meta")) is None


WITH_TORCH_AND_TRITON_ALONE = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("lava", "numba", "lightning", "h5py", "pydantic", "scipy"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nothing())
from lava_ahp.slayer import kernels
import torch
from lava_ahp.slayer.loop import Constants
from lava_ahp.slayer.surrogate import Triangular
kernels.kernel_for = lambda device: kernels.gpu
device = "cuda" if torch.cuda.is_available() else "cpu"
one = torch.ones(1, dtype=torch.float64, device=device)
weight = torch.full((1, 1), 100., dtype=torch.float64, device=device, requires_grad=True)
out = kernels.respond(torch.ones(1, 1, 4, device=device), weight, None, Constants(*(one,) * 6), Triangular()).out
out.sum().backward()
from lava_ahp.slayer.pairs import PairLayers
kernels._runs_triton = lambda device: True
layers = PairLayers({"threshold": 1.0}, 1, 1, (2, 2), 1).to(device)
for name, parameter in layers.named_parameters():
    if name.endswith("weight"):
        parameter.data.fill_(4)
none, one = torch.zeros(1, dtype=torch.int64, device=device), torch.ones(1, 1, 4, device=device)
counts, _ = layers(one, one, none, none, torch.tensor([0, 1], device=device), one[0, 0])
counts.sum().backward()
print(int(out.sum()), counts.tolist())
"""


def test_needs_torch_and_triton_alone():
    command = [sys.executable, "-c", WITH_TORCH_AND_TRITON_ALONE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "3 [[[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]]"
