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
PANEL = 2 * LANES

#: Steps that are computed at a time.
TILE = 6


@compiled()
def padded(size, multiple):
    """``size`` rounded up to a multiple."""
    return (size + multiple - 1) // multiple * multiple


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

    Twelve sums stay in registers: of six steps and two vectors.
    """
    right = column + LANES
    a0 = b0 = c0 = d0 = e0 = f0 = load(start, 0, column)
    a1 = b1 = c1 = d1 = e1 = f1 = load(start, 0, right)
    for r in range(count):
        n = active[r]
        row0, row1 = load(panel, n, 0), load(panel, n, LANES)
        a, b, c, d, e, f = x[t + 1, n], x[t + 2, n], x[t + 3, n], x[t + 4, n], x[t + 5, n], x[t + 6, n]
        a0, a1 = multiply_add(a, row0, a0), multiply_add(a, row1, a1)
        b0, b1 = multiply_add(b, row0, b0), multiply_add(b, row1, b1)
        c0, c1 = multiply_add(c, row0, c0), multiply_add(c, row1, c1)
        d0, d1 = multiply_add(d, row0, d0), multiply_add(d, row1, d1)
        e0, e1 = multiply_add(e, row0, e0), multiply_add(e, row1, e1)
        f0, f1 = multiply_add(f, row0, f0), multiply_add(f, row1, f1)
    for k, (left_sum, right_sum) in enumerate(((a0, a1), (b0, b1), (c0, c1), (d0, d1), (e0, e1), (f0, f1))):
        store(left_sum, out, t + k, column)
        store(right_sum, out, t + k, right)


@compiled()
def multiply(x, matrix, begin, end, start, work, out):
    """Set ``out[t]`` to ``start[0] + x[t + 1] @ matrix`` for the steps ``begin..end - 1``.

    Args:
        x: ``float32 (time, row)``, with :data:`TILE` steps of zeros after ``x[end]``.
        matrix: :func:`panels`.
        begin: first step.
        end: one past the last step.
        start: ``float32 (1, column)``, as wide as the panels together.
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
    """Arrays for :func:`multiply` with a matrix of at most so many rows."""
    # One element more, because an index is written before it is known whether it counts.
    return np.zeros(rows, np.float32), np.zeros(rows + 1, np.int64)
