"""Numbers next to zero, with which processors are slow.

A gradient that fades over hundreds of steps ends as a denormal number, below 1.2e-38 in ``float32``.  Many processors
take a hundred times longer for a sum or product of such numbers; they count as zero here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

#: The smallest number that is not denormal.
_LEAST = np.float32(2**-126)


@contextmanager
def denormals_as_zero() -> Iterator[None]:
    """Let denormal numbers be zero in this thread, and in those that it starts, where the processor can do so."""
    before = _are_zero()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def _are_zero() -> bool:
    return bool(_LEAST * np.float32(0.5) == 0)
