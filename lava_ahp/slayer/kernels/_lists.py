"""Compiled helpers of the kernels on the CPU: rows of zeros, lists of spikes, and sums of the rows that they choose."""

from __future__ import annotations

import numpy as np

from lava_ahp.slayer.kernels._compile import compiled

# Numba does not see a change of these functions: remove its cache after one.
from lava_ahp.slayer.kernels._states import exceeding, lowest_bit, nonzero
from lava_ahp.slayer.kernels._vectors import LANES, SHORTS, add, add_to, lanes_of, load, none_of, store


@compiled()
def zeros(rows, columns):
    """Zeros ``int32 (row, column)``, aligned to cache lines, which the processor's vectors fill."""
    raw = np.zeros(rows * columns + 16, np.int32)
    skip = (-raw.ctypes.data % 64) // 4
    return raw[skip : skip + rows * columns].reshape((rows, columns))


@compiled(inline="always")
def _list_bits(bits, first, chosen, count):
    """List the positions of the bits of a word, counted from ``first``, after the ``count`` before; return how many."""
    while bits != 0:
        chosen[count] = first + lowest_bit(bits)
        count += 1
        bits &= bits - np.uint64(1)
    return count


@compiled()
def list_spikes(threshold, lo, hi, v, t, chosen, count):
    """List the neurons ``lo..hi - 1``, counted from ``lo``, whose ``v[t]`` exceeds the threshold.

    They are listed after the first ``count``; returns how many there are then.
    """
    for first in range(lo, hi, SHORTS):
        count = _list_bits(exceeding(v, (t, first), threshold, first), first - lo, chosen, count)
    return count


@compiled()
def list_nonzero(x, begin, end, columns, chosen, count):
    """List the columns of ``x[begin:end]``, ``float32``, that are not all zero; there is a multiple of 64 columns.

    They are listed after the first ``count``; returns how many there are then.
    """
    for first in range(0, columns, SHORTS):
        bits = np.uint64(0)
        for t in range(begin, end):
            bits |= nonzero(x, (t, first))
        count = _list_bits(bits, first, chosen, count)
    return count


@compiled()
def add_row(x, row, out, to):
    """Add ``x[row]`` to ``out[to]``, both ``float32``."""
    for first in range(0, out.shape[1], LANES):
        store(add(load(out, (to, first)), load(x, (row, first))), out, (to, first))


@compiled()
def add_rows(matrix, chosen, begin, end, out, to):
    """Add the rows ``chosen[begin:end]`` of a matrix of ``int16`` or ``int32`` to ``out[to]``, ``int32``.

    The sum of 127 weights of -256..256 fits 16 bits, of which a vector holds twice as many as of 32.
    """
    for first in range(begin, end, 127):
        last = min(first + 127, end)
        for column in range(0, matrix.shape[1], lanes_of(matrix)):
            total = none_of(matrix)
            for e in range(first, last):
                total = add(total, load(matrix, (chosen[e], column)))
            add_to(total, out, (to, column))
