"""The training loop."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import torch
from lightning.pytorch.callbacks import LambdaCallback

from lava_ahp import files
from lava_ahp.encoders import Encoder
from lava_ahp.errors import DataError
from lava_ahp.files.parsing import parse_json, parsing
from lava_ahp.models import Model
from lava_ahp.slayer import kernels
from lava_ahp.slayer.kernels.denormals import denormals_as_zero
from lava_ahp.targets import ClassOfSample, Target
from lava_ahp.training import checkpoint, checksums, curves, processes
from lava_ahp.training.batches import Draw, Part, Split, of_epoch
from lava_ahp.training.config import TrainConfig
from lava_ahp.training.history import Epoch, Progress
from lava_ahp.training.module import Training
from lava_ahp.training.record import RESUME, AtomicIO, Record, read_resume

Device = Literal["cpu", "cuda", "auto"]


def fit(
    config: TrainConfig,
    *,
    train: Draw,
    validation: Split,
    classes: int,
    readout_steps: int,
    out: Path,
    class_weights: npt.NDArray[np.float64] | None = None,
    target: Target | None = None,
    encoder: Encoder | None = None,
    first: Model | None = None,
    resume: bool = False,
    device: Device = "auto",
    devices: int = 1,
    nodes: int = 1,
    progress: Progress | None = None,
) -> list[Epoch]:
    """Train a model into a run folder, or resume an interrupted run.

    The folder gets ``config.toml``, ``model.safetensors`` (weights of the best epoch so far), ``last.safetensors``,
    ``resume.ckpt``, ``history.csv`` and ``metrics.json`` after every epoch, each written atomically, and curves for
    TensorBoard.  A run that was killed and resumed ends with the weights of an uninterrupted one.

    Several processes share every batch and compute what one process would: the same integers, loss and gradients, up to
    the rounding of sums.  The number of processes may change when a run is resumed.

    Args:
        config: configuration of the run.
        train: makes the training split of an epoch; called once per epoch with a generator seeded from seed and epoch,
            and once before for a model that fits initial parameters to the data.  The split holds what the model reads.
        validation: the validation split.
        classes: number of readouts.
        readout_steps: number of steps at the end of each sample over which the readout is averaged; 1 for an LSTM.
        out: the run folder.
        class_weights: ``float64 (class,)``, factor of the loss of a sample by its class; None for 1.
        target: what the model is asked for; None for the class of each sample.
        encoder: the encoder of the task; needed for a model that reads stories.
        first: a trained model with the initial weights of a new run; None for random weights.
        resume: resume the run in the folder, or start one if there is none; False to start over.
        device: where to train; ``auto`` takes a GPU if there is one.
        devices: processes per node, each with its own GPU or its share of the CPU cores.
        nodes: number of computers.  Each of them calls this function with the same, shared run folder.
        progress: receives progress reports.

    Returns:
        All epochs, including those before an interruption.

    Raises:
        DataError: data that do not fit the configuration, a folder with another run, or nodes without a common address.
        BackendUnavailable: missing GPUs, or another process that ended.
    """
    target = target or ClassOfSample()
    _check(config, validation, classes, readout_steps, target)
    if class_weights is not None and class_weights.shape != (classes,):
        raise DataError(f"class weights: found shape {class_weights.shape}, allowed ({classes},)")
    record = Record(config, out, progress, target.score)
    state = out / RESUME
    resumes = resume and state.is_file()
    if resumes:
        _restore(record, config, state)
    done = len(record.history)
    where = processes.options(device, devices, nodes)
    with _quiet(), processes.interruptible(), _explaining_a_full_disk(), denormals_as_zero(), ExitStack() as threads:
        start = LambdaCallback(
            # Lightning has now divided the cores among the processes.
            setup=lambda *_, **__: threads.enter_context(kernels.cpu.torch_on_one_thread()),
            on_train_start=processes.end_at_sigterm,
        )
        trainer = pl.Trainer(
            **{**where, "plugins": [AtomicIO(), *where["plugins"]]},
            max_epochs=config.training.epochs,
            gradient_clip_val=config.training.gradient_clip,
            reload_dataloaders_every_n_epochs=1,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=out,
            callbacks=[start, record],
        )
        processes.check_address(trainer)
        if trainer.is_global_zero:
            _begin(record, config, out, resumes)
        if done < config.training.epochs and not record.stopped_early:
            generator = torch.Generator().manual_seed(config.training.seed)
            model = config.model.build(validation.channels, classes, generator, encoder)
            if first is not None:
                model.start_from(first)
            elif not done:
                # The whole batch, so that all processes and any number of them find the same.
                model.calibrate(lambda: next(iter(of_epoch(train, config.training, 0, Part()))).read)
            module = Training(model, config.training, train, validation, readout_steps, class_weights, target)
            with processes.ending_together(trainer):
                trainer.fit(module, ckpt_path=state if done else None)
    return record.history


def _check(config: TrainConfig, validation: Split, classes: int, readout_steps: int, target: Target) -> None:
    if len(validation) == 0:
        raise DataError("validation split: found no samples, allowed 1 or more")
    target.check(validation.labels, classes)
    if config.training.input_dropout and config.model.reads != "spikes":
        raise DataError(f"training.input_dropout: allowed 0 for model {config.model.kind}, which reads no spikes")
    if not target.every_step and not 1 <= readout_steps <= validation.readouts:
        raise DataError(f"readout_steps: found {readout_steps} steps, allowed 1..{validation.readouts}")


def _begin(record: Record, config: TrainConfig, out: Path, resumes: bool) -> None:
    """Prepare the run folder."""
    if not resumes:
        for stale in (RESUME, checkpoint.BEST, checkpoint.LAST):
            (out / stale).unlink(missing_ok=True)
        curves.forget(out)
    config.write(out / "config.toml")
    record.begin()


def _restore(record: Record, config: TrainConfig, state: Path) -> None:
    """Read the history of an interrupted run with the same configuration."""
    for path in (state, state.parent / checkpoint.BEST):
        checksums.check(path)
    content = read_resume(state)
    with parsing(str(state), "not the state of a run of this version", "remove it and train again"):
        found = content["callbacks"][record.state_key]
        values = parse_json(found["config"], str(state), fix="remove it and train again")
        # A setting of the task that is newer than the run has its default in both.
        values = {**values, "task": {**config.task.model_dump(mode="json"), **values["task"]}}
        theirs = TrainConfig.of(values, str(state))
        record.load_state_dict(found)
    different = config.differences(theirs)
    if different:
        raise DataError(
            f"{state.parent}: a resumed run keeps its configuration ({different[0]}); "
            "resume without changes, or train into another folder"
        )


@contextmanager
def _explaining_a_full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in files.FULL:
            raise
        raise DataError(
            f"{error.filename}: cannot be written ({error.strerror}); free some space and continue with train --resume"
        ) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Lightning's banners, tips and hints, which do not concern users of this package."""
    loggers = [logging.getLogger(name) for name in ("lightning", "lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\.")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
