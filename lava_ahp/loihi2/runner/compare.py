"""The outputs of one sample, and the first value in which they differ from what was expected."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .build import Record
from .plan import Plan
from .samples import Golden


class Difference(NamedTuple):
    """One value that differs."""

    sample: int
    population: str
    neuron: int
    step: int
    value: str
    expected: int
    observed: int

    def __str__(self) -> str:
        return (
            f"sample {self.sample}, population {self.population}, neuron {self.neuron}, step {self.step}: "
            f"{self.value}: expected {self.expected}, observed {self.observed}"
        )


def spikes(plan: Plan, record: Record, population: str, steps: int) -> npt.NDArray[np.bool_]:
    """Spikes of a population in the first steps, ``bool (step, neuron)``."""
    return _whole(plan, record, population, "s", steps).astype(bool)


def readout(plan: Plan, record: Record, steps: int) -> npt.NDArray[np.int32]:
    """Voltage of the output in the first steps, ``int32 (step, neuron)``."""
    return _whole(plan, record, plan.output, "v", steps)


def _whole(plan: Plan, record: Record, population: str, key: str, steps: int) -> npt.NDArray[np.int32]:
    """A population put together from its parts."""
    parts = plan.parts(population)
    found = np.zeros((steps, sum(len(part.members) for part in parts)), np.int32)
    for part in parts:
        found[:, part.members] = record[part.name, key][:steps]
    return found


def first_difference(plan: Plan, golden: Golden, record: Record, sample: int, steps: int) -> Difference | None:
    """The first value of a sample that differs: the earliest step, in it the first population, spikes before voltages.

    Args:
        plan: the network.
        golden: what is expected.
        record: what was observed of the sample.
        sample: its number.
        steps: its steps.
    """
    found: list[Difference] = []
    for population, expected in golden.spikes.items():
        observed = spikes(plan, record, population, steps)
        wanted = expected.raster(sample, steps, observed.shape[1])
        found += _first(sample, population, "spike", wanted, observed)
    found += _first(sample, plan.output, "voltage", golden.readout[sample, :steps], readout(plan, record, steps))
    return min(found, key=lambda difference: difference.step, default=None)


def _first(
    sample: int, population: str, value: str, expected: npt.NDArray[np.generic], observed: npt.NDArray[np.generic]
) -> list[Difference]:
    """The first difference of two arrays ``(step, neuron)``, or none."""
    where = np.argwhere(expected != observed)
    if not len(where):
        return []
    step, neuron = (int(k) for k in where[0])
    pair = int(expected[step, neuron]), int(observed[step, neuron])
    return [Difference(sample, population, neuron, step, value, *pair)]
