"""Whether stock Lava computes a layer correctly.  Only such layers are marked ``CUBA``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Connection, Population
from lava_ahp.network import fixedpoint as fx
from lava_ahp.netx import _layout as layout

#: Lava's LIF wraps ``u`` only once per step, so a larger drive would leave it beyond 24 bits.
MAX_DRIVE = 2 ** (fx.STATE_BITS)


def runs_in_stock(population: Population, feedforward: Connection, recurrent: Connection | None) -> bool:
    """Whether stock NetX and Lava's ``fixed_pt`` LIF compute this layer exactly."""
    neuron = population.neuron
    if neuron is None or neuron.has_ahp or np.any(neuron.input_exponent):
        return False
    # Lava's LIF takes one decay of each kind and one threshold per process.
    if any(np.ptp(getattr(neuron, name)) for name in ("threshold", "current_decay", "voltage_decay")):
        return False
    # NetX gives every bias the exponent 6, and the mantissa has 13 bits.
    mantissa = np.asarray(neuron.bias) / layout.BIAS_UNIT
    if np.any((mantissa < fx.BIAS_MANTISSA_MIN) | (mantissa > fx.BIAS_MANTISSA_MAX)):
        return False
    connections = [feedforward] if recurrent is None else [feedforward, recurrent]
    # With delays, NetX's RecurrentDense drops the weight exponent and applies the delays to both connections.
    if recurrent is not None and any(np.any(c.delays != fx.DELAY_MIN) for c in connections):
        return False
    drive = sum(np.bincount(c.targets, np.abs(c.values.astype(np.float64)), population.size) for c in connections)
    return bool(np.max(drive) * 2**fx.STATE_SHIFT <= MAX_DRIVE) and keeps_weights([c.dense() for c in connections])


def keeps_weights(matrices: Sequence[npt.NDArray[np.int16]]) -> bool:
    """Whether NetX's ``optimize_weight_bits`` and Lava's clipping and truncation keep the weights unchanged.

    Follows lava-dl 0.6.0 (netx/utils.py) and lava-nc 0.10.0 (utils/weightutils.py) step by step.  NetX shifts the
    weights of a layer, feedforward and recurrent as one matrix, up to the full width and lets Lava shift the sum down
    again.  A most negative weight of ``-2**k`` then becomes -256, which Lava clips to -255 where a matrix has no
    positive weight.  A matrix of zeros divides by zero.

    Args:
        matrices: weights of the connections that NetX optimises together.
    """
    low, high = min(int(m.min()) for m in matrices), max(int(m.max()) for m in matrices)
    if low == high == 0:
        return False
    mixed = low < 0 <= high
    room = [255 / high] if low >= 0 else [-256 / low] if high < 0 else [-128 / low, 127 / high if high else np.inf]
    shift = int(np.floor(np.log2(min(room)))) + mixed
    common = np.bitwise_or.reduce([int(np.bitwise_or.reduce(m, axis=None)) for m in matrices])
    divisible = next((n for n in range(8, 0, -1) if common % 2**n == 0), 0)
    bits = 8 - shift - (divisible - mixed)
    # Odd weights of both signs beyond 127 need nine bits: Lava accepts them, no chip does.
    return shift >= 0 and 1 <= bits <= 8 and all(_survives(m.astype(np.int64) << shift, bits) for m in matrices)


def _survives(weights: npt.NDArray[np.int64], bits: int) -> bool:
    if weights.min() >= 0 or weights.max() <= 0:
        magnitude = np.abs(weights)
        kept = (np.minimum(magnitude, 255) >> (8 - bits)) << (8 - bits)
        return bool(np.array_equal(kept, magnitude))
    kept = (np.clip(weights, -256, 255) >> (9 - bits)) << (9 - bits)
    return bool(np.array_equal(kept, weights))
