"""Populations with synapses in pairs: drawn at random, as networks of LIF neurons, and with gradients."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from lava_ahp.network import Connection, Network, Neuron, Population
from lava_ahp.network.autapses import autapses
from lava_ahp.network.splitting import by_exponent, of_one_sign
from lava_ahp.slayer import kernels
from lava_ahp.slayer.loop import Constants, Late, PairedSynapses, integrate
from lava_ahp.slayer.surrogate import Surrogate, Triangular

from support.kernel_cases import drive_of, gaussian

TRIANGULAR = Triangular()

#: What can be learned.
LEARNABLE = ("spikes", "weight", "recurrent", "autapse", "threshold", "current_decay", "voltage_decay")


@dataclass(frozen=True)
class Case:
    """Arguments of the kernels: whole numbers in ``float64``, spikes ``(sample, source, time)``."""

    spikes: torch.Tensor
    weight: torch.Tensor
    recurrent: torch.Tensor
    autapse: torch.Tensor
    threshold: torch.Tensor
    current_decay: torch.Tensor
    voltage_decay: torch.Tensor
    lag: int
    delay: torch.Tensor
    surrogate: Surrogate = TRIANGULAR
    output: str = "spikes"
    corrected: bool = False
    recurrent_delay: torch.Tensor | None = None

    @property
    def constants(self):
        none = torch.zeros_like(self.threshold)
        gain = torch.full_like(self.threshold, 64)
        return Constants(64 * self.threshold, self.current_decay, self.voltage_decay, none, none, gain)

    @property
    def paired(self):
        if not self.corrected:
            return PairedSynapses(self.lag, self.autapse)
        with torch.no_grad():
            keep = (1 - self.current_decay / 4096) ** self.lag
            return PairedSynapses(
                self.lag, self.autapse, Late(*(second(w, keep) for w in (self.weight, self.recurrent)), keep)
            )

    def states(self):
        """States of the readable loop."""
        spikes, paired = self.spikes.double(), self.paired
        late = None if paired.late is None else drive_of(spikes, paired.late.feedforward, self.delay)
        drive = drive_of(spikes, self.weight, self.delay)
        return integrate(drive, self.recurrent, self.constants, self.surrogate, paired, late, self.recurrent_delay)

    def looped(self):
        states = self.states()
        return (states.v if self.output == "voltages" else states.s).transpose(1, 2).float()

    def fused(self):
        return kernels.respond(
            self.spikes, self.weight, self.recurrent, self.constants, self.surrogate,
            delay=self.delay, output=self.output, paired=self.paired, recurrent_delay=self.recurrent_delay,
        ).out  # fmt: skip

    def to(self, device):
        moved = {k: x.to(device) for k, x in vars(self).items() if isinstance(x, torch.Tensor)}
        return replace(self, **moved)


def draw(rng, *, samples=4, sources=12, neurons=30, steps=90, lags=(1, 2, 3, 7, 40), weights=None, corrected=None,
         delayed=None):  # fmt: skip
    """A random case of at most such a size; ``corrected`` and ``delayed`` at random too where they are None."""
    sources, neurons = int(rng.integers(1, sources + 1)), int(rng.integers(1, neurons + 1))
    samples, steps = int(rng.integers(1, samples + 1)), int(rng.integers(1, steps + 1))
    least, most = weights or [(-20, 40), (-127, 128), (0, 128)][rng.integers(3)]

    def whole(low, high, *shape):
        return torch.tensor(rng.integers(low, high, shape), dtype=torch.float64)

    lag = int(rng.choice(lags))
    again = [None, whole(1, 2, neurons), whole(1, 6, neurons), whole(1, 64 - lag, neurons)][rng.integers(4)]
    delay = [1, 3, rng.integers(1, 5, (neurons, sources))][rng.integers(3)]
    return Case(
        spikes=torch.tensor(rng.random((samples, sources, steps)) < rng.choice([0.05, 0.3, 1.0])).float(),
        weight=2 * whole(least, most, neurons, sources),
        recurrent=2 * whole(least // 2, most // 2, neurons, neurons),
        autapse=whole(0, [1, 60, 30000][rng.integers(3)], neurons),
        threshold=whole(20, 500, neurons),
        current_decay=whole(1, [20, 4097][rng.integers(2)], neurons),
        voltage_decay=whole(0, [2000, 4096][rng.integers(2)], neurons),
        lag=lag,
        delay=torch.as_tensor(delay),
        surrogate=[Triangular(), Triangular(0.5, 0.6), gaussian][rng.integers(3)],
        output=["spikes", "voltages"][rng.integers(2)],
        corrected=bool(rng.integers(2)) if corrected is None else corrected,
        recurrent_delay=None if delayed is False else again,
    )


def second(weights, keep):
    """Weights of second synapses that take away what has not decayed of the first."""
    return -(keep[:, None] * weights).round()


def network_of(case):
    """The same as a network of LIF neurons, synapse by synapse."""
    neuron = Neuron(*(x.numpy().astype(np.int64) for x in (case.threshold, case.current_decay, case.voltage_decay)))
    size, sources = case.weight.shape
    connections = []
    late = case.paired.late
    again = 1 if case.recurrent_delay is None else np.broadcast_to(case.recurrent_delay.int().numpy(), (size, size))
    for source, matrix, other, delay in (
        ("input", case.weight, late and late.feedforward, case.delay.numpy()),
        ("p", case.recurrent, late and late.recurrent, again),
    ):
        connections.append(Connection(source, "p", matrix.numpy().astype(np.int64), delay=delay))
        partner = (-matrix if other is None else other).numpy().astype(np.int64)
        for exponent, mantissa in by_exponent(partner):
            for part in of_one_sign(mantissa):
                here = np.where(part, mantissa, 0)
                connections.append(Connection(source, "p", here, exponent=exponent, delay=delay + case.lag))
    for weights, exponent in autapses(case.autapse.numpy().astype(np.int64)):
        connections.append(Connection("p", "p", weights, exponent=exponent))
    return Network((Population("input", sources), Population("p", size, neuron)), connections, "p")


def gradients(run, case, learned=LEARNABLE):
    """The output, and the gradients of a random weighted sum of it, by name."""
    leaves = {name: getattr(case, name).clone().requires_grad_() for name in learned}
    out = run(replace(case, **leaves))
    reading = torch.randn(out.shape, generator=torch.Generator().manual_seed(0)).to(out.device)
    found = torch.autograd.grad((out * reading).sum(), list(leaves.values()))
    return out.detach(), dict(zip(leaves, found, strict=True))


def assert_close(mine, expected):
    for name, gradient in expected.items():
        scale = gradient.abs().max().item()
        torch.testing.assert_close(
            mine[name], gradient, rtol=0, atol=1e-4 * scale + 1e-12, msg=lambda m, n=name: f"{n}: {m}"
        )
