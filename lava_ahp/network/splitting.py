"""Whole numbers as weights of several connections, each with one exponent, and of one sign or even."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]

#: Largest weight of a connection with weights of both signs.
EVEN_MAX = 254


def mantissas(values: Int64) -> Iterator[tuple[Int64, Int64]]:
    """Mantissas of eight bits and their exponents; their sum is the values.

    Most values are one weight.  What a mantissa leaves out of a large one follows as another.

    Args:
        values: of any shape.

    Yields:
        Mantissas ``-254..254`` and exponents, both in the shape of the values.
    """
    rest = values.copy()
    while rest.any():
        excess = np.log2((np.abs(rest) + 1) / (EVEN_MAX + 1))
        exponent = np.maximum(np.ceil(excess), 0).astype(np.int64)
        mantissa = np.sign(rest) * (np.abs(rest) >> exponent)
        yield mantissa, exponent
        rest -= mantissa << exponent


def parts(mantissa: Int64, exponent: Int64) -> Iterator[tuple[int, npt.NDArray[np.bool_]]]:
    """Which weights can be of one connection: odd ones need weights of one sign.

    Args:
        mantissa: weights of any shape; zeros belong to no connection.
        exponent: of the weights, in their shape.

    Yields:
        An exponent, and where its weights are, ``bool`` in the shape of the weights.
    """
    for common in np.unique(exponent[mantissa != 0]):
        here = (mantissa != 0) & (exponent == common)
        signs = [here & (mantissa > 0), here & (mantissa < 0)]
        if not (all(part.any() for part in signs) and np.any(mantissa[here] % 2)):
            signs = [here]
        for part in signs:
            yield int(common), part
