"""The GPU kernel of the pair layers against the readable loop: equal integers, and equal gradients up to rounding.

Without a GPU the kernel runs in Triton's interpreter.  That is slow, so there are few and small cases.
"""

import copy
import os

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lava_ahp.errors import DataError
from lava_ahp.slayer import kernels
from lava_ahp.slayer.pairs import PairLayers
from lava_ahp.slayer.surrogate import Triangular

from support.pair_cases import assert_close, batches, gentle_layers, gradients, pair_layers, set_weights, stories

ON_GPU = torch.cuda.is_available()
DEVICE = "cuda" if ON_GPU else "cpu"

if not ON_GPU:
    # Triton reads it both when kernels are defined and when they run.
    os.environ["TRITON_INTERPRET"] = "1"
pairs_gpu = pytest.importorskip(
    "lava_ahp.slayer.kernels.pairs_gpu", reason="Triton is not installed: pip install triton"
)

RUNS_TRITON = kernels._runs_triton
MOST_STEPS = 70 if ON_GPU else 6

#: Shrinking a failure takes the interpreter minutes.
PHASES = tuple(Phase) if ON_GPU else (Phase.explicit, Phase.reuse, Phase.generate)


@pytest.fixture(autouse=True, scope="module")
def small_chunks_of_the_gpu_kernel():
    """Use the GPU kernel on every device, and chunks of a single tile of pairs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "_runs_triton", lambda device: True)
        patch.setattr(pairs_gpu, "CHUNK_SIZE", 1)
        yield


@pytest.fixture
def refuse_the_loop(monkeypatch):
    monkeypatch.setattr(PairLayers, "looped", None)


def moved(batch):
    return [x.to(DEVICE) for x in batch]


def on_device(layers):
    """The layers as a function whose arguments, results and gradients are on the CPU."""
    copied = copy.deepcopy(layers).to(DEVICE)

    def run(*batch):
        parameters = {name: x.to(DEVICE) for name, x in layers.named_parameters()}
        counts, spikes = torch.func.functional_call(copied, parameters, tuple(moved(batch)))
        return counts.cpu(), {name: total.cpu() for name, total in spikes.items()}

    return run


def voltages_of(layers, batch):
    """Counts and sums of spikes, and the voltages ``(layer, pair, time, neuron)`` that the backward pass computes."""
    found, launch = [], pairs_gpu._launch

    def spy(kernel, arrays, shape):
        launch(kernel, arrays, shape)
        if kernel is pairs_gpu._pair_triton.forward and arrays[-1] is not None:
            found.append(arrays[-1].cpu())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs_gpu, "_launch", spy)
        counts, spikes = on_device(layers)(*batch)
        counts.sum().backward()
    return counts, spikes, torch.cat(found, dim=1) if found else None


@settings(max_examples=300 if ON_GPU else 8, deadline=None, phases=PHASES)
@given(st.data())
def test_every_voltage_and_count_equals_those_of_the_loop(data):
    layers = data.draw(pair_layers(most_layers=4))
    batch = data.draw(batches(layers, most_stories=3, most_sentences=4, most_steps=MOST_STEPS))
    counts, spikes, voltages = voltages_of(layers, batch)
    expected = layers.looped(*batch)
    assert counts.dtype == torch.float32
    assert torch.equal(counts, expected.counts)
    assert list(spikes) == list(layers.names)
    for name, total in expected.spikes.items():
        assert torch.equal(spikes[name], total), name
    if voltages is None:
        assert len(batch[2]) == 0
        return
    for k, (state, neuron) in enumerate(zip(layers.states(*batch).values(), layers.neurons, strict=True)):
        v = voltages[k, ..., : neuron.num_neurons].double()
        assert torch.equal(v * (v <= neuron.constants().threshold), state.v)
        assert not voltages[k, ..., neuron.num_neurons :].any()


@settings(max_examples=100 if ON_GPU else 4, deadline=None, phases=PHASES)
@given(
    seed=st.integers(0, 2**32 - 1),
    hidden=st.lists(st.integers(1, 128 if ON_GPU else 20), min_size=1, max_size=4),
    sizes=st.lists(st.integers(0, 6), min_size=1, max_size=3),
    steps=st.integers(1, MOST_STEPS),
    shorter=st.booleans(),
)
def test_gradients_equal_those_of_the_loop(seed, hidden, sizes, steps, shorter):
    rng = np.random.default_rng(seed)
    layers = gentle_layers(rng, hidden)
    batch = stories(layers, rng, sizes, steps, shorter=shorter)
    counts, _, mine = gradients(on_device(layers), layers, batch)
    expected_counts, _, expected = gradients(layers.looped, layers, batch)
    assert torch.equal(counts, expected_counts)
    assert_close(mine, expected)


def example():
    rng = np.random.default_rng(4)
    layers = gentle_layers(rng, [24, 16])
    return layers, stories(layers, rng, [5, 0, 2], 9)


def test_counts_and_gradients_equal_those_of_the_cpu_kernel_and_repeat_exactly():
    pytest.importorskip("numba")
    layers, batch = example()
    results = [gradients(on_device(layers), layers, batch) for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "_runs_triton", lambda device: False)
        expected_counts, expected_spikes, expected = gradients(layers, layers, batch)
    assert all(total.sum() > 0 for total in expected_spikes.values())
    assert all(gradient.abs().max() > 0 for gradient in expected.values())
    for counts, spikes, mine in results:
        assert torch.equal(counts, expected_counts)
        assert all(torch.equal(spikes[name], total) for name, total in expected_spikes.items())
        assert_close(mine, expected)
        for name, gradient in results[0][2].items():
            assert torch.equal(mine[name], gradient), name


@pytest.mark.usefixtures("refuse_the_loop")
@pytest.mark.parametrize("output", ["first", "second"])
def test_one_sum_alone_has_its_gradient(output):
    layers, batch = example()
    weights = [layers.sentence_i.weight, layers.further[0].weight]
    _, spikes = on_device(layers)(*batch)
    of_first, of_second = torch.autograd.grad(spikes[output].sum(), weights, allow_unused=True)
    assert of_first.any()
    assert bool(of_second.any()) == (output == "second")


@pytest.mark.usefixtures("refuse_the_loop")
def test_layout_type_and_autocast_change_nothing():
    layers, (sentences, question, *rest) = example()
    results = []
    for convert in (torch.Tensor.float, torch.Tensor.bool, torch.Tensor.double, lambda x: x.mT.contiguous().mT):
        with torch.no_grad(), torch.autocast(DEVICE, dtype=torch.bfloat16):
            results.append(on_device(layers)(convert(sentences), convert(question), *rest)[0])
    assert results[0].any()
    assert all(torch.equal(counts, results[0]) for counts in results)


@pytest.mark.parametrize("position", [0, 1])
def test_input_that_is_no_spike_says_so(position):
    layers, batch = example()
    batch[position][0, 1, 3] = 2
    with pytest.raises(DataError, match=r"^input spikes: found 2.0, allowed 0 and 1$"):
        on_device(layers)(*batch)


def test_layers_that_do_not_fit_and_other_surrogates_run_the_loop(monkeypatch):
    h100, a100, ga102 = (kib * 2**10 for kib in (227, 163, 99))
    available = h100
    monkeypatch.setattr(pairs_gpu, "_shared_memory", lambda device: available)

    def taken(*sizes, sources=100):
        return kernels.pair_kernel_for_gpu(torch.device(DEVICE), sizes, sources) is pairs_gpu

    assert taken(256)
    assert not taken(257)
    assert taken(128, 128, sources=2**16)
    assert not taken(128, 128, sources=2**16 + 1)
    assert not taken(200, 8, 8)
    available = a100
    assert taken(256, 1)
    assert taken(128, 128, 128, 128)
    available = ga102
    assert taken(100, 128, 128)
    assert not taken(128, 128, 128, 128)

    monkeypatch.setattr(pairs_gpu, "run", None)
    layers, batch = example()
    layers.to(DEVICE)
    available = 0
    assert layers(*moved(batch)).counts.any()
    available = h100
    rng = np.random.default_rng(5)
    other = PairLayers([{"threshold": 2.0, "surrogate": s} for s in (Triangular(), torch.exp)], 7, 5, (9, 8), 5)
    set_weights(other, rng, 2.0)
    assert other.to(DEVICE)(*moved(stories(other, rng, [3, 1], 12))).counts.any()


def test_the_device_decides_on_the_kernel(monkeypatch):
    def on_a_gpu():
        return kernels.pair_kernel_for_gpu(torch.device("cuda", 0), [128, 128], 600)

    capability, has_triton = (8, 0), True
    monkeypatch.setattr(kernels, "_runs_triton", RUNS_TRITON)
    monkeypatch.setattr(kernels, "_has_triton", lambda: has_triton)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(pairs_gpu, "_shared_memory", lambda device: 99 * 2**10)
    assert on_a_gpu() is pairs_gpu
    assert kernels.pair_kernel_for_gpu(torch.device("cpu"), [128, 128], 600) is None
    capability = (7, 5)
    assert on_a_gpu() is None
    capability, has_triton = (9, 0), False
    assert on_a_gpu() is None
