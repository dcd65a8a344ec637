"""The delays of blocks, as the user gives them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lava_ahp.errors import SpecError
from lava_ahp.network import fixedpoint as fx


def recurrent_delays(recurrent_delay: Any, neurons: int) -> Tensor:
    """Delays in steps, ``float32 (neuron,)``."""
    array = np.asarray(recurrent_delay)
    if array.dtype.kind not in "iu":
        raise SpecError(f"block recurrent_delay: found {recurrent_delay!r}, allowed integers")
    if array.shape not in ((), (neurons,)):
        raise SpecError(f"block recurrent_delay: found shape {array.shape}, allowed one value or ({neurons},)")
    if array.min() < fx.DELAY_MIN or array.max() > fx.DELAY_MAX:
        found = f"{array.min()}..{array.max()}"
        raise SpecError(f"block recurrent_delay: found {found}, allowed {fx.DELAY_MIN}..{fx.DELAY_MAX}")
    return torch.from_numpy(np.broadcast_to(array, (neurons,)).astype(np.float32))


def extra_delays(extra_delay: Any, targets: int, sources: int) -> Tensor:
    """Delays in steps beyond the first, ``int64 ()`` or ``(target, source)``."""
    array = np.asarray(extra_delay)
    most = fx.DELAY_MAX - fx.DELAY_MIN
    # lava-dl's blocks take `delay=False` in this place.
    if array.dtype.kind not in "iu" and not (array.dtype == bool and not array.any()):
        raise SpecError(f"block extra_delay: found {extra_delay!r}, allowed integers 0..{most} (they are not learned)")
    if array.shape not in ((), (targets,), (targets, sources)):
        raise SpecError(
            f"block extra_delay: found shape {array.shape}, allowed one value, ({targets},) or ({targets}, {sources})"
        )
    if array.min() < 0 or array.max() > most:
        raise SpecError(f"block extra_delay: found {array.min()}..{array.max()}, allowed 0..{most}")
    if array.ndim == 1:
        array = np.broadcast_to(array[:, None], (targets, sources))
    return torch.from_numpy(array.astype(np.int64))
