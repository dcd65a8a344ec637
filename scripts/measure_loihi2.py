"""The profile ``loihi2`` beside the published runs of three SHD networks, as the table of docs/profiling.md.

python scripts/measure_loihi2.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from lava_ahp.profiler import Estimate, load_hardware

from support.shd import CHIP_J, CHIP_S, STEPS, SYNOPS, shd_estimate


def ratios(value: float, published: tuple[float, float]) -> tuple[float, float]:
    """A modelled figure over the largest and over the smallest published one."""
    return value / published[1], value / published[0]


def row(hidden: int, found: Estimate) -> str:
    """A network's line of the table."""
    seconds, energy = float(found.latency_s[0]), found.energy_j()
    rest = float(found.time_s["host"][0])
    joules = float(energy["total"][0])
    shares = [" to ".join(f"{x:.2f}" for x in ratios(*pair)) for pair in ((seconds, CHIP_S), (joules, CHIP_J))]
    cells = (
        f"{hidden:,}",
        f"{SYNOPS[hidden] / 1e6:.3g} million",
        str(len(found.placement.cores)),
        f"{1e6 * (seconds - rest) / STEPS:.2f} µs",
        f"{1e6 * rest / STEPS:.3f} µs",
        f"{1e3 * seconds:.2f} ms",
        shares[0],
        f"{1e3 * float(energy['neurocore_dynamic'][0]):.3f} mJ",
        f"{1e3 * joules:.2f} mJ",
        shares[1],
    )
    return f"| {' | '.join(cells)} |"


def table() -> Iterator[str]:
    """The lines of the table in Markdown."""
    published = [" to ".join(f"{1e3 * x:.2f}" for x in pair) for pair in (CHIP_S, CHIP_J)]
    yield (
        "| neurons | synaptic operations | cores | neurocores and barrier, per step | rest, per step, fitted "
        "| latency | model / chip | dynamic | energy | model / chip |"
    )
    yield "|---" * 10 + "|"
    yield f"| chip, measured | | | | | {published[0]} ms | | not published | {published[1]} mJ | |"
    hardware = load_hardware("loihi2")
    for hidden in SYNOPS:
        yield row(hidden, shd_estimate(hidden, hardware))


if __name__ == "__main__":
    print("\n".join(table()))
