"""TensorBoard curves of the history, in the folder ``tensorboard`` of the run folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from lightning.pytorch.loggers import Logger, TensorBoardLogger

from lava_ahp.training.config import TrainConfig
from lava_ahp.training.history import Epoch

#: Folder of the curves inside the run folder.
FOLDER = "tensorboard"


def logger(config: TrainConfig, out: Path, done: int) -> TensorBoardLogger:
    """Lightning's TensorBoard logger.

    Args:
        config: configuration of the run, written to ``hparams.yaml`` next to the curves.
        out: the run folder.
        done: completed epochs; TensorBoard hides existing points of later epochs.
    """
    # Event files are named by the second and read in the order of their names.  Without the suffix, a run that is
    # resumed within the same second would overwrite its own curves.
    found = TensorBoardLogger(
        out, name=FOLDER, version="", default_hp_metric=False, purge_step=done + 1, filename_suffix=f".{done:07d}"
    )
    found.log_hyperparams(config.model_dump(mode="json"))
    return found


def forget(out: Path) -> None:
    """Remove the curves of an earlier run, if any."""
    if (out / FOLDER).is_dir():
        shutil.rmtree(out / FOLDER)


def add(loggers: Iterable[Logger], epoch: Epoch) -> None:
    """Add an epoch and flush it to the file."""
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
