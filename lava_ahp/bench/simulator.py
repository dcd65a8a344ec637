"""The fast simulator against Lava and Brian2: same network, same stimulus, outputs compared."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lava_ahp import backends
from lava_ahp.bench import brian
from lava_ahp.bench.generate import classifier, noise
from lava_ahp.network import Events, Network
from lava_ahp.proof import compare
from lava_ahp.simulator import simulate

#: Runs of the simulator.  The shortest one counts; for Lava, the shortest sample counts.
REPEATS = 5


@dataclass(frozen=True)
class SimulatorBench:
    """Speeds in steps of one sample per second; Brian2's is None where it is not installed."""

    neurons: int
    synapses: int
    steps: int
    samples: int
    lava_samples: int
    threads: int
    firing_rate: float
    steps_per_second: float
    lava_steps_per_second: float
    brian2_steps_per_second: float | None
    equal: bool

    @property
    def ratio(self) -> float:
        """How many times faster than Lava."""
        return self.steps_per_second / self.lava_steps_per_second

    def lines(self) -> Iterator[str]:
        """The table for the terminal."""
        size = f"{self.neurons} neurons, {self.synapses} synapses"
        yield f"{size}, {100 * self.firing_rate:.1f} % firing, {self.steps} steps"
        yield f"{'engine':12} {'samples':>8} {'steps per second':>18} {'µs per step':>12} {'against Lava':>13}"
        rows: list[tuple[str, int, float | None]] = [
            (f"fast, {self.threads} thr.", self.samples, self.steps_per_second),
            ("Lava", self.lava_samples, self.lava_steps_per_second),
            ("Brian2 (LIF)", 1, self.brian2_steps_per_second),
        ]
        for name, samples, speed in rows:
            if speed is None:
                yield f"{name:12} not installed (pip install 'lava-ahp[bench]')"
            else:
                ratio = speed / self.lava_steps_per_second
                yield f"{name:12} {samples:8} {speed:18,.0f} {1e6 / speed:12.3f} {ratio:12,.1f}x"
        yield f"outputs of fast and Lava: {'equal, every spike and readout' if self.equal else 'DIFFERENT'}"

    def to_json(self) -> dict[str, Any]:
        """The keys of ``bench simulator --json``."""
        return {**self.__dict__, "ratio": self.ratio}


def measure(
    network: Network | None = None,
    *,
    steps: int,
    samples: int,
    lava_samples: int,
    threads: int | None = None,
    progress: Callable[[str], None],
) -> SimulatorBench:
    """Measure both engines on random spikes and compare their outputs.

    Args:
        network: network to run; None for a generated one of 80-240-10 neurons.
        steps: steps per sample.
        samples: samples for the simulator.
        lava_samples: samples for Lava, the first ones of ``samples``.
        threads: threads of the simulator; None for all cores.
        progress: called with a line before every measurement.
    """
    net = classifier() if network is None else network
    events = noise(net.input.size, samples=max(samples, lava_samples), steps=steps)
    workers = threads or len(os.sched_getaffinity(0))
    few = events.select(range(lava_samples))
    everything = list(net.names)

    progress("fast: compiling")
    simulate(net, events.select([0]), readout_steps=1, threads=workers)
    progress(f"fast: {samples} samples, {REPEATS} times")
    batch, runs = events.select(range(samples)), []
    for _ in range(REPEATS):
        start = time.perf_counter()
        trace = simulate(net, batch, readout_steps=1, threads=workers)
        runs.append(time.perf_counter() - start)
    seconds = min(runs)

    progress(f"Lava: {lava_samples} samples")
    lava, lava_seconds_per_sample = _lava(net, few, everything)
    fast = simulate(net, few, rasters=everything, threads=workers)
    equal = compare("fast = Lava", fast, lava, ("fast", "Lava"), net).passed

    brian2 = None
    if brian.available():
        progress("Brian2: 1 sample")
        brian2 = brian.steps_per_second(net, few)
    hidden = [p for p in net if p.name != net.output]
    spikes = sum(float(trace.counts[p.name].sum()) for p in hidden)
    return SimulatorBench(
        neurons=net.neurons,
        synapses=net.synapses,
        steps=steps,
        samples=samples,
        lava_samples=lava_samples,
        threads=workers,
        firing_rate=spikes / (samples * steps * sum(p.size for p in hidden)),
        steps_per_second=samples * steps / seconds,
        lava_steps_per_second=steps / lava_seconds_per_sample,
        brian2_steps_per_second=brian2,
        equal=equal,
    )


def _lava(network: Network, events: Events, rasters: list[str]) -> tuple[Any, float]:
    """The trace, and the seconds of the fastest sample.

    The first sample runs twice.  Its first run is not counted, because it includes compilation and the start of Lava.
    """
    ends: list[float] = []
    warm = events.select([0, *range(len(events))])
    trace = backends.get("loihi2sim")(
        network, warm, rasters=rasters, progress=lambda _: ends.append(time.perf_counter())
    )
    own = {name: raster[1:] for name, raster in trace.spikes.items()}
    kept = type(trace)(trace.steps[1:], trace.readout[1:], {n: c[1:] for n, c in trace.counts.items()}, own)
    return kept, float(np.diff(ends).min())
