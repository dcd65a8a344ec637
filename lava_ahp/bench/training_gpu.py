"""One optimisation step of the AHP kernels and of cuDNN's LSTM on a GPU, for several batch sizes.

Needs only torch and Triton.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor

from lava_ahp.bench.training import (
    AHP_DECAY,
    AHP_STRENGTH,
    INPUT_RATE,
    MEMBRANE_DECAY,
    READOUT_STEPS,
    SEED,
    SIZES,
    THRESHOLD,
    WEIGHT_SCALE,
    Step,
    in_turns,
    median_ratio,
)
from lava_ahp.errors import BackendUnavailable
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer import kernels
from lava_ahp.slayer.loop import Constants
from lava_ahp.slayer.surrogate import Triangular

#: Batch sizes, in samples.
BATCHES = (1, 4, 16, 64, 128, 256, 1024)


@dataclass(frozen=True)
class Row:
    """Times of one step, forward and backward, in seconds, for one batch size.

    Times and the ratio are medians over the rounds.  The ratio says how many times faster the kernels are.
    """

    batch: int
    seconds: float
    lstm_seconds: float
    ratio_lstm: float


@dataclass(frozen=True)
class GpuTrainingBench:
    """Measurements on ``device``; ``neurons`` are input, recurrent and readout, ``repeats`` the number of rounds."""

    device: str
    steps: int
    neurons: tuple[int, ...]
    repeats: int
    firing_rate: float
    rows: tuple[Row, ...]

    def lines(self) -> Iterator[str]:
        """The table for the terminal."""
        sizes = "-".join(map(str, self.neurons))
        yield (
            f"{self.device}: {sizes} neurons, {self.steps} steps, {100 * self.firing_rate:.1f} % firing, "
            f"median of {self.repeats} rounds, forward and backward"
        )
        yield f"{'batch':>6} {'AHP, s':>10} {'LSTM, s':>10} {'times ours':>11}"
        for row in self.rows:
            yield f"{row.batch:6} {row.seconds:10.5f} {row.lstm_seconds:10.5f} {row.ratio_lstm:10.1f}x"

    def to_json(self) -> dict[str, Any]:
        """The keys of ``bench training --device cuda --json``."""
        return asdict(self)


def device() -> torch.device:
    """The GPU.

    Raises:
        BackendUnavailable: there is no GPU, or the kernel does not run on it.
    """
    if not torch.cuda.is_available():
        raise BackendUnavailable("device cuda: torch finds no GPU; use --device cpu")
    found = torch.device("cuda", torch.cuda.current_device())
    if kernels.kernel_for(found) is None:
        raise BackendUnavailable(
            "device cuda: no kernel; needs Triton (pip install triton) and a GPU of compute capability 8.0"
        )
    return found


def measure(
    on: torch.device, *, batches: Sequence[int] = BATCHES, steps: int, repeats: int, progress: Callable[[str], None]
) -> GpuTrainingBench:
    """Measure the kernels and the LSTM in turns.

    Ours is a recurrent layer and its readout, with weights drawn as in :mod:`lava_ahp.bench.training`.  The LSTM is
    ``torch.nn.LSTM`` in torch's default precision, without a readout.  The input is on the device already.

    Args:
        on: the device.
        batches: batch sizes, in samples.
        steps: time steps per sample.
        repeats: rounds.  Each round measures one step of each.
        progress: called with a line before every warm-up and every round.
    """
    rows = []
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        ours = _Ahp(on)
        lstm = torch.nn.LSTM(SIZES[0], SIZES[1]).to(on)
        for batch in batches:
            # Both are fastest with (time, sample, channel) in memory.
            dense = (torch.rand(steps, batch, SIZES[0], device=on) < INPUT_RATE).float()
            spikes = dense.permute(1, 2, 0)
            contestants = {
                f"batch {batch}, AHP": _step(ours, lambda x: ours(x)[..., -READOUT_STEPS:], spikes),
                f"batch {batch}, torch's LSTM": _step(lstm, lambda x: lstm(x)[0][-READOUT_STEPS:], dense),
            }
            mine, theirs = in_turns(contestants, repeats, progress)
            rows.append(Row(batch, median(mine), median(theirs), median_ratio(theirs, mine)))
        with torch.no_grad():
            rate = ours.hidden(spikes).mean().item()
    name = torch.cuda.get_device_name(on) if on.type == "cuda" else on.type
    return GpuTrainingBench(name, steps, SIZES, repeats, rate, tuple(rows))


def _step(module: torch.nn.Module, forward: Callable[[Tensor], Tensor], x: Tensor) -> Step:
    """One step of a module, measured until the device has finished."""

    def step() -> float:
        module.zero_grad()
        _wait(x.device)
        start = time.perf_counter()
        torch.autograd.backward(forward(x).mean())
        _wait(x.device)
        return time.perf_counter() - start

    return step


def _wait(on: torch.device) -> None:
    if on.type == "cuda":
        torch.cuda.synchronize(on)


class _Ahp(torch.nn.Module):
    """A recurrent layer and its readout, computed by the kernels without blocks."""

    def __init__(self, on: torch.device) -> None:
        super().__init__()
        inputs, neurons, readouts = SIZES
        self.weight = _weights(neurons, inputs, WEIGHT_SCALE)
        self.recurrent = _weights(neurons, neurons, WEIGHT_SCALE)
        self.readout = _weights(readouts, neurons, 1.0)
        strength = [round(AHP_STRENGTH * fx.DECAY_ONE) * (i % 2) for i in range(neurons)]
        self._constants = _constants(round(THRESHOLD * 2**fx.STATE_SHIFT), strength, on)
        self._readout_constants = _constants(fx.THRESHOLD_MAX, [0], on)
        self.to(on)

    def hidden(self, spikes: Tensor) -> Tensor:
        """Spikes ``(sample, neuron, time)``."""
        return kernels.respond(spikes, self.weight, self.recurrent, self._constants, Triangular()).out

    def forward(self, spikes: Tensor) -> Tensor:
        """Voltages of the readouts ``(sample, readout, time)``."""
        hidden = self.hidden(spikes)
        return kernels.respond(hidden, self.readout, None, self._readout_constants, Triangular(), output="voltages").out


def _weights(targets: int, sources: int, scale: float) -> torch.nn.Parameter:
    """Even whole numbers, uniform in ``±scale / sqrt(sources)`` times 64 as in the blocks."""
    real = (2 * torch.rand(targets, sources, dtype=torch.float64) - 1) * scale / sources**0.5
    return torch.nn.Parameter(2 * torch.round(real * 2**fx.STATE_SHIFT / 2))


def _constants(threshold: int, ahp_weight: list[int], on: torch.device) -> Constants:
    def whole(*values: float) -> Tensor:
        return torch.tensor(values, dtype=torch.float64, device=on)

    return Constants(
        threshold=whole(threshold * 2**fx.STATE_SHIFT),
        current_decay=whole(fx.DECAY_ONE),
        voltage_decay=whole(round(MEMBRANE_DECAY * fx.DECAY_ONE)),
        ahp_decay=whole(round(AHP_DECAY * fx.DECAY_ONE)),
        ahp_weight=whole(*ahp_weight),
        gain=whole(2**fx.STATE_SHIFT),
    )
