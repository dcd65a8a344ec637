"""Series of different lengths in one array: the steps after the end of a shorter one are NaN in every channel."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def own_steps(signals: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Number of steps of every sample, up to its last step with a value.

    Args:
        signals: numbers ``(sample, time, channel)``; integers have no NaN, so all their samples are of one length.

    Returns:
        ``int64 (sample,)``, 0 for a sample without any value.
    """
    samples, length, _ = signals.shape
    # The minimum is NaN if any value is; this needs no second array of the size of the signals.
    if signals.dtype.kind != "f" or not np.isnan(signals.min()):
        return np.full(samples, length, dtype=np.int64)
    present = ~np.isnan(signals).all(axis=2)
    last = length - present[:, ::-1].argmax(axis=1)
    return np.where(present.any(axis=1), last, 0).astype(np.int64)


def running(steps: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.bool_]:
    """Which steps belong to each sample, ``bool (sample, time)``.

    Args:
        steps: steps of every sample, ``int64 (sample,)``.
        length: size of the axis of time.
    """
    mask: npt.NDArray[np.bool_] = np.arange(length) < steps[:, None]
    return mask
