"""Training on Lightning: configuration, loop, checkpoints, and records of the training forward pass."""

from __future__ import annotations

from lava_ahp.training.batches import SignalSplit, SpikeSplit, StorySplit
from lava_ahp.training.checkpoint import load_model, read_model
from lava_ahp.training.config import TrainConfig
from lava_ahp.training.forward_record import golden
from lava_ahp.training.history import Epoch, Progress
from lava_ahp.training.loop import fit
from lava_ahp.training.processes import is_main
from lava_ahp.training.score import readouts

__all__ = [
    "Epoch",
    "Progress",
    "SignalSplit",
    "SpikeSplit",
    "StorySplit",
    "TrainConfig",
    "fit",
    "golden",
    "is_main",
    "load_model",
    "read_model",
    "readouts",
]
