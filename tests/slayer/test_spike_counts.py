"""Kernels count the spikes of every neuron; the gradients of the counts are those of their spikes."""

import pytest
import torch

from lava_ahp.slayer import kernels

from support.kernel_cases import example


@pytest.mark.parametrize("both", [False, True])
def test_gradients_of_counts_are_those_of_their_spikes(both):
    """A penalty on firing rates has a gradient of its own, beside that of the output or alone."""
    spikes, weight, recurrent, constants, delay, surrogate, _ = example()
    generator = torch.Generator().manual_seed(0)
    readings = torch.randn(len(weight), generator=generator), torch.randn(spikes.shape[2], generator=generator) * both
    results = []
    for counted in (True, False):
        leaves = spikes.clone().requires_grad_(), weight.clone().requires_grad_(), recurrent.clone().requires_grad_()
        found = kernels.respond(*leaves, constants, surrogate, delay=delay)
        sums = found.counts if counted else found.out.sum(dim=(0, 2))
        total = (sums * readings[0]).sum() + ((found.out * readings[1]).sum() if both else 0)
        results.append(torch.autograd.grad(total, leaves))
    for mine, expected in zip(*results, strict=True):
        assert expected.any()
        torch.testing.assert_close(mine, expected, rtol=0, atol=1e-5 * float(expected.abs().max()))
