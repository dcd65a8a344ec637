"""Intermediate neurons that pass on how many copies of a neuron spike, for chips with few input axons.

A neuron of ``f`` that reads the last layer of ``g`` of every pair of sentences has an input axon for each neuron of
each pair: 26,880 of them with 20 sentences and 128 neurons, of which Loihi 1 allows 4,096.  Rao et al. 2022 (arXiv
2107.03992) put a layer of neurons between the two, one for each neuron of ``g``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.loop import States, delayed, integrate
from lava_ahp.slayer.neuron import Neuron
from lava_ahp.slayer.surrogate import Triangular

if TYPE_CHECKING:
    from lava_ahp.models.relational_config import RelationalConfig

#: Of the synapse from a copy of a neuron of ``g``: 1.0 in SLAYER's unit, so that a number of spikes is its drive.
WEIGHT = 1 << fx.STATE_SHIFT


class LevelSum(torch.nn.Module):
    """Neurons without memory that spike if at least so many copies of a neuron spike; nothing of them is learned.

    Those of one neuron of ``g`` follow one another, from the lowest level to the highest, so that neurons of one core
    share their axons.

    Args:
        config: settings of the model.
        sources: neurons of the last layer of ``g``.
    """

    #: Name of the population on the chip.
    name = "sum"

    def __init__(self, config: RelationalConfig, sources: int) -> None:
        super().__init__()
        self.sources, self.levels = sources, len(config.sum_levels)
        # A spike needs strictly more than the threshold.
        thresholds = np.tile(WEIGHT * np.array(config.sum_levels) - 1, sources)
        self.neuron = Neuron(
            thresholds / WEIGHT,
            voltage_decay=1.0,
            surrogate=Triangular(config.relation_dampening),
        )

    @property
    def size(self) -> int:
        """Number of neurons."""
        return self.sources * self.levels

    def matrix(self) -> npt.NDArray[np.int64]:
        """Synapses from one copy of the last layer of ``g``, in units of the chip, ``(neuron, source)``."""
        return WEIGHT * np.repeat(np.eye(self.sources, dtype=np.int64), self.levels, axis=0)

    def forward(self, counts: Tensor) -> Tensor:
        """Spikes ``(story, neuron, time)`` for numbers of spikes of ``g``, whole numbers of the same layout."""
        arriving = delayed(counts.transpose(1, 2), fx.DELAY_MIN).transpose(1, 2)
        spikes: Tensor = self.neuron(self._each(arriving))
        return spikes

    def states(self, counts: Tensor) -> States:
        """All states, ``float64 (story, time, neuron)``, for numbers ``float64 (story, neuron, time)``."""
        drive = WEIGHT * self._each(counts).transpose(1, 2)
        return integrate(delayed(drive, fx.DELAY_MIN), None, self.neuron.constants(), self.neuron.surrogate)

    def _each(self, counts: Tensor) -> Tensor:
        """What reaches each neuron, of the numbers of spikes ``(story, neuron, time)``."""
        return counts.repeat_interleave(self.levels, dim=1)
