"""The optimiser that moves some parameters by their logarithm."""

import pytest
import torch

from lava_ahp.training.log_adamw import LogAdamW

RATE = 0.01


def optimise(values, by_log, loss, steps, closure):
    parameter = torch.nn.Parameter(torch.tensor(values))
    optimiser = LogAdamW([{"params": [parameter], "lr": RATE, "by_log": by_log, "weight_decay": 0.0}])

    def forward_and_backward():
        optimiser.zero_grad()
        found = loss(parameter)
        found.backward()
        return found

    for _ in range(steps):
        if closure:
            optimiser.step(forward_and_backward)
        else:
            forward_and_backward()
            optimiser.step()
    return parameter.detach()


@pytest.mark.parametrize("closure", [True, False])
def test_it_is_adamw_on_the_logarithm(closure):
    values, target = [0.01, 1.0, 300.0], torch.tensor([0.02, 0.5, 200.0])

    def loss(x):
        return (x / target - 1).square().sum()

    log = torch.nn.Parameter(torch.tensor(values).log())
    plain = torch.optim.AdamW([log], lr=RATE, weight_decay=0.0)
    for _ in range(20):
        plain.zero_grad()
        loss(log.exp()).backward()
        plain.step()
    found = optimise(values, True, loss, 20, closure)
    torch.testing.assert_close(found, log.detach().exp(), rtol=1e-4, atol=0)


@pytest.mark.parametrize("closure", [True, False])
def test_other_groups_are_those_of_adamw(closure):
    parameter = torch.nn.Parameter(torch.tensor([0.5, -2.0]))
    plain = torch.optim.AdamW([parameter], lr=RATE, weight_decay=0.0)
    for _ in range(5):
        plain.zero_grad()
        parameter.pow(4).sum().backward()
        plain.step()
    assert torch.equal(optimise([0.5, -2.0], False, lambda x: x.pow(4).sum(), 5, closure), parameter.detach())


def test_zero_stays_zero():
    found = optimise([0.0, 1.0], True, lambda x: (x - 2).square().sum(), 3, True)
    assert found[0] == 0
    assert found[1] > 1
