"""Denormal numbers count as zero in training, and only there."""

import threading

import numpy as np
import pytest
import torch

from lava_ahp.slayer.block import Recurrent
from lava_ahp.slayer.kernels import _backward, cpu
from lava_ahp.slayer.kernels.denormals import denormals_as_zero

TINY = np.finfo(np.float32).tiny


def are_zero():
    return bool(TINY * np.float32(0.5) == 0)


@pytest.fixture(autouse=True)
def supported():
    with denormals_as_zero():
        if not are_zero():
            pytest.skip("this processor keeps denormal numbers")


def test_they_are_zero_inside_and_what_they_were_outside():
    assert not are_zero()
    with denormals_as_zero():
        with denormals_as_zero():
            assert are_zero()
        assert are_zero()
    assert not are_zero()


def test_an_error_inside_restores_them():
    with pytest.raises(KeyError), denormals_as_zero():
        raise KeyError
    assert not are_zero()


@pytest.mark.parametrize("threads", [1, 3])
def test_they_are_zero_in_every_thread_of_the_kernel(monkeypatch, threads):
    seen, backward = {}, _backward.backward

    def spying(*arguments):
        seen[threading.get_ident()] = are_zero()
        backward(*arguments)

    monkeypatch.setattr(_backward, "backward", spying)
    monkeypatch.setattr(cpu, "PARALLEL_FROM", 0)
    monkeypatch.setattr(cpu, "_threads", threads)
    block = Recurrent({"threshold": 1.0, "voltage_decay": 0.1}, 5, 7)
    block((torch.rand(8, 5, 20) < 0.3).float()).sum().backward()
    assert seen
    assert all(seen.values())
    assert not are_zero()
