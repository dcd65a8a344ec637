"""Readouts of a model that no chip can run, for its test.  Spiking networks are tested in a backend instead."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from lava_ahp.models import Model
from lava_ahp.training.batches import Batches, Part, Split

_BATCH = 500


def readouts(model: Model, split: Split, readout_steps: int) -> npt.NDArray[np.float32]:
    """The last readouts of a model for every sample of a split, in order.

    Args:
        model: trained or not.
        split: the samples.
        readout_steps: steps at the end of every sample.

    Returns:
        ``float32 (sample, readout_steps, readout)``, zero before the first step of a shorter sample.
    """
    device = next(model.parameters()).device
    model.eval()
    found = []
    with torch.inference_mode():
        for batch in Batches(split, _BATCH, Part()):
            last = model(batch.read.to(device)).readout[..., -readout_steps:].transpose(1, 2).cpu().numpy()
            found.append(np.pad(last, ((0, 0), (readout_steps - last.shape[1], 0), (0, 0))))
    return np.concatenate(found)
