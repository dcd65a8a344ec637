"""Files written after each epoch, in an order that keeps the run folder consistent if the run is killed."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO
from pydantic import TypeAdapter

from lava_ahp import files
from lava_ahp.files.parsing import check_file, parsing
from lava_ahp.training import checkpoint, checksums, divergence, history
from lava_ahp.training.config import TrainConfig
from lava_ahp.training.curves import Curves
from lava_ahp.training.history import Epoch, Progress

#: File with the optimiser state for resuming.
RESUME = "resume.ckpt"

_MAX_BYTES = 2**33
#: Parts of Lightning's checkpoint that it reads, with their types.
_PARTS = {
    "state_dict": dict,
    "optimizer_states": list,
    "lr_schedulers": list,
    "loops": dict,
    "callbacks": dict,
    "epoch": int,
    "global_step": int,
    "pytorch-lightning_version": str,
}


class AtomicIO(TorchCheckpointIO):
    """Lightning's checkpoints, written atomically and read without unpickling code."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Record the checksum and build the file in memory first: torch answers a full disk with an internal error."""
        content = io.BytesIO()
        torch.save(checkpoint, content)
        checksums.announce(Path(path), content.getvalue())
        files.write_bytes(Path(path), content.getvalue())

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = True) -> dict[str, Any]:
        """Read tensors and plain values."""
        return read_resume(Path(path))


def read_resume(path: Path) -> dict[str, Any]:
    """Read the state for resuming.

    Raises:
        DataError: a damaged file, or one that is not a checkpoint of Lightning.
    """
    size = check_file(path, _MAX_BYTES)
    with parsing(str(path), "damaged", "remove it and train again"):
        with zipfile.ZipFile(path) as archive:
            # torch stores its arrays without compression; it would inflate others to any size.
            if sum(member.file_size for member in archive.infolist()) > size:
                raise ValueError("it declares more bytes than it holds")
        found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        for key, kind in _PARTS.items():
            if not isinstance(found, dict) or not isinstance(found.get(key), kind):
                raise ValueError(f"no {kind.__name__} {key}")
    return found


class Record(pl.Callback):
    """Writes the history, the weights of the best and the last epoch, and the state for resuming.

    The weights and the curves are written first, then the state for resuming, and the tables last.  A run killed before
    the state is written repeats the epoch when it is resumed: it gets the same weights, and the existing points of the
    curves are hidden.  A run killed after that rewrites the tables.  Only the main process writes.

    Args:
        config: configuration of the run; kept in the state, so that no other run resumes from it.
        out: the run folder.
        progress: receives progress reports.
        score: name of the score, see :class:`lava_ahp.training.Epoch`.
    """

    def __init__(self, config: TrainConfig, out: Path, progress: Progress | None, score: str = "accuracy") -> None:
        self.history: list[Epoch] = []
        self._config, self._out, self._progress, self._score = config, out, progress, score
        self._curves = Curves(out)
        self._started = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Configuration and history, for Lightning's checkpoint."""
        return {"config": self._config.model_dump_json(), "history": [asdict(epoch) for epoch in self.history]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Restore the history from Lightning's checkpoint."""
        self.history = TypeAdapter(list[Epoch]).validate_python(state_dict["history"])

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._started = time.perf_counter()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Report the batch."""
        if trainer.is_global_zero and self._progress is not None:
            self._progress.batch(batch_idx + 1, int(trainer.num_training_batches))

    def on_validation_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Stop if the epoch has diverged; nothing of it is written."""
        divergence.check_weights(pl_module.model, trainer.current_epoch + 1, self._config, self._kept)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Write all files of the epoch, and stop training if it has diverged or the patience is exhausted."""
        epoch = self._measured(trainer, pl_module.totals())
        divergence.check_losses(epoch, self._config, self._kept)
        self.history.append(epoch)
        if self.stopped_early:
            trainer.should_stop = True
        if trainer.is_global_zero:
            if self._kept is epoch:
                checkpoint.save_model(pl_module.model, self._out / checkpoint.BEST)
            checkpoint.save_model(pl_module.model, self._out / checkpoint.LAST)
            self._curves.add(epoch)
        trainer.save_checkpoint(self._out / RESUME)
        if trainer.is_global_zero:
            self._write_tables()
            if self._progress is not None:
                self._progress.epoch(epoch)
            self._report_if_stopped()

    @property
    def stopped_early(self) -> bool:
        """Whether training ended before the last epoch because the patience was exhausted."""
        settings = self._config.training
        return len(self.history) < settings.epochs and history.patience_exhausted(self.history, settings.patience)

    def begin(self) -> None:
        """Update the tables and report the completed epochs."""
        if self.history:
            self._write_tables()
        if self._progress is not None:
            self._progress.start(self._config.training.epochs, len(self.history))
        self._report_if_stopped()

    def _measured(self, trainer: pl.Trainer, sums: Mapping[str, float]) -> Epoch:
        def mean(split: str, quantity: str, per: str = "samples") -> float:
            # Nothing per nothing is nothing: labels that do not vary, or no labels at all.
            return sums[f"{split}_{quantity}"] / (sums[f"{split}_{per}"] or 1.0)

        return Epoch(
            epoch=trainer.current_epoch + 1,
            loss=mean("train", "loss", "weight"),
            accuracy=mean("train", "gain", "potential"),
            rate=mean("train", "rate"),
            validation_loss=mean("validation", "loss", "weight"),
            validation_accuracy=mean("validation", "gain", "potential"),
            synops=mean("validation", "synops"),
            learning_rate=trainer.optimizers[0].param_groups[0]["lr"],
            seconds=time.perf_counter() - self._started,
            score=self._score,
        )

    @property
    def _kept(self) -> Epoch | None:
        """The epoch whose weights the run ends with so far."""
        return history.kept(self.history, self._config.training.keep)

    def _write_tables(self) -> None:
        """Write ``history.csv``, and add the results of training to ``metrics.json``."""
        history.write_csv(self._out / "history.csv", self.history)
        best = self._kept
        path = self._out / "metrics.json"
        if best is None:
            return
        metrics = {
            "task": self._config.task.name,
            "seed": self._config.training.seed,
            "epochs": len(self.history),
            "stopped_early": self.stopped_early,
            "best_epoch": best.epoch,
            f"validation_{best.score}": best.validation_accuracy,
            "validation_loss": best.validation_loss,
            "rate": best.rate,
            "synops": best.synops,
            "training_seconds": sum(epoch.seconds for epoch in self.history),
        }
        files.add_json(path, metrics)

    def _report_if_stopped(self) -> None:
        best = self._kept
        if self._progress is not None and best is not None and self.stopped_early:
            self._progress.stopped(len(self.history), best.epoch)
