"""Synapses of neurons onto themselves, for charges beyond the range of one weight."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lava_ahp.network import fixedpoint as fx
from lava_ahp.network.weights import Weights

#: The high part of a charge counts ``2**7`` times, the low part once; a weight of one sign holds up to 255.
_HIGH_EXPONENT, _HIGH_MAX = fx.CONNECTION_EXPONENT_MAX, 255

#: Largest charge that a high and a low part hold.
CHARGE_MAX = ((_HIGH_MAX + 1) << _HIGH_EXPONENT) - 1


def autapses(charge: npt.NDArray[np.int64]) -> Iterator[tuple[Weights, int]]:
    """Inhibitory synapses of every neuron onto itself, in a high and a low part where one weight is too small.

    Args:
        charge: ``q`` of every neuron, in units of weight, ``0..CHARGE_MAX``.

    Yields:
        Weights and their exponent; none if every charge is zero.
    """
    high = np.where(charge > _HIGH_MAX, charge >> _HIGH_EXPONENT, 0)
    low = charge - (high << _HIGH_EXPONENT)
    for values, exponent in ((low, 0), (high, _HIGH_EXPONENT)):
        if values.any():
            yield Weights.diagonal(-values), exponent
