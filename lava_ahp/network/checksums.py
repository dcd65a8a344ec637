"""Sums over neurons that stand in for their states and still locate a single wrong value.

For the values ``x[i]`` of a population, neurons counted from 0, a checksum is the three sums over ``i`` of

    x[i],   (i + 1) * x[i],   (i + 1)**2 * x[i]         each modulo 2**64, as a signed integer.

If one value is wrong by ``d`` at neuron ``i``, the sums change by ``d``, ``(i + 1) d`` and ``(i + 1)**2 d``.  This
gives ``d`` and ``i``.  In populations of up to 2**18 neurons, up to three wrong values always show, and two are never
mistaken for one.  More could cancel only by coincidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

#: Sums in a checksum.
SUMS = 3
_MODULUS = 2**64


class Change(NamedTuple):
    """One value that differs: its neuron, and by how much."""

    neuron: int
    amount: int


def checksum(values: npt.NDArray[np.signedinteger[Any]]) -> npt.NDArray[np.int64]:
    """The three sums over the last axis.

    Args:
        values: ``(..., neuron)``, signed integers of up to 64 bits.

    Returns:
        ``int64 (..., 3)``.
    """
    number = np.arange(1, values.shape[-1] + 1, dtype=np.int64)
    # Integer products and sums of NumPy arrays wrap around silently.
    weights = np.stack([number**power for power in range(SUMS)], axis=-1)
    sums: npt.NDArray[np.int64] = np.matmul(values.astype(np.int64), weights)
    return sums


def state_checksums(
    states: Mapping[str, Mapping[str, npt.NDArray[np.signedinteger[Any]]]],
) -> dict[str, dict[str, npt.NDArray[np.int64]]]:
    """Checksums of every state of every population.

    Args:
        states: by population, then state: ``(sample, time, neuron)``.

    Returns:
        By population, then state: ``int64 (sample, time, 3)``.
    """
    return {name: {key: checksum(values) for key, values in kept.items()} for name, kept in states.items()}


def locate(before: npt.NDArray[np.int64], after: npt.NDArray[np.int64], neurons: int) -> Change | None:
    """The one value whose change turns one checksum into another.

    Args:
        before: ``(3,)``.
        after: ``(3,)``, different from ``before``.
        neurons: size of the population.

    Returns:
        The change, or None where several values have changed.
    """
    zeroth, first, second = (_signed(int(b) - int(a)) for a, b in zip(before, after, strict=True))
    if zeroth == 0:
        return None
    number, rest = divmod(first, zeroth)
    if rest or not 1 <= number <= neurons or _signed(number * first - second):
        return None
    return Change(number - 1, zeroth)


def _signed(value: int) -> int:
    """An integer modulo 2**64, as a signed 64-bit integer."""
    return (value + _MODULUS // 2) % _MODULUS - _MODULUS // 2
