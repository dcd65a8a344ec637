"""Where two runs first differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.network.checksums import locate
from lava_ahp.network.description import TaskAltered

#: States of one step in the order in which they are computed, so that the cause is named first.
STATE_ORDER = ("u", "a", "v", "spike")


@dataclass(frozen=True)
class Difference:
    """The first value that differs between two runs."""

    sample: int
    step: int
    population: str
    neuron: int
    state: str
    values: tuple[int, int]
    between: tuple[str, str]

    def __str__(self) -> str:
        (left, right), (a, b) = self.between, self.values
        return (
            f"sample {self.sample}, step {self.step}, population {self.population}, neuron {self.neuron}, "
            f"{self.state}: {a} in {left}, {b} in {right}"
        )


@dataclass(frozen=True)
class SeveralDiffer:
    """The first step that differs, where several neurons differ and the checksums of the record cannot tell which."""

    sample: int
    step: int
    population: str
    state: str
    between: tuple[str, str]

    def __str__(self) -> str:
        return (
            f"sample {self.sample}, step {self.step}, population {self.population}, {self.state}: "
            f"several neurons differ between {self.between[0]} and {self.between[1]}"
        )


@dataclass(frozen=True)
class Altered:
    """A neuron that differs from the exported one.

    Attributes:
        population: the population of the neuron.
        neuron: its number.
        connection: the first of the connections whose shared weights differ; None where weights are not shared.
        sharing: number of connections with these weights.
    """

    population: str
    neuron: int
    connection: str | None = None
    sharing: int = 1

    def __str__(self) -> str:
        if self.connection is None:
            what = "its parameters or the weights of its incoming synapses differ"
        else:
            others = f" and {self.sharing - 1} more" if self.sharing > 1 else ""
            what = f"the weights of connection {self.connection}{others} differ"
        return (
            f"population {self.population}, neuron {self.neuron}: {what} from the exported ones, "
            "although no golden sample shows it"
        )


#: What a failed check reports.
Finding = Difference | SeveralDiffer | Altered | TaskAltered


@dataclass(frozen=True, eq=False)
class ValuePair:
    """One state of one population in two runs, each ``(sample, time, neuron)``."""

    population: str
    state: str
    left: npt.NDArray[Any]
    right: npt.NDArray[Any]

    @property
    def size(self) -> int:
        """How many numbers are compared."""
        return self.left.size

    def first(self, between: tuple[str, str]) -> Difference | None:
        """The first difference in order of sample, step and neuron."""
        place = _first(self.left != self.right)
        if place is None:
            return None
        sample, step, neuron = place
        values = (int(self.left[place]), int(self.right[place]))
        return Difference(sample, step, self.population, neuron, self.state, values, between)


@dataclass(frozen=True, eq=False)
class SumPair:
    """Checksums of one state of one population in a record and in a run, each ``(sample, time, 3)``.

    Attributes:
        found: the values in the run, ``(sample, time, neuron)``.
    """

    population: str
    state: str
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    found: npt.NDArray[Any]

    @property
    def size(self) -> int:
        """How many numbers are compared."""
        return self.left.size

    def first(self, between: tuple[str, str]) -> Difference | SeveralDiffer | None:
        """The first difference in order of sample and step."""
        place = _first(np.any(self.left != self.right, axis=-1))
        if place is None:
            return None
        sample, step = place
        change = locate(self.left[place], self.right[place], self.found.shape[-1])
        if change is None:
            return SeveralDiffer(sample, step, self.population, self.state, between)
        value = int(self.found[sample, step, change.neuron])
        values = (value - change.amount, value)
        return Difference(sample, step, self.population, change.neuron, self.state, values, between)


def first_difference(
    pairs: Sequence[ValuePair | SumPair], between: tuple[str, str]
) -> Difference | SeveralDiffer | None:
    """The first difference of all pairs, in order of sample, step, state and pair."""
    found = [difference for pair in pairs if (difference := pair.first(between)) is not None]
    return min(found, key=lambda d: (d.sample, d.step, STATE_ORDER.index(d.state)), default=None)


def _first(unequal: npt.NDArray[np.bool_]) -> tuple[int, ...] | None:
    """Index of the first True, or None."""
    where = np.flatnonzero(unequal)
    return tuple(int(k) for k in np.unravel_index(where[0], unequal.shape)) if len(where) else None
