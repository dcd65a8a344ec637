"""One optimisation step of the AHP kernels beside cuDNN's LSTM on a GPU, over batch sizes.

Needs torch and Triton alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from lava_ahp.bench.training import (
    AHP_DECAY,
    AHP_STRENGTH,
    INPUT_RATE,
    MEMBRANE_DECAY,
    READING,
    SEED,
    SIZES,
    THRESHOLD,
    WEIGHT_SCALE,
)
from lava_ahp.errors import BackendUnavailable
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer import kernels
from lava_ahp.slayer.loop import Constants
from lava_ahp.slayer.surrogate import Triangular

#: Samples per step, each measured apart.
BATCHES = (1, 4, 16, 64, 128, 256, 1024)


@dataclass(frozen=True)
class Row:
    """Shortest times of one step, forward and backward, in seconds, at a batch of that many samples."""

    batch: int
    seconds: float
    lstm_seconds: float

    @property
    def ratio_lstm(self) -> float:
        """How many times faster than the LSTM."""
        return self.lstm_seconds / self.seconds


@dataclass(frozen=True)
class GpuTrainingBench:
    """Measured on ``device``; ``neurons`` are input, recurrent and readout."""

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
            f"shortest of {self.repeats}, forward and backward"
        )
        yield f"{'batch':>6} {'AHP, s':>10} {'LSTM, s':>10} {'times ours':>11}"
        for row in self.rows:
            yield f"{row.batch:6} {row.seconds:10.5f} {row.lstm_seconds:10.5f} {row.ratio_lstm:10.1f}x"

    def to_json(self) -> dict[str, Any]:
        """The keys of ``bench training --device cuda --json``."""
        rows = [{**asdict(row), "ratio_lstm": row.ratio_lstm} for row in self.rows]
        return {**self.__dict__, "rows": rows}


def device() -> torch.device:
    """The GPU.

    Raises:
        BackendUnavailable: there is none, or none that the kernel runs on.
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
    """Measure both one after the other, the first step of each not counted: it compiles.

    Ours is the recurrent layer and its readout by the kernels, with the weights that :mod:`lava_ahp.bench.training`
    draws; the LSTM stands alone, ``torch.nn.LSTM`` in torch's default precision.  Input lies on the device beforehand.

    Args:
        on: where.
        batches: samples per step.
        steps: time steps per sample.
        repeats: steps of each; the shortest counts.
        progress: called with a line before every measurement.
    """
    rows = []
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        ours = _Ahp(on)
        lstm = torch.nn.LSTM(SIZES[0], SIZES[1]).to(on)
        for batch in batches:
            # In memory (time, sample, channel), which suits both.
            dense = (torch.rand(steps, batch, SIZES[0], device=on) < INPUT_RATE).float()
            spikes = dense.permute(1, 2, 0)
            progress(f"batch {batch}: AHP")
            mine = _shortest(ours, lambda x: ours(x)[..., -READING:], spikes, repeats)
            progress(f"batch {batch}: torch's LSTM")
            other = _shortest(lstm, lambda x: lstm(x)[0][-READING:], dense, repeats)
            rows.append(Row(batch, mine, other))
        with torch.no_grad():
            rate = ours.hidden(spikes).mean().item()
    name = torch.cuda.get_device_name(on) if on.type == "cuda" else on.type
    return GpuTrainingBench(name, steps, SIZES, repeats, rate, tuple(rows))


def _shortest(module: torch.nn.Module, forward: Callable[[Tensor], Tensor], x: Tensor, repeats: int) -> float:
    """Seconds of one step, until the device has done it."""

    def step() -> float:
        module.zero_grad()
        _wait(x.device)
        start = time.perf_counter()
        forward(x).mean().backward()
        _wait(x.device)
        return time.perf_counter() - start

    step()
    return min(step() for _ in range(repeats))


def _wait(on: torch.device) -> None:
    if on.type == "cuda":
        torch.cuda.synchronize(on)


class _Ahp(torch.nn.Module):
    """Weights of a recurrent layer and its readout, run by the kernels without lava-dl's blocks."""

    def __init__(self, on: torch.device) -> None:
        super().__init__()
        inputs, neurons, readouts = SIZES
        self.weight = _weights(neurons, inputs, WEIGHT_SCALE)
        self.recurrent = _weights(neurons, neurons, WEIGHT_SCALE)
        self.reading = _weights(readouts, neurons, 1.0)
        strength = [round(AHP_STRENGTH * fx.DECAY_ONE) * (i % 2) for i in range(neurons)]
        self._constants = _constants(round(THRESHOLD * 2**fx.STATE_SHIFT), strength, on)
        self._of_readout = _constants(fx.THRESHOLD_MAX, [0], on)
        self.to(on)

    def hidden(self, spikes: Tensor) -> Tensor:
        """Spikes ``(sample, neuron, time)``."""
        return kernels.respond(spikes, self.weight, self.recurrent, self._constants, Triangular())

    def forward(self, spikes: Tensor) -> Tensor:
        """Voltages of the readouts ``(sample, readout, time)``."""
        hidden = self.hidden(spikes)
        return kernels.respond(hidden, self.reading, None, self._of_readout, Triangular(), output="voltages")


def _weights(targets: int, sources: int, scale: float) -> torch.nn.Parameter:
    """Even whole numbers, drawn as the blocks draw theirs: uniform in ``±scale / sqrt(sources)``, 64 units to 1.0."""
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
