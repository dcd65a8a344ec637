"""When samples start, end and are separated, where they follow one another in one run on the chip.

LIFReset clears ``u`` and ``v`` of all neurons in the first step of every interval.  The buffers of Dense and DelayDense
keep the spikes that are on their way.  So that none arrives after the reset, every neuron has to be silent for as many
steps before it as the longest delay has: a single inhibitory spike to all, the quench, sees to that.

    steps of an interval     0 .. T-1     T-1 or later      the last max_delay           next interval, step 0
    what happens             the sample   the quench spike  no spikes                    reset of u and v

All neurons are reset in the same step, whatever their depth, since nothing is on its way then.
A sample's step ``t`` so is the step ``t`` of ``fast`` in every population, and readouts are read in steps ``0..T-1``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Events


@dataclass(frozen=True)
class Schedule:
    """The steps of one run.

    Attributes:
        samples: samples in the run.
        interval: steps from one reset to the next, a power of two, as the chip demands.
        quench: step of every interval in which the quench spikes, from 0.
        max_delay: steps at the end of every interval in which no neuron may spike.
    """

    samples: int
    interval: int
    quench: int
    max_delay: int

    @classmethod
    def of(cls, events: Events, max_delay: int) -> Schedule:
        """The shortest schedule for some samples.

        Args:
            events: the samples.
            max_delay: the longest delay of any synapse, in steps.
        """
        # One step for the quench to arrive, and one in which it acts, before the silent ones.
        guard = max_delay + 2
        longest = int(events.steps.max())
        interval = 1 << (longest - 1 + guard - 1).bit_length()
        return cls(len(events), interval, interval - guard, max_delay)

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.samples * self.interval

    def spikes(self, events: Events) -> npt.NDArray[np.int32]:
        """Input spikes of the whole run and, as the last channel, the quench: ``int32 (channel, time)``."""
        found = np.zeros((events.channels + 1, self.steps), np.int32)
        sample = np.repeat(np.arange(len(events)), np.diff(events.offsets))
        found[events.sources, sample * self.interval + events.times] = 1
        found[-1, self.quench :: self.interval] = 1
        return found
