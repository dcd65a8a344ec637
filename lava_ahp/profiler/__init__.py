"""From exact activity to energy and latency on a chip (docs/profiling.md)."""

from lava_ahp.profiler.estimate import ENERGY_TERMS, Estimate, Profiler, spread
from lava_ahp.profiler.hardware import OPERATIONS, Hardware, load, names
from lava_ahp.profiler.load import Sample, samples
from lava_ahp.profiler.placement import Core, Placement, Slice, place
from lava_ahp.profiler.quantity import Quantity

__all__ = [
    "ENERGY_TERMS",
    "OPERATIONS",
    "Core",
    "Estimate",
    "Hardware",
    "Placement",
    "Profiler",
    "Quantity",
    "Sample",
    "Slice",
    "load",
    "names",
    "place",
    "samples",
    "spread",
]
