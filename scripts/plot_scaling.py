"""Time per step of the simulator against neurons and synaptic operations: a table, and the plot of docs/performance.md.

python scripts/plot_scaling.py docs/img/simulator_scaling.svg
"""

import sys
import time
from pathlib import Path
from unittest import mock

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from lava_ahp.bench.generate import classifier, noise
from lava_ahp.simulator import simulate
from lava_ahp.simulator.kernel import run_block

DENSITY, CHANNELS, SAMPLES = 0.01, 100, 48
SIZES, RATE = (1000, 2000, 5000, 10_000, 20_000), 0.02
RATES, SIZE = (0.005, 0.01, 0.05, 0.1), 10_000


def measure(hidden, rate):
    """Neurons, synaptic operations and microseconds of processor time per step, on one thread."""
    steps = 2_000_000 // hidden
    network = classifier(CHANNELS, hidden, 10, density=DENSITY, rate=rate)
    events = noise(CHANNELS, samples=SAMPLES, steps=steps)
    blocks = []

    def timed(circuit, stimulus, record, first, last):
        start = time.thread_time()
        run_block(circuit, stimulus, record, first, last)
        blocks.append((time.thread_time() - start) / (last - first))

    # The loop alone, without the preparation around it, and on a busy machine its least disturbed sample.
    with mock.patch("lava_ahp.simulator.run.run_block", timed):
        trace = simulate(network, events, readout_steps=1, threads=1)
    operations = sum(n.mean() for n in trace.activity.synops) / steps
    return hidden, rate, operations, min(blocks) / steps * 1e6


def main(path):
    rows = [measure(n, RATE) for n in SIZES] + [measure(SIZE, rate) for rate in RATES]
    neurons, _, operations, micros = (np.array(column) for column in zip(*rows, strict=True))
    # Fitted where the synapses fit the cache; a larger network shows what memory adds.
    cached = neurons <= SIZE
    scaled = (np.stack([neurons, operations], axis=1) / micros[:, None])[cached]
    cost, *_ = np.linalg.lstsq(scaled, np.ones(len(scaled)), rcond=None)
    predicted = neurons * cost[0] + operations * cost[1]
    print("| neurons | rate set | synaptic operations per step | µs per step | fitted |\n|---|---|---|---|---|")
    for (n, rate, ops, took), fitted in zip(rows, predicted, strict=True):
        print(f"| {n} | {rate:.1%} | {ops:.0f} | {took:.1f} | {fitted:.1f} |")
    print(f"\n{cost[0] * 1e3:.2f} ns per neuron, {cost[1] * 1e3:.2f} ns per synaptic operation")

    figure, axes = plt.subplots(figsize=(5.2, 3.8), layout="constrained")
    ends = [predicted.min() * 0.8, predicted.max() * 1.2]
    axes.plot(ends, ends, color="0.7", linewidth=1, zorder=0)
    first = len(SIZES)
    axes.scatter(predicted[:first], micros[:first], label=f"{SIZES[0]} to {SIZES[-1]} neurons at {RATE:.0%}")
    label = f"{SIZE} neurons at {RATES[0]:.1%} to {RATES[-1]:.0%}"
    axes.scatter(predicted[first:], micros[first:], marker="s", label=label)
    axes.set(
        xscale="log", yscale="log", ylabel="measured, µs per step",
        xlabel=f"{cost[0] * 1e3:.2f} ns · neurons + {cost[1] * 1e3:.2f} ns · synaptic operations, µs per step",
        title=f"recurrent networks at {DENSITY:.0%} density, one thread",
    )  # fmt: skip
    axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
