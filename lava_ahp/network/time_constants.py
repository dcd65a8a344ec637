"""Decay factors as time constants."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lava_ahp.network import fixedpoint as fx
from lava_ahp.network.neuron import Population


def ahp_time_constants(population: Population) -> npt.NDArray[np.float64]:
    """Steps in which the AHP current of each neuron falls to ``1 / e``, ``float64 (neuron,)``.

    Infinite where the current never decays, and NaN for a neuron without an AHP current.  An input has NaN only.
    """
    if population.neuron is None:
        return np.full(population.size, np.nan)
    values = population.parameters()
    with np.errstate(divide="ignore"):
        steps = -1 / np.log1p(-values["ahp_decay"] / fx.DECAY_ONE)
    # The logarithm of 1 is 0, whose sign is of no importance.
    return np.where(values["ahp_weight"] > 0, np.abs(steps), np.nan)
