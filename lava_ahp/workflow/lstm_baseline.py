"""The LSTM of a task, trained and measured on this machine for comparison."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from lava_ahp.errors import BackendUnavailable, DataError
from lava_ahp.profiler.measurement import Accuracy, Baseline
from lava_ahp.report.progress import Reporter
from lava_ahp.tasks import Task
from lava_ahp.workflow.planning import Plan, plan, splits
from lava_ahp.workflow.runs import Run
from lava_ahp.workflow.training_run import Device, train
from lava_ahp.workflow.versions import versions

if TYPE_CHECKING:
    from lava_ahp.models import Model

#: What a user asks for to get the LSTM of a task.
KIND = "lstm"


@dataclass(frozen=True)
class LSTMBaseline:
    """How to measure the LSTM of a task.

    Latency and energy do not depend on the weights: an untrained LSTM shows them as well as a trained one.

    Attributes:
        run: folder of a trained LSTM; None for an untrained one, whose accuracy stays unknown.
        epochs: train it into ``run`` first, or resume its training, for so many epochs in all.
        device: ``cpu``, ``cuda`` or ``auto``.
        batches: batch sizes; None for powers of two up to 1024.
        seconds: time to measure at each batch size.
    """

    run: str | os.PathLike[str] | None = None
    epochs: int | None = None
    device: Device = "auto"
    batches: Sequence[int] | None = None
    seconds: float = 2.0


def measure_lstm(task: Task | None, options: LSTMBaseline, *, command: str, report: Reporter) -> Baseline:
    """Latency and energy over batch sizes, and accuracy if the LSTM has been trained.

    Args:
        task: whose signals it reads; None if there are no data.
        options: how to measure.
        command: what the user typed.
        report: shows progress.

    Raises:
        DataError: no task, or a run of another model or task.
        BackendUnavailable: torch or the device is missing.
    """
    if task is None:
        raise DataError("baseline lstm: needs the task's data; give it with --data")
    try:
        import torch
    except ModuleNotFoundError:
        raise BackendUnavailable("baseline lstm: torch is not installed; pip install 'lava-ahp[train]'") from None
    from lava_ahp import baseline

    device = options.device
    where = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if where == "cuda" and not torch.cuda.is_available():
        raise BackendUnavailable("baseline lstm: torch finds no CUDA device here; leave --device out")
    run = None if options.run is None else Run.at(options.run)
    if run is not None and options.epochs is not None:
        settings = {"training.epochs": options.epochs}
        train(task, out=run.folder, model=KIND, settings=settings, resume=True, device=device, command=command,
              progress=report)  # fmt: skip
    planned = plan(task, model=KIND)
    read, _ = splits(planned)
    test = read("test", None)
    x = test.select(range(min(1024, len(test)))).tensor()
    model = _untrained(planned, test.channels) if run is None else _trained(run, planned, test.channels)
    rows = baseline.measure_model(
        model.to(where).eval(),
        x,
        meter=baseline.meter_for(where),
        batches=baseline.BATCHES if options.batches is None else options.batches,
        seconds=options.seconds,
        say=report.say,
    )
    device_name = torch.cuda.get_device_name(0) if where == "cuda" else _processor()
    found = {} if run is None else run.tested()
    right = found.get("test_accuracy")
    return Baseline(
        what="baseline",
        name=f"{model.config.title}, {where} here",
        model=f"{model.config.title} (torch, step by step, float32)",
        task=task.name,
        steps=x.shape[2],
        device=device_name,
        accuracy=None if right is None else Accuracy(value=right, samples=found["test_samples"]),
        rows=tuple(rows),
        source=f"measured by: {command}",
        kind="measured",
        machine=_machine(where),
        versions={name: v for name, v in versions().items() if v is not None},
        date=datetime.now(timezone.utc).strftime("%Y-%m-%d"),
    )


def _untrained(plan: Plan, channels: int) -> Model:
    import torch

    task = plan.task
    return plan.config.model.build(channels, task.classes, torch.Generator().manual_seed(0), task.encoder)


def _trained(run: Run, plan: Plan, channels: int) -> Model:
    from lava_ahp import training

    task, model = plan.task, training.load_model(run.folder)
    found = (model.config.kind, (run.read_task() or {}).get("name"), model.channels, model.classes)
    if found != (plan.config.model.kind, task.name, channels, task.classes):
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
        found["cudnn"] = str(torch.backends.cudnn.version())  # type: ignore[no-untyped-call]
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
