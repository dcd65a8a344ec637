"""Speed of the simulator on Intel's published network and MNIST: the figures of docs/performance.md.

python scripts/measure_simulator.py LSNN_DIRECTORY MNIST_DIRECTORY
"""

import functools
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from lava_ahp.formats.lsnn import import_lsnn
from lava_ahp.network import classify
from lava_ahp.simulator import simulate
from lava_ahp.tasks import smnist

FIRST_CALL = """
import numpy as np
from lava_ahp.formats.lsnn import import_lsnn
from lava_ahp.simulator import simulate
simulate(import_lsnn({directory!r}), np.zeros((1, 840, 80), bool), readout_steps=1)
"""


def best(repeats, call):
    """Shortest wall-clock and processor times of a call, in seconds, and what it returned last."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter(), _processor()
        result = call()
        times.append((time.perf_counter() - start[0], _processor() - start[1]))
    return *np.min(times, axis=0), result


def _processor():
    """Processor time of all threads and of finished child processes: on a busy machine it is the steadier one."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def main(weights, mnist):
    network, task = import_lsnn(weights), smnist.load(mnist)
    chosen = np.random.RandomState(0).choice(range(10000), 200, False)
    few, whole = task.split("test", chosen), task.split("test")
    steps = few.events.steps.sum()
    print("| what | wall clock | processor time |\n|---|---|---|")
    for threads in (1, 2):
        run = functools.partial(simulate, network, few.events, readout_steps=1, threads=threads)
        *seconds, trace = best(40, run)
        wall, processor = (s / steps * 1e6 for s in seconds)
        print(f"| {threads} thread(s), per step and sample | {wall:.2f} µs | {processor:.2f} µs |")
    right = np.sum(classify(trace.readout) == few.labels)

    before = _peak_mb()
    wall, processor, trace = best(5, functools.partial(simulate, network, whole.events, readout_steps=1, threads=2))
    print(f"| all 10,000 test images, 2 threads | {wall:.1f} s | {processor:.1f} s |")
    code = [sys.executable, "-c", FIRST_CALL.format(directory=str(weights))]
    start, processor, _ = best(5, functools.partial(subprocess.run, code, check=True))
    print(f"| a new process: imports, first call, compiled before | {start:.1f} s | {processor:.1f} s |\n")
    print(f"Right: {right} of the chip's 200 images, {np.mean(classify(trace.readout) == whole.labels):.2%} of all.")
    print(f"Peak memory: {before:.0f} MB once the images are encoded, {_peak_mb():.0f} MB after the runs.")


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
