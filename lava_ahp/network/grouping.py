"""Few groups of equal constants out of many neurons, since Lava's LIF takes one ``du``, ``dv`` and ``vth`` per Process.

The logarithms of the constants are clustered with Lloyd's algorithm (k-means), started as k-means++ does, from a fixed
seed: the same constants give the same groups on every machine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

#: Starts, of which the best one is kept, and rounds of each, which end earlier once nothing moves.
_STARTS, _ROUNDS, _SEED = 20, 100, 0

#: Weight of each constant in a distance.  The decay of the slow current counts half: smnist_ahp240 in 16 groups so has
#: 95.0 % of 1,000 images right, with equal weights 94.3, and with the current at a third 93.6.
_WEIGHTS = np.array([0.5, 1.0, 1.0])


class Constants(NamedTuple):
    """What a LIF Process has once: each ``int64 (neuron,)``.

    Attributes:
        current_decay: ``du``, ``1..4096``.
        voltage_decay: ``dv``, ``0..4095``.
        threshold: ``vth``, ``0..131071``.
    """

    current_decay: Int64
    voltage_decay: Int64
    threshold: Int64

    @property
    def distinct(self) -> int:
        """Number of LIF Processes that these neurons need."""
        return len(np.unique(np.stack(self), axis=1).T)


def grouped(constants: Constants, groups: int) -> Constants:
    """The constants with at most ``groups`` distinct triples; unchanged where there are no more than that.

    Neurons of a group get the geometric mean of each constant, rounded.

    Args:
        constants: of every neuron.
        groups: 1 or more.
    """
    rows, number, count = np.unique(np.stack(constants), axis=1, return_inverse=True, return_counts=True)
    if rows.shape[1] <= groups:
        return constants
    number = number.reshape(-1)
    # A decay of 0 has no logarithm; it is closest to the slowest decay that there is.
    points, weights = np.log(np.maximum(rows, 0.5)).T * _WEIGHTS, count.astype(np.float64)
    group = _clusters(points, weights, groups)
    centres = _centres(points, weights, group, groups) / _WEIGHTS
    return Constants(*np.rint(np.exp(centres[group[number]])).astype(np.int64).T)


def _clusters(points: Floats, weights: Floats, groups: int) -> Int64:
    """The group of every point, ``int64 (point,)``, from the best of several starts."""
    rng = np.random.default_rng(_SEED)
    found: list[tuple[float, Int64]] = []
    for _ in range(_STARTS):
        group = _nearest(points, _start(points, weights, groups, rng))[0]
        for _ in range(_ROUNDS):
            before = group
            group, distance = _nearest(points, _centres(points, weights, group, groups))
            if np.array_equal(group, before):
                break
        found.append((float(weights @ distance), group))
    return min(found, key=lambda pair: pair[0])[1]


def _start(points: Floats, weights: Floats, groups: int, rng: np.random.Generator) -> Floats:
    """Points as first centres, each drawn with a chance that grows with its distance from those before."""
    chosen = [int(rng.choice(len(points), p=weights / weights.sum()))]
    while len(chosen) < groups:
        chance = weights * _nearest(points, points[chosen])[1]
        chosen.append(int(rng.choice(len(points), p=chance / chance.sum())))
    return points[chosen]


def _nearest(points: Floats, centres: Floats) -> tuple[Int64, Floats]:
    """The nearest centre of every point, and the square of its distance."""
    squares = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
    nearest = squares.argmin(axis=1)
    return nearest, squares[np.arange(len(points)), nearest]


def _centres(points: Floats, weights: Floats, group: Int64, groups: int) -> Floats:
    """The mean of every group; a group without points is placed where no point is near it."""
    total = np.bincount(group, weights, groups)
    sums = np.stack([np.bincount(group, weights * column, groups) for column in points.T], axis=1)
    return np.where(total[:, None] > 0, sums / np.maximum(total, 1e-300)[:, None], np.inf)
