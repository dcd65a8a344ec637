"""Arguments for the training kernels, and the gradients of a kernel and of the readable loop for them."""

import numpy as np
import torch

from lava_ahp.slayer import kernels
from lava_ahp.slayer.loop import Constants, integrate
from lava_ahp.slayer.surrogate import Triangular


def gaussian(x):
    return 0.4 * torch.exp(-(x**2))


def drive_of(spikes, weight, delay):
    """``(sample, time, neuron)``, in plain torch."""
    drive = spikes.new_zeros(spikes.shape[0], spikes.shape[2], len(weight))
    for d in torch.unique(delay):
        arriving = torch.nn.functional.pad(spikes, (int(d), 0))[..., : spikes.shape[2]]
        drive = drive + arriving.transpose(1, 2) @ (weight * (delay == d)).T
    return drive


def fused(spikes, weight, recurrent, constants, delay, surrogate, output, recurrent_delay=None):
    return kernels.respond(
        spikes, weight, recurrent, constants, surrogate, delay=delay, output=output, recurrent_delay=recurrent_delay
    ).out


def looped(spikes, weight, recurrent, constants, delay, surrogate, output, recurrent_delay=None):
    drive = drive_of(spikes.double(), weight, delay)
    states = integrate(drive, recurrent, constants, surrogate, recurrent_delay=recurrent_delay)
    return (states.v if output == "voltages" else states.s).transpose(1, 2).float()


def gradients(run, case, learned):
    """The output, and the gradients of a random weighted sum of it, by name of the argument."""
    spikes, weight, recurrent, constants, delay, surrogate, output, *recurrent_delay = case
    leaves = {"spikes": spikes, "weight": weight, "recurrent": recurrent, **constants._asdict()}
    leaves |= dict(zip(["recurrent_delay"], recurrent_delay, strict=False))
    leaves = {k: None if x is None else x.clone().requires_grad_(k in learned) for k, x in leaves.items()}
    fields = {k: leaves[k] for k in Constants._fields}
    more = {k: leaves[k] for k in ("recurrent_delay",) if leaves.get(k) is not None}
    out = run(
        leaves["spikes"], leaves["weight"], leaves["recurrent"], Constants(**fields), delay, surrogate, output, **more
    )
    reading = torch.randn(out.shape, generator=torch.Generator().manual_seed(0))
    wanted = {k: x for k, x in leaves.items() if x is not None and x.requires_grad}
    found = torch.autograd.grad((out * reading).sum(), list(wanted.values()))
    return out.detach(), dict(zip(wanted, found, strict=True))


EVERYTHING = ("spikes", "weight", "recurrent", *Constants._fields[:5])


def example(samples=37, steps=70, source=9, target=33):
    rng = np.random.default_rng(3)
    one = torch.ones(1, dtype=torch.float64)
    constants = Constants(64 * 150 * one, 2000 * one, 300 * one, 20 * one, 900 * one, 64 * one)
    weight = torch.tensor(rng.integers(-80, 160, (target, source)), dtype=torch.float64)
    recurrent = torch.tensor(rng.integers(-40, 40, (target, target)), dtype=torch.float64)
    spikes = torch.tensor(rng.random((samples, source, steps)) < 0.2).float()
    return spikes, weight, recurrent, constants, torch.tensor(1), Triangular(), "spikes"
