"""Permuted sequential MNIST: the pixels of every image in one fixed random order.

Neighbouring pixels end up far apart in time, so that the short-range structure of sequential MNIST is lost.  Source:
Q. V. Le, N. Jaitly, G. E. Hinton, *A simple way to initialize recurrent networks of rectified linear units*, 2015
(arXiv 1504.00941).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lava_ahp.tasks import smnist
from lava_ahp.tasks.base import Described, Task
from lava_ahp.tasks.smnist import Settings

__all__ = ["DESCRIPTION", "NAME", "Settings", "load", "order"]

NAME = "psmnist"
DESCRIPTION = "MNIST pixel by pixel in one fixed random order (--data as for smnist)"
PIXELS, ORDER_SEED = 784, 20220421


def order(pixels: int = PIXELS) -> tuple[int, ...]:
    """Positions of so many pixels in reading order, the same on every machine."""
    # NumPy keeps the stream of RandomState for ever; its newer generators may change theirs.
    return tuple(np.random.RandomState(ORDER_SEED).permutation(pixels).tolist())


def load(data: Path | None, described: Described | None = None, settings: Settings | None = None) -> Task:
    """As :func:`lava_ahp.tasks.smnist.load`.  The order is part of the encoder, and so of every network file."""
    settings = settings or Settings(name=NAME)
    return smnist.mnist(NAME, data, described, settings, order(PIXELS // settings.pool**2))
