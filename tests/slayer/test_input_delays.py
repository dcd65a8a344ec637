"""Delays of input spikes: where they arrive, and the gradient by which they are learned."""

import numpy as np
import pytest
import torch

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.block import Dense, Recurrent
from lava_ahp.slayer.delays import delay_spikes


def whole(values):
    return torch.tensor(values, dtype=torch.float64)


def test_spikes_come_later_and_not_after_the_end():
    spikes = torch.tensor([[1.0, 0, 1, 0, 0], [0, 1, 0, 0, 1]])[None].expand(2, 2, 5)
    assert delay_spikes(spikes, whole([1, 3])).tolist() == [[[1, 0, 1, 0, 0], [0, 0, 0, 1, 0]]] * 2
    assert not delay_spikes(spikes, whole([63, 62])).any()


def test_a_delay_is_learned_by_a_central_difference_that_ends_at_its_range():
    rng = np.random.default_rng(0)
    spikes = torch.from_numpy((rng.random((3, 4, 80)) < 0.3).astype(np.float64))
    delays, of_arrival = [1, 2, 40, 63], torch.from_numpy(rng.normal(size=(3, 4, 80)))

    def total(source, delay):
        """What the spikes of a source bring after so many steps."""
        found = 0.0
        for sample, t in zip(*np.nonzero(spikes[:, source].numpy()), strict=True):
            if t + delay - fx.DELAY_MIN < 80:
                found += of_arrival[sample, source, t + delay - fx.DELAY_MIN].item()
        return found

    given, learned = spikes.clone().requires_grad_(), whole(delays).requires_grad_()
    (delay_spikes(given, learned) * of_arrival).sum().backward()
    for source, delay in enumerate(delays):
        later, earlier = min(delay + 1, fx.DELAY_MAX), max(delay - 1, fx.DELAY_MIN)
        expected = (total(source, later) - total(source, earlier)) / (later - earlier)
        assert learned.grad[source].item() == pytest.approx(expected, rel=1e-12)
        moved = of_arrival[:, source, delay - fx.DELAY_MIN :]
        assert torch.equal(given.grad[:, source, : moved.shape[1]], moved)
        assert not given.grad[:, source, moved.shape[1] :].any()


@pytest.mark.parametrize("kind", [Dense, Recurrent])
def test_kernel_and_loop_learn_delays_alike(kind):
    rng = np.random.default_rng(1)
    block = kind(
        {"threshold": 4.0, "voltage_decay": 0.1, "current_decay": 0.4, "ahp_decay": 0.02, "ahp_strength": 0.1}, 6, 9,
        input_delay=[1, 2, 3, 10, 62, 63], learn_input_delay=True,
    )  # fmt: skip
    x = torch.from_numpy((rng.random((4, 6, 90)) < 0.3).astype(np.float32))
    with torch.no_grad():
        for name, parameter in block.named_parameters():
            if name.endswith("weight"):
                parameter.copy_(torch.from_numpy(rng.normal(0, 1, parameter.shape)))
    by_spike = torch.from_numpy(rng.normal(size=(4, 9, 90)).astype(np.float32))
    (block(x) * by_spike).sum().backward()
    by_kernel = block.input_delay.grad.clone()
    block.input_delay.grad = None
    (block.states(x).s.transpose(1, 2) * by_spike).sum().backward()
    assert by_kernel.abs().min() > 0
    torch.testing.assert_close(by_kernel, block.input_delay.grad, rtol=1e-4, atol=1e-4)
