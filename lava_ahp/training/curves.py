"""The history as curves for TensorBoard, in a folder ``tensorboard`` of the run folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from lightning.pytorch.loggers import Logger, TensorBoardLogger

from lava_ahp.training.config import TrainConfig
from lava_ahp.training.history import Epoch

#: Folder of the curves.
FOLDER = "tensorboard"


def logger(config: TrainConfig, out: Path, done: int) -> TensorBoardLogger:
    """Lightning's logger.

    Args:
        config: of the run, kept beside the curves as ``hparams.yaml``.
        out: the run folder.
        done: epochs that stand; what the folder holds of later ones is hidden.
    """
    # Files are named by the second and read in the order of their names: a run that goes on within one second would
    # otherwise write over the curves of what it goes on from.
    found = TensorBoardLogger(
        out, name=FOLDER, version="", default_hp_metric=False, purge_step=done + 1, filename_suffix=f".{done:07d}"
    )
    found.log_hyperparams(config.model_dump(mode="json"))
    return found


def forget(out: Path) -> None:
    """Remove the curves of an earlier run."""
    if (out / FOLDER).is_dir():
        shutil.rmtree(out / FOLDER)


def add(loggers: Iterable[Logger], epoch: Epoch) -> None:
    """Add an epoch; it is in the file when this returns."""
    for found in loggers:
        found.log_metrics(
            {
                "loss/training": epoch.loss,
                "loss/validation": epoch.validation_loss,
                "accuracy/training": epoch.accuracy,
                "accuracy/validation": epoch.validation_accuracy,
                "activity/rate": epoch.rate,
                "activity/synops": epoch.synops,
                "learning_rate": epoch.learning_rate,
            },
            step=epoch.epoch,
        )
        found.save()
