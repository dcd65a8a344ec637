"""A matrix product of gradients and weights, written out with vectors; rows without gradient are left out.

A matrix is cut into panels of 32 columns.  A panel of 128 rows has 16 KB: with the gradients, it stays in the nearest
cache, and each of its rows is loaded once for six steps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lava_ahp.slayer.kernels._compile import compiled

# Numba does not see a change of these functions: remove its cache after one.
from lava_ahp.slayer.kernels._vectors import LANES, load, multiply_add, store

#: Columns of a panel.
PANEL = LANES

#: Steps that are computed at a time.
TILE = 6


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
def _list_active(x, begin, end, columns, peak, active):
    """List the columns of ``x[begin:end]`` that are not all zero, and return their number."""
    peak[:] = 0
    for t in range(begin, end):
        row = x[t]
        for i in range(columns):
            peak[i] = max(peak[i], abs(row[i]))
    count = 0
    for i in range(columns):
        active[count] = i
        count += peak[i] > 0
    return count


@compiled()
def _multiply_tile(x, panel, active, count, start, t, column, out):
    """Set ``out[t : t + 6, column : column + 32]`` to ``start + x[t + 1 : t + 7] @ panel``, for the active rows.

    The sums of the six steps stay in registers.
    """
    a = b = c = d = e = f = load(start, column)
    for r in range(count):
        n = active[r]
        row = load(panel, (n, 0))
        a, b = multiply_add(x[t + 1, n], row, a), multiply_add(x[t + 2, n], row, b)
        c, d = multiply_add(x[t + 3, n], row, c), multiply_add(x[t + 4, n], row, d)
        e, f = multiply_add(x[t + 5, n], row, e), multiply_add(x[t + 6, n], row, f)
    for k, total in enumerate((a, b, c, d, e, f)):
        store(total, out, (t + k, column))


@compiled()
def product(x, matrix, begin, end, start, work, out):
    """Set ``out[t]`` to ``start + x[t + 1] @ matrix`` for the steps ``begin..end - 1``.

    Args:
        x: ``float32 (time, row)``, with :data:`TILE` steps of zeros after ``x[end]``.
        matrix: :func:`panels`.
        begin: first step.
        end: one past the last step.
        start: ``float32 (column,)``, as wide as the panels together.
        work: from :func:`buffers`.
        out: ``float32 (time, column)``, as wide as ``start``, filled; up to ``TILE - 1`` steps after the last one too.
    """
    peak, active = work
    for t in range(begin, end, TILE):
        count = _list_active(x, t + 1, t + 1 + TILE, matrix.shape[1], peak, active)
        for p in range(len(matrix)):
            _multiply_tile(x, matrix[p], active, count, start, t, PANEL * p, out)


@compiled()
def buffers(rows):
    """Arrays for :func:`product` with a matrix of at most so many rows."""
    # One element more, because an index is written before it is known whether it counts.
    return np.zeros(rows, np.float32), np.zeros(rows + 1, np.int64)
