"""How far ``u`` stays from the end of its 24 bits, where it would wrap and change its sign."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.network import fixedpoint as fx

_HALF = 2 ** (fx.STATE_BITS - 1)

#: Share of 2**23 up to which ``u`` may go.  The last quarter is left to data that were not seen, and to the quench
#: spike between samples (:mod:`lava_ahp.loihi2.schedule`), which takes 0.249 of 2**23.
ROOM = 0.75


def current_share(current: npt.NDArray[Any], decay: npt.NDArray[np.int64]) -> float:
    """The largest magnitude of ``u`` before it wraps, as a share of 2**23; 1 or more where it does wrap.

    Args:
        current: ``u`` from the first step of each sample on, ``(sample, time, neuron)``.
        decay: ``du``, ``int64 (neuron,)``.
    """
    after = current.astype(np.int64)
    before = np.zeros_like(after)
    before[:, 1:] = fx.decay(after[:, :-1], decay)
    # What arrived is known modulo 2**24, and far smaller than that.
    largest = int(np.abs(before + fx.wrap(after - before)).max(initial=0))
    return float(largest / _HALF)
