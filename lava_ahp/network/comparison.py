"""Comparison of two runs of a network, value by value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network.checksums import checksum
from lava_ahp.network.difference import (
    STATE_ORDER,
    Finding,
    SumPair,
    ValuePair,
    first_difference,
)
from lava_ahp.network.graph import Network
from lava_ahp.network.trace import Golden, Trace


@dataclass(frozen=True)
class Check:
    """One comparison: what was compared, over how many values, and the first difference if there is one."""

    name: str
    samples: int
    steps: int
    values: int
    difference: Finding | None

    @property
    def passed(self) -> bool:
        """Whether all values were equal."""
        return self.difference is None


def compare(name: str, left: Trace | Golden, right: Trace, between: tuple[str, str], network: Network) -> Check:
    """Compare everything that two runs both recorded: rasters, states and readouts, step by step.

    Args:
        name: name of the check.
        left: a run, or a golden record, and then its checksums are compared with the states of the other run.
        right: the other run.
        between: what messages call the two.
        network: the network that both ran.

    Raises:
        SpecError: traces of different samples or steps, or with nothing in common.
    """
    trace, sums = (left.trace, left.sums) if isinstance(left, Golden) else (left, {})
    if not np.array_equal(trace.steps, right.steps):
        raise SpecError(f"{name}: the traces have {trace.steps.tolist()} and {right.steps.tolist()} steps")
    pairs: list[ValuePair | SumPair] = []
    for population in network.names:
        for state, a, b in zip(STATE_ORDER, _recorded(trace, population), _recorded(right, population), strict=True):
            if a is not None and b is not None:
                pairs.append(ValuePair(population, state, a, b))
        found = right.states.get(population, {})
        for state, recorded in sums.get(population, {}).items():
            if state in found:
                pairs.append(SumPair(population, state, recorded, checksum(found[state]), found[state]))
    a, b = _readout_by_step(trace), _readout_by_step(right)
    if a is not None and b is not None:
        pairs.append(ValuePair(network.output, "v", a, b))
    if not pairs:
        raise SpecError(f"{name}: the traces hold nothing to compare; record rasters, states or every readout step")
    difference = first_difference(pairs, between)
    return Check(name, len(trace.steps), int(trace.steps.sum()), sum(pair.size for pair in pairs), difference)


def _recorded(trace: Trace, population: str) -> list[npt.NDArray[Any] | None]:
    """What a trace holds of a population, in the order of :data:`STATE_ORDER`."""
    states = trace.states.get(population, {})
    return [*(states.get(key) for key in "uav"), trace.spikes.get(population)]


def _readout_by_step(trace: Trace) -> npt.NDArray[np.int32] | None:
    """The readout ``(sample, time, neuron)``, aligned to the start of every sample; None where steps are missing."""
    length = int(trace.steps.max())
    if trace.readout.shape[1] != length:
        return None
    time = np.arange(length) + (length - trace.steps[:, None])
    aligned = trace.readout[np.arange(len(trace.steps))[:, None], np.minimum(time, length - 1)]
    return np.where((time < length)[..., None], aligned, 0).astype(np.int32)
