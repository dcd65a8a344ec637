"""One optimisation step of AHP blocks, torch's LSTM and lava-dl's ALIF block: same input, threads and process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lava_ahp.slayer.kernels.denormals import denormals_as_zero

if TYPE_CHECKING:
    from lava_ahp.slayer.block import Recurrent

#: Input channels, recurrent neurons, readouts.
SIZES = (80, 240, 10)

INPUT_RATE, SEED = 0.05, 0

#: Steps at the end over which the output is averaged, as in sequential MNIST.
READOUT_STEPS = 56

#: Constants of Intel's sequential-MNIST network, without the fourfold gain of its adaptive neurons.
MEMBRANE_DECAY, AHP_DECAY, AHP_STRENGTH, THRESHOLD = 204 / 4096, 5 / 4096, 96 / 4096, 127 / 64

#: With this scale, about 5 % of the recurrent neurons spike at a step.
WEIGHT_SCALE = 8.0

#: Recurrent delays are drawn from 1 to this, in steps.
LONGEST_DELAY = 62

#: Runs one optimisation step and returns its seconds.
Step = Callable[[], float]


@dataclass(frozen=True)
class TrainingBench:
    """Times of one step, forward and backward, in seconds.

    Times and ratios are medians over the rounds; a ratio is taken within a round.  A ratio says how many times faster
    our blocks are; that of delays is for the same blocks, which also learn recurrent delays.  lava-dl's values are None
    where lava-dl is not installed.  ``neurons`` are input, recurrent and readout neurons, ``repeats`` the number of
    rounds.
    """

    batch: int
    steps: int
    neurons: tuple[int, ...]
    threads: int
    repeats: int
    firing_rate: float
    seconds: float
    delay_seconds: float
    lstm_seconds: float
    slayer_seconds: float | None
    ratio_delay: float
    ratio_lstm: float
    ratio_slayer: float | None

    def lines(self) -> Iterator[str]:
        """The table for the terminal."""
        sizes = "-".join(map(str, self.neurons))
        yield (
            f"{sizes} neurons, batch {self.batch}, {self.steps} steps, {100 * self.firing_rate:.1f} % firing, "
            f"{self.threads} threads, median of {self.repeats} rounds"
        )
        yield f"{'forward and backward':38} {'seconds':>8} {'times ours':>11}"
        for name, seconds, ratio in (
            (f"AHP Recurrent and Readout ({sizes})", self.seconds, 1.0),
            ("the same, learning recurrent delays", self.delay_seconds, self.ratio_delay),
            (f"torch.nn.LSTM({self.neurons[0]}, {self.neurons[1]})", self.lstm_seconds, self.ratio_lstm),
            (f"lava-dl alif.Recurrent({self.neurons[0]}, {self.neurons[1]})", self.slayer_seconds, self.ratio_slayer),
        ):
            if seconds is None:
                yield f"{name:38} not measured: lava-dl is not installed (it needs Python 3.10)"
            else:
                yield f"{name:38} {seconds:8.3f} {ratio:10.1f}x"

    def to_json(self) -> dict[str, Any]:
        """The keys of ``bench training --json``."""
        return asdict(self)


def measure(
    *, batch: int, steps: int, repeats: int, threads: int | None = None, progress: Callable[[str], None]
) -> TrainingBench:
    """Measure our blocks, the LSTM and the ALIF block in turns.

    Our blocks include the readout; the other two have none.

    Args:
        batch: samples.
        steps: time steps per sample.
        repeats: rounds.  Each round measures one step of each.
        threads: threads of torch and of the kernel; None for torch's own choice.
        progress: called with a line before every warm-up and every round.
    """
    from lava_ahp.slayer import has_lava_dl

    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        # As in training, for all contestants.
        with denormals_as_zero(), torch.random.fork_rng():
            torch.manual_seed(SEED)
            spikes = (torch.rand(batch, SIZES[0], steps) < INPUT_RATE).float()
            ours, hidden = _ahp(spikes)
            delayed, _ = _ahp(spikes, LONGEST_DELAY)
            contestants = {"AHP": ours, "AHP with delays": delayed, "torch's LSTM": _lstm(spikes)}
            if has_lava_dl():
                contestants["lava-dl's ALIF"] = _alif(spikes)
            seconds = in_turns(contestants, repeats, progress)
            with torch.no_grad():
                rate = hidden(spikes).mean().item()
        used = torch.get_num_threads()
    finally:
        torch.set_num_threads(before)
    ahp, delay, lstm, *slayer = seconds
    return TrainingBench(
        batch=batch,
        steps=steps,
        neurons=SIZES,
        threads=used,
        repeats=repeats,
        firing_rate=rate,
        seconds=median(ahp),
        delay_seconds=median(delay),
        lstm_seconds=median(lstm),
        slayer_seconds=median(slayer[0]) if slayer else None,
        ratio_delay=median_ratio(delay, ahp),
        ratio_lstm=median_ratio(lstm, ahp),
        ratio_slayer=median_ratio(slayer[0], ahp) if slayer else None,
    )


def in_turns(contestants: dict[str, Step], rounds: int, progress: Callable[[str], None]) -> list[tuple[float, ...]]:
    """Seconds of every contestant in every round, after one step of each that is not counted.

    Contestants take turns, so that a slow phase of the machine affects all of them.
    """
    for name, step in contestants.items():
        progress(f"{name}: warming up")
        step()
    table = []
    for k in range(rounds):
        progress(f"round {k + 1} of {rounds}")
        table.append([step() for step in contestants.values()])
    return list(zip(*table, strict=True))


def median_ratio(theirs: Sequence[float], ours: Sequence[float]) -> float:
    """Median over the rounds of their time divided by ours."""
    return median(t / o for t, o in zip(theirs, ours, strict=True))


def _step(module: torch.nn.Module, forward: Callable[[Tensor], Tensor], spikes: Tensor) -> Step:
    """One step of a module; the result of ``forward`` is ``(sample, channel, time)``."""

    def step() -> float:
        module.zero_grad()
        start = time.perf_counter()
        torch.autograd.backward(forward(spikes)[..., -READOUT_STEPS:].mean())
        return time.perf_counter() - start

    return step


def _ahp(spikes: Tensor, longest_delay: int = 1) -> tuple[Step, Recurrent]:
    """Our blocks; with a longest delay of more than one step, recurrent delays are learned."""
    # Imported here, because training_gpu needs the constants above where Numba and lava-dl are missing.
    from lava_ahp.slayer.block import Readout, Recurrent

    inputs, neurons, readouts = SIZES
    params = {
        "threshold": THRESHOLD,
        "voltage_decay": MEMBRANE_DECAY,
        "ahp_decay": AHP_DECAY,
        "ahp_strength": [AHP_STRENGTH * (i % 2) for i in range(neurons)],
    }
    delays = np.random.default_rng(SEED).integers(1, longest_delay + 1, neurons)
    hidden = Recurrent(
        params, inputs, neurons, weight_scale=WEIGHT_SCALE, recurrent_delay=delays, learn_delay=longest_delay > 1
    )
    module = torch.nn.Sequential(hidden, Readout({"voltage_decay": MEMBRANE_DECAY}, neurons, readouts))
    return _step(module, module, spikes), hidden


def _lstm(spikes: Tensor) -> Step:
    module = torch.nn.LSTM(SIZES[0], SIZES[1], batch_first=True)
    return _step(module, lambda x: module(x.transpose(1, 2))[0].transpose(1, 2), spikes)


def _alif(spikes: Tensor) -> Step:
    # Imported after our blocks, which silence lava-dl's notices.
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
    return _step(module, module, spikes)
