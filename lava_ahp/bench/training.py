"""One optimisation step of AHP blocks beside torch's LSTM and lava-dl's ALIF block: same input, cores and process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from lava_ahp.slayer.block import Recurrent

#: Input channels, recurrent neurons, readouts.
SIZES = (80, 240, 10)

INPUT_RATE, SEED = 0.05, 0

#: Steps at the end over which the output is averaged: the cue of sequential MNIST.
READING = 56

#: Intel's sequential-MNIST network, its adaptive neurons' fourfold gain taken out; here every other neuron adapts.
MEMBRANE_DECAY, AHP_DECAY, AHP_STRENGTH, THRESHOLD = 204 / 4096, 5 / 4096, 96 / 4096, 127 / 64

#: Brings the recurrent neurons to about 5 % of spikes per step.
WEIGHT_SCALE = 8.0


@dataclass(frozen=True)
class TrainingBench:
    """Shortest times of one step, forward and backward, in seconds; ``neurons`` are input, recurrent and readout."""

    batch: int
    steps: int
    neurons: tuple[int, ...]
    threads: int
    repeats: int
    firing_rate: float
    seconds: float
    lstm_seconds: float
    slayer_seconds: float

    @property
    def ratio_lstm(self) -> float:
        """How many times faster than the LSTM."""
        return self.lstm_seconds / self.seconds

    @property
    def ratio_slayer(self) -> float:
        """How many times faster than lava-dl."""
        return self.slayer_seconds / self.seconds

    def lines(self) -> Iterator[str]:
        """The table for the terminal."""
        sizes = "-".join(map(str, self.neurons))
        yield (
            f"{sizes} neurons, batch {self.batch}, {self.steps} steps, {100 * self.firing_rate:.1f} % firing, "
            f"{self.threads} threads, shortest of {self.repeats}"
        )
        yield f"{'forward and backward':34} {'seconds':>8} {'times ours':>11}"
        for name, seconds in (
            (f"AHP Recurrent and Readout ({sizes})", self.seconds),
            (f"torch.nn.LSTM({self.neurons[0]}, {self.neurons[1]})", self.lstm_seconds),
            (f"lava-dl alif.Recurrent({self.neurons[0]}, {self.neurons[1]})", self.slayer_seconds),
        ):
            yield f"{name:34} {seconds:8.3f} {seconds / self.seconds:10.1f}x"

    def to_json(self) -> dict[str, Any]:
        """The keys of ``bench training --json``."""
        return {**self.__dict__, "ratio_lstm": self.ratio_lstm, "ratio_slayer": self.ratio_slayer}


def measure(
    *, batch: int, steps: int, repeats: int, threads: int | None = None, progress: Callable[[str], None]
) -> TrainingBench:
    """Measure the three one after the other, each several steps on end as training has them, the first not counted.

    Ours has its readout, the others stand alone.

    Args:
        batch: samples.
        steps: time steps per sample.
        repeats: steps of each; the shortest counts.
        threads: of torch and of the kernel; None for torch's own choice.
        progress: called with a line before every measurement.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(SEED)
            spikes = (torch.rand(batch, SIZES[0], steps) < INPUT_RATE).float()
            ours, hidden = _ahp()
            passes = {"AHP": ours, "torch's LSTM": _lstm(), "lava-dl's ALIF": _alif()}
            seconds = []
            for name, (module, forward) in passes.items():
                progress(f"{name}: warming up")
                _step(module, forward, spikes)
                progress(f"{name}: measuring")
                seconds.append(min(_step(module, forward, spikes) for _ in range(repeats)))
            with torch.no_grad():
                rate = hidden(spikes).mean().item()
        used = torch.get_num_threads()
    finally:
        torch.set_num_threads(before)
    return TrainingBench(batch, steps, SIZES, used, repeats, rate, *seconds)


_Pass = tuple[torch.nn.Module, Callable[[Tensor], Tensor]]


def _step(module: torch.nn.Module, forward: Callable[[Tensor], Tensor], spikes: Tensor) -> float:
    """Seconds of one step; ``forward`` answers ``(sample, channel, time)``."""
    module.zero_grad()
    start = time.perf_counter()
    forward(spikes)[..., -READING:].mean().backward()
    return time.perf_counter() - start


def _ahp() -> tuple[_Pass, Recurrent]:
    # Imported here, so that the constants above need no Lava.
    from lava_ahp.slayer.block import Readout, Recurrent

    inputs, neurons, readouts = SIZES
    params = {
        "threshold": THRESHOLD,
        "voltage_decay": MEMBRANE_DECAY,
        "ahp_decay": AHP_DECAY,
        "ahp_strength": [AHP_STRENGTH * (i % 2) for i in range(neurons)],
    }
    hidden = Recurrent(params, inputs, neurons, weight_scale=WEIGHT_SCALE)
    module = torch.nn.Sequential(hidden, Readout({"voltage_decay": MEMBRANE_DECAY}, neurons, readouts))
    return (module, module), hidden


def _lstm() -> _Pass:
    module = torch.nn.LSTM(SIZES[0], SIZES[1], batch_first=True)
    return module, lambda spikes: module(spikes.transpose(1, 2))[0].transpose(1, 2)


def _alif() -> _Pass:
    # Imported after our blocks, which have silenced what lava-dl prints.
    from lava.lib.dl.slayer.block.alif import Recurrent as ALIF

    params = {
        "threshold": 1.0,
        "threshold_step": 0.1,
        "current_decay": 1.0,
        "voltage_decay": MEMBRANE_DECAY,
        "threshold_decay": AHP_DECAY,
        "refractory_decay": MEMBRANE_DECAY,
    }
    module = ALIF(params, SIZES[0], SIZES[1])
    return module, module
