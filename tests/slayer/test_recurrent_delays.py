"""What the gradient of a recurrent delay means."""

import numpy as np
import torch

from lava_ahp.slayer.loop import Constants
from lava_ahp.slayer.surrogate import Triangular

from support.kernel_cases import fused, looped


def whole(x):
    return torch.tensor(x, dtype=torch.float64)


def test_the_gradient_of_a_delay_is_the_central_difference():
    """Where nothing is rounded and only one neuron spikes, it is what the loss would have changed."""
    constant = {"threshold": [64 * 50.0, 64e5], "current_decay": [4096.0, 4096.0], "voltage_decay": [4096.0, 0.0]}
    rest = {"ahp_decay": [0.0, 0.0], "ahp_weight": [0.0, 0.0], "gain": [64.0, 64.0]}
    constants = Constants(**{k: torch.tensor(v, dtype=torch.float64) for k, v in (constant | rest).items()})
    weight, recurrent = whole(np.array([[100], [0]])), whole(np.array([[0, 0], [30, 0]]))
    rng = np.random.default_rng(0)
    spikes = torch.tensor(rng.random((3, 1, 60)) < 0.3).float()
    reading = torch.tensor(rng.integers(-9, 10, (3, 2, 60))).float()

    def loss(run, delay):
        again = torch.cat([delay, torch.ones(1, dtype=torch.float64)])
        out = run(spikes, weight, recurrent, constants, torch.tensor(1), Triangular(), "voltages", again)
        return (out * reading).sum().double()

    for delay, low, high in ((1, 1, 2), (7, 6, 8), (59, 58, 60), (63, 62, 63)):
        change = [loss(fused, torch.tensor([float(d)], dtype=torch.float64)) for d in (low, high)]
        for run in (fused, looped):
            own = torch.tensor([float(delay)], dtype=torch.float64, requires_grad=True)
            loss(run, own).backward()
            assert own.grad.item() == (change[1] - change[0]).item() / (high - low), (delay, run)
