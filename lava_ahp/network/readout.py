"""Classes from readout voltages, and the voltages in SLAYER's unit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError

#: A voltage of 1.0 in SLAYER's unit is 64 in that of thresholds, and they are in units of 64.
SLAYER_UNIT = 2**12


def classify(readout: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """The class whose readout has the largest voltage, summed over the readout steps.

    The sums are integers, so every engine agrees.  Of equal sums, the lowest class wins.

    Args:
        readout: ``(sample, readout_steps, class)``.

    Returns:
        ``int64 (sample,)``.

    Raises:
        SpecError: a readout of another shape, or without steps or classes.
    """
    if readout.ndim != 3 or 0 in readout.shape[1:]:
        raise SpecError(f"readout: found shape {readout.shape}, allowed (sample, readout_steps, class)")
    classes: npt.NDArray[np.int64] = readout.astype(np.int64).sum(axis=1).argmax(axis=1)
    return classes


def mean_voltages(readout: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """The mean voltage of every class over the readout steps, in SLAYER's unit: the logits of the training loss.

    Args:
        readout: ``(sample, readout_steps, class)``.

    Returns:
        ``float64 (sample, class)``.
    """
    # The sum is of integers, so that ties are those of :func:`classify`.
    means: npt.NDArray[np.float64] = readout.astype(np.int64).sum(axis=1) / (readout.shape[1] * SLAYER_UNIT)
    return means
