"""Time, memory and file size of a relational network, whose copies share their weights.

    python scripts/measure_relational.py [SLOTS]

Random weights, the sizes of ``tests/support/relational.py``; 60 stories of 2 to SLOTS sentences.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from lava_ahp import netx
from lava_ahp.simulator import simulate
from lava_ahp.simulator.circuit import compile_circuit

from support.relational import Sizes, relational_network, stories

T = TypeVar("T")
STORIES = 60


def timed(what: str, run: Callable[[], T]) -> T:
    """Run something, and print its seconds and the peak memory of the process so far."""
    start = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:28} {seconds:8.3f} s   peak {peak:6.0f} MB")
    return result


def main() -> None:
    """Measure and print."""
    slots = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    sizes = Sizes()
    small = relational_network(1)
    timed("compile the kernel", lambda: simulate(small, stories(1, present=[1]), threads=1))
    network = timed("build the network", lambda: relational_network(slots, sizes))
    weights = sum(w.synapses for w in network.weights)
    print(f"{network}, {len(network.connections)} connections, {weights} distinct weights")
    timed("compile the network", lambda: compile_circuit(network))
    present = np.random.default_rng(1).integers(2, slots + 1, STORIES).tolist()
    events = stories(slots, sizes, present=present)
    for _ in range(3):
        start = time.process_time()
        timed(f"simulate {STORIES} stories", lambda: simulate(network, events, readout_steps=10, threads=1))
        print(f"{1e3 * (time.process_time() - start) / STORIES:.2f} ms of processor time per story, all included")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "relational.net"
        timed("write the file", lambda: netx.write(network, path))
        print(f"{path.stat().st_size / 1e3:.0f} kB")
        timed("read the file", lambda: netx.read(path))


if __name__ == "__main__":
    main()
