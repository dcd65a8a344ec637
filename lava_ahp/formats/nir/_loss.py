"""What rounding to the chip costs, as JSON values and as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.network import fixedpoint as fx


@dataclass(frozen=True)
class WeightLoss:
    """Errors of the weights between two populations, as parts of the threshold (of the largest weight without one).

    Attributes:
        connections: how many connections the weights became: one per power of two that they need.
        vanished: weights that became 0.
    """

    source: str
    target: str
    largest: float
    mean: float
    unit: str
    connections: int
    vanished: int


@dataclass(frozen=True)
class DecayLoss:
    """A time constant in steps, before and after it became a decay: shortest and longest of the population.

    None stands for no decay at all.  ``change`` is the largest relative change of a neuron's.
    """

    population: str
    what: str
    before: tuple[float | None, float | None]
    after: tuple[float | None, float | None]
    change: float


@dataclass(frozen=True)
class ThresholdLoss:
    """Largest relative change of a threshold, and the range of the integers."""

    population: str
    integers: tuple[int, int]
    change: float


def decay_loss(
    population: str, what: str, leak: npt.NDArray[np.float64], decay: npt.NDArray[np.int64]
) -> DecayLoss | None:
    """Compare shares that are lost in a step with decays; None where nothing is remembered."""
    if np.all(leak == 1):
        return None
    after = decay / fx.DECAY_ONE
    change = np.abs(after - leak) / np.where(leak > 0, leak, 1)
    return DecayLoss(population, what, _steps(leak), _steps(after), float(change.max()))


def _steps(leak: npt.NDArray[np.float64]) -> tuple[float | None, float | None]:
    fast, slow = leak.max(), leak.min()
    return (float(1 / fast) if fast else None, float(1 / slow) if slow else None)


@dataclass(frozen=True)
class Loss:
    """What an import lost."""

    weights: tuple[WeightLoss, ...]
    decays: tuple[DecayLoss, ...]
    thresholds: tuple[ThresholdLoss, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """The result for a terminal."""
        for w in self.weights:
            rest = f", {w.vanished} became 0" * bool(w.vanished) + f", {w.connections} exponents" * (w.connections > 1)
            yield (
                f"weights {w.source} -> {w.target}: largest error {100 * w.largest:.2g} %, mean {100 * w.mean:.2g} % "
                f"of the {w.unit}{rest}"
            )
        for t in self.thresholds:
            yield f"thresholds of {t.population}: {_range(*t.integers)}, changed by up to {100 * t.change:.2g} %"
        for d in self.decays:
            change = f"{_range(*d.before)} -> {_range(*d.after)} steps, changed by up to {100 * d.change:.2g} %"
            yield f"{d.what} time constant of {d.population}: {change}"


def _range(low: float | None, high: float | None) -> str:
    shown = ["none" if value is None else f"{value:.5g}" for value in (low, high)]
    return shown[0] if shown[0] == shown[1] else f"{shown[0]} to {shown[1]}"
