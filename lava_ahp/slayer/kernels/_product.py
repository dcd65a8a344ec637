"""A matrix product of gradients and weights, written out with vectors; rows without gradient are left out.

A matrix is cut into panels of 32 columns.  A panel of 128 rows has 16 KB: with the gradients, it stays in the nearest
cache, and each of its rows is loaded once for three steps: their sums fit the 16 vectors of 256 bits that most
processors have.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lava_ahp.slayer.kernels._compile import compiled

# Numba does not see a change of these functions: remove its cache after one.
from lava_ahp.slayer.kernels._lists import list_nonzero
from lava_ahp.slayer.kernels._vectors import LANES, load, multiply_add, store

#: Columns of a panel.
PANEL = LANES

#: Steps that are computed at a time.
TILE = 3


def padded(size: int, multiple: int) -> int:
    """``size`` rounded up to a multiple."""
    return -(-size // multiple) * multiple


def panels(matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The panels ``float32 (panel, row, 32)`` of a matrix ``(row, column)``, filled up with zeros."""
    rows, columns = matrix.shape
    wide = np.zeros((rows, padded(columns, PANEL)), np.float32)
    wide[:, :columns] = matrix
    return np.ascontiguousarray(wide.reshape(rows, -1, PANEL).transpose(1, 0, 2))


@compiled()
def _multiply_tile(x, matrix, panel, active, first, last, start, t, out):
    """Set the columns of a panel in ``out[t : t + 3]`` to ``start + x[t + 1 : t + 4] @ matrix``, for the rows
    ``active[first:last]``.

    The sums of the three steps stay in registers.
    """
    column = panel * PANEL
    a = b = c = load(start, column)
    for r in range(first, last):
        n = active[r]
        row = load(matrix, (panel, n, 0))
        a, b = multiply_add(x[t + 1, n], row, a), multiply_add(x[t + 2, n], row, b)
        c = multiply_add(x[t + 3, n], row, c)
    for k, total in enumerate((a, b, c)):
        store(total, out, (t + k, column))


@compiled()
def product(x, matrix, begin, end, start, work, out):
    """Set ``out[t]`` to ``start + x[t + 1] @ matrix`` for the steps ``begin..end - 1``.

    Args:
        x: ``float32 (time, row)``, a multiple of 64 rows, with :data:`TILE` steps of zeros after ``x[end]``.
        matrix: :func:`panels`.
        begin: first step.
        end: one past the last step.
        start: ``float32 (column,)``, as wide as the panels together.
        work: from :func:`buffers`.
        out: ``float32 (time, column)``, as wide as ``start``, filled; up to ``TILE - 1`` steps after the last one too.
    """
    active, bounds = work
    tiles = (end - begin + TILE - 1) // TILE
    for tile in range(tiles):
        after = begin + tile * TILE + 1
        bounds[tile + 1] = list_nonzero(x, after, after + TILE, matrix.shape[1], active, bounds[tile])
    # All steps of a panel before the next one, so that it stays in the nearest cache.
    for panel in range(len(matrix)):
        for tile in range(tiles):
            t = begin + tile * TILE
            _multiply_tile(x, matrix, panel, active, bounds[tile], bounds[tile + 1], start, t, out)


@compiled()
def buffers(steps, rows):
    """Arrays for :func:`product` of at most so many steps and rows: active rows, and where those of a tile begin."""
    tiles = (steps + TILE - 1) // TILE
    return np.empty(tiles * rows, np.int64), np.zeros(tiles + 1, np.int64)
