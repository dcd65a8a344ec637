"""The LSTM of a task, measured on this machine."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lava_ahp.errors import BackendUnavailable, DataError
from lava_ahp.profiler.measurement import Accuracy, Baseline
from lava_ahp.tasks import Task
from lava_ahp.workflow.runs import Run
from lava_ahp.workflow.versions import versions

if TYPE_CHECKING:
    from lava_ahp.models import LSTMClassifier
    from lava_ahp.training import Progress


def measure_lstm(
    task: Task | None,
    *,
    command: str,
    run: Run | None = None,
    device: str = "auto",
    batches: Sequence[int] | None = None,
    seconds: float = 2.0,
    say: Callable[[str], None] | None = None,
) -> Baseline:
    """Latency and energy over batch sizes; accuracy too where it has been trained.

    Latency and energy do not depend on the weights, so that an untrained LSTM shows them as well as a trained one.

    Args:
        task: whose signals it reads; None where there is no data.
        command: what the user typed.
        run: folder of a trained one; None for an untrained one, whose accuracy stays unknown.
        device: ``cpu``, ``cuda`` or ``auto``.
        batches: batch sizes; by default powers of two up to 1024.
        seconds: at each size.
        say: called with one line per size.

    Raises:
        DataError: no task, or a run of another model or task.
        BackendUnavailable: no torch, or no such device.
    """
    task = _needed(task)
    try:
        import torch
    except ModuleNotFoundError:
        raise BackendUnavailable("baseline lstm: torch is not installed; pip install 'lava-ahp[train]'") from None
    from lava_ahp import baseline

    where = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if where == "cuda" and not torch.cuda.is_available():
        raise BackendUnavailable("baseline lstm: torch finds no CUDA device here; leave --device out")
    x = torch.from_numpy(task.sequences("test")[:1024])
    model = _untrained(task, x.shape[2]) if run is None else _trained(run, task, x.shape[2])
    rows = baseline.measure(
        model.to(where).eval(),
        x.transpose(1, 2),
        meter=baseline.meter(where),
        batches=baseline.BATCHES if batches is None else batches,
        seconds=seconds,
        say=say,
    )
    name = torch.cuda.get_device_name(0) if where == "cuda" else _processor()
    found = {} if run is None else run.tested()
    return Baseline(
        what="baseline",
        name=f"LSTM-{model.config.hidden}, {where} here",
        model=f"LSTM-{model.config.hidden} (torch, step by step, float32)",
        task=task.name,
        steps=x.shape[1],
        device=name,
        accuracy=Accuracy(value=found["test_accuracy"], samples=found["test_samples"]) if found else None,
        rows=tuple(rows),
        source=f"measured by: {command}",
        kind="measured",
        machine=_machine(where),
        versions={name: v for name, v in versions().items() if v is not None},
        date=datetime.now(timezone.utc).strftime("%Y-%m-%d"),
    )


def train_lstm(
    task: Task | None,
    run: Run,
    *,
    epochs: int,
    device: Literal["cpu", "cuda", "auto"],
    command: str,
    progress: Progress | None = None,
) -> None:
    """Train the LSTM of a task, or go on where an earlier run was interrupted.

    Args:
        task: whose signals it reads; None where there is no data.
        run: its folder.
        epochs: how many in all.
        device: where.
        command: what the user typed.
        progress: what follows the training.

    Raises:
        DataError: no task, or a folder that holds another run.
        BackendUnavailable: the device is not there.
    """
    from lava_ahp.training import TrainConfig
    from lava_ahp.workflow import train

    task = _needed(task)
    config = TrainConfig.make(task.name, model="lstm", overrides=[f"training.epochs={epochs}"])
    train.train(train.Plan(config, task), run, resume=True, device=device, command=command, progress=progress)


def _needed(task: Task | None) -> Task:
    if task is None:
        raise DataError("baseline lstm: needs the task's data; give it with --data")
    return task


def _untrained(task: Task, channels: int) -> LSTMClassifier:
    import torch

    from lava_ahp.models import LSTMClassifier, LSTMConfig

    return LSTMClassifier(LSTMConfig(), channels, task.classes, torch.Generator().manual_seed(0))


def _trained(run: Run, task: Task, channels: int) -> LSTMClassifier:
    from lava_ahp import training
    from lava_ahp.models import LSTMClassifier

    model = training.load_model(run.folder)
    trained_for = (run.read_task() or {}).get("name"), model.channels, model.classes
    if not isinstance(model, LSTMClassifier) or trained_for != (task.name, channels, task.classes):
        raise DataError(
            f"{run.folder}: holds no LSTM of task {task.name}; "
            f"train one (lava-ahp train --model lstm --task {task.name} --out DIR)"
        )
    return model


def _machine(device: str) -> dict[str, str]:
    import torch

    found = {"system": f"{platform.system()} {platform.machine()}", "processor": _processor()}
    found["threads"] = str(torch.get_num_threads())
    if device == "cuda":
        found["gpu"] = torch.cuda.get_device_name(0)
        found["cuda"] = str(torch.version.cuda)
        found["cudnn"] = str(torch.backends.cudnn.version())
        driver = Path("/proc/driver/nvidia/version")
        if driver.is_file():
            found["driver"] = driver.read_text(encoding="utf-8").splitlines()[0]
    return found


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
