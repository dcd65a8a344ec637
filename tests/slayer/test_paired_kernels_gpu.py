"""Synapses in pairs on the GPU kernel, in Triton's interpreter where there is no GPU; sizes are small."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from lava_ahp.slayer import kernels

from support.paired_cases import Case, assert_close, draw, gradients

ON_GPU = torch.cuda.is_available()

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


def on_device(case):
    return case.to("cuda" if ON_GPU else "cpu").fused().cpu()


def assert_equal(case, **learned):
    out, mine = gradients(on_device, case, **learned)
    expected_out, expected = gradients(Case.looped, case, **learned)
    assert torch.equal(out, expected_out)
    assert_close(mine, expected)
    return out


def case_of(seed, lag):
    size = {"samples": 18, "neurons": 24, "steps": 13}
    case = draw(np.random.default_rng(seed), **size, lags=(lag,), weights=(-30, 60), corrected=False)
    return replace(case, autapse=case.autapse % 100, threshold=case.threshold + 60)


@pytest.mark.parametrize(("seed", "lag"), [(0, 1), (1, 3), (2, 12)])
def test_outputs_and_gradients_equal_those_of_the_loop(seed, lag):
    assert_equal(case_of(seed, lag))


def test_without_learned_decays_nothing_is_computed_again():
    assert_equal(case_of(5, 3), learned=("weight", "autapse"))


@pytest.mark.parametrize("lag", [2, 7])
def test_recurrent_weights_that_do_not_fit_into_a_program(monkeypatch, lag):
    monkeypatch.setattr(_chunk, "_shared_memory", lambda device: 0)
    assert assert_equal(replace(case_of(4, lag), output="spikes")).any()
