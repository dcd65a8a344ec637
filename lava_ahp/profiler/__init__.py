"""Energy and latency on a chip, computed from exact activity (docs/profiling.md)."""

from lava_ahp.profiler.estimate import ENERGY_TERMS, Estimate, Profiler, spread
from lava_ahp.profiler.hardware import OPERATIONS, Hardware, hardware_names, load_hardware
from lava_ahp.profiler.placement import Core, Placement, Slice, place
from lava_ahp.profiler.quantity import Quantity
from lava_ahp.profiler.workload import Sample, samples

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
    "hardware_names",
    "load_hardware",
    "place",
    "samples",
    "spread",
]
