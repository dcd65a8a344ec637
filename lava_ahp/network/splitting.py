"""Whole numbers as weights of several connections, each with one exponent, and of one sign or even."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]

#: Largest weight of a connection with weights of both signs.
EVEN_MAX = 254


def by_exponent(values: Int64) -> Iterator[tuple[int, Int64]]:
    """Mantissas of eight bits, one array for each exponent; their sum is the values.

    A value that has too many bits for one mantissa has another with exponent 0.

    Args:
        values: of any shape, at most ``254 * 2**7`` in magnitude.

    Yields:
        An exponent, and mantissas ``-254..254`` in the shape of the values, not all of them zero.
    """
    excess = np.log2((np.abs(values) + 1) / (EVEN_MAX + 1))
    exponent = np.maximum(np.ceil(excess), 0).astype(np.int64)
    mantissa = np.sign(values) * (np.abs(values) >> exponent)
    rest = values - (mantissa << exponent)
    for common in np.unique(np.append(exponent, 0)):
        weights = np.where(exponent == common, mantissa, rest if common == 0 else 0)
        if weights.any():
            yield int(common), weights


def of_one_sign(weights: Int64) -> Iterator[npt.NDArray[np.bool_]]:
    """Which weights can be of one connection: odd ones need weights of one sign.

    Args:
        weights: of any shape; zeros belong to no connection.

    Yields:
        Where the weights of a connection are, ``bool`` in their shape.
    """
    signs = [weights > 0, weights < 0]
    if all(part.any() for part in signs) and np.any(weights % 2):
        yield from signs
    elif weights.any():
        yield weights != 0
