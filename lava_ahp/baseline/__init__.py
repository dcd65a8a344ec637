"""The conventional network beside which a chip is judged, measured on this machine."""

from lava_ahp.baseline.measure import BATCHES, measure
from lava_ahp.baseline.meters import meter

__all__ = ["BATCHES", "measure", "meter"]
