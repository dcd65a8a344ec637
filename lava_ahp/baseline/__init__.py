"""Latency and energy of a conventional network, measured on this machine."""

from lava_ahp.baseline.latency import BATCHES, measure_model
from lava_ahp.baseline.meters import Meter, meter_for

__all__ = ["BATCHES", "Meter", "measure_model", "meter_for"]
