"""Widths and elementary operations of the integer arithmetic (docs/numerics.md).

Every function takes and returns ``int64`` arrays (or Python integers), so that products of a 24-bit
state and a 12-bit decay factor never overflow.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

STATE_BITS = 24
#: Largest magnitude of ``a`` and ``v``.  ``u`` can also be ``+2**23`` (see :func:`wrap`).
STATE_MAX = 2 ** (STATE_BITS - 1) - 1

DECAY_BITS = 12
#: With a decay of ``DECAY_ONE``, nothing is left after one step.  With a decay of 0, the state never decays.
DECAY_ONE = 2**DECAY_BITS

#: Weights and thresholds are mantissas: shifted left by six bits, they are in units of the state.
STATE_SHIFT = 6

THRESHOLD_MAX = 2**17 - 1
AHP_WEIGHT_MAX = 2**17 - 1
BIAS_MANTISSA_MIN, BIAS_MANTISSA_MAX = -(2**12), 2**12 - 1
BIAS_EXPONENT_MAX = 7
INPUT_EXPONENT_MIN, INPUT_EXPONENT_MAX = -6, 7
CONNECTION_EXPONENT_MAX = 7
WEIGHT_MIN, WEIGHT_MAX = -256, 255
#: The smallest weight with a partner of the opposite sign, where a connection has both signs.
WEIGHT_PAIRED_MIN = -254
DELAY_MIN, DELAY_MAX = 1, 63

#: Most that may arrive at one neuron in one step, in units of ``u``; it keeps every sum within 32 bits.
DRIVE_MAX = 2**30


def decay(x: npt.ArrayLike, d: npt.ArrayLike) -> IntArray:
    """``sign(x) * ((|x| * (4096 - d)) >> 12)``: multiply and round toward zero.

    Args:
        x: state, integers of up to 24 bit.
        d: decay, ``0..4096``.
    """
    x = np.asarray(x, dtype=np.int64)
    factor = DECAY_ONE - np.asarray(d, dtype=np.int64)
    decayed: IntArray = np.sign(x) * ((np.abs(x) * factor) >> DECAY_BITS)
    return decayed


def wrap(x: npt.ArrayLike) -> IntArray:
    """Wrap into the 24-bit range ``-2**23 + 1 .. 2**23`` of ``u``, modulo ``2**24``.

    This is the range of Lava's LIF, which keeps ``2**23`` and maps ``-2**23`` to it.
    """
    x = np.asarray(x, dtype=np.int64)
    half = 2 ** (STATE_BITS - 1)
    wrapped: IntArray = half - np.mod(half - x, 2**STATE_BITS)
    return wrapped


def saturate(x: npt.ArrayLike) -> IntArray:
    """Clip to ``-(2**23 - 1) .. 2**23 - 1``, the range of ``a`` and ``v``."""
    return np.clip(np.asarray(x, dtype=np.int64), -STATE_MAX, STATE_MAX)


def split_bias(bias: npt.ArrayLike) -> tuple[IntArray, IntArray] | None:
    """The chip's bias registers for a bias in units of the state, or None if a bias cannot be represented.

    Returns:
        ``(mantissa, exponent)`` with ``bias = mantissa << exponent``: a signed 13-bit mantissa, and the
        smallest exponent in ``0..7`` with which it fits.
    """
    bias = np.atleast_1d(np.asarray(bias, dtype=np.int64))
    mantissa, exponent = bias.copy(), np.zeros_like(bias)
    for shift in range(1, BIAS_EXPONENT_MAX + 1):
        too_big = (mantissa < BIAS_MANTISSA_MIN) | (mantissa > BIAS_MANTISSA_MAX)
        mantissa = np.where(too_big, bias >> shift, mantissa)
        exponent = np.where(too_big, shift, exponent)
    fits = (mantissa >= BIAS_MANTISSA_MIN) & (mantissa <= BIAS_MANTISSA_MAX)
    exact = (mantissa << exponent) == bias
    return (mantissa, exponent) if bool(np.all(fits & exact)) else None
