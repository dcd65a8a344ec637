"""Test of a model that no chip can run.  Spiking networks are tested in a backend instead."""

from __future__ import annotations

import torch

from lava_ahp.models import Model
from lava_ahp.training.batches import Batches, Part, Split

_BATCH = 500


def correct(model: Model, split: Split) -> int:
    """Number of samples for which the true class has the largest score."""
    device = next(model.parameters()).device
    model.eval()
    found = 0
    with torch.inference_mode():
        for batch in Batches(split, _BATCH, Part()):
            scores = model(batch.read.to(device)).readout[..., -1]
            found += int((scores.argmax(dim=1).cpu() == batch.labels).sum())
    return found
