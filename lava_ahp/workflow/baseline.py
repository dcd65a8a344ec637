"""The LSTM of a task, measured on this machine."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from lava_ahp.errors import BackendUnavailable, DataError
from lava_ahp.profiler.measurement import Accuracy, Baseline
from lava_ahp.tasks import Task
from lava_ahp.workflow.versions import versions


def measure_lstm(
    task: Task | None,
    *,
    command: str,
    device: str = "auto",
    batches: Sequence[int] | None = None,
    seconds: float = 2.0,
    epochs: int = 0,
    say: Callable[[str], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Baseline:
    """Latency and energy over batch sizes; accuracy too where it is trained.

    Latency and energy do not depend on the weights, so that an untrained LSTM shows them as well as a trained one.

    Args:
        task: whose signals it reads; None where there is no data.
        command: what the user typed.
        device: ``cpu``, ``cuda`` or ``auto``.
        batches: batch sizes; by default powers of two up to 1024.
        seconds: at each size.
        epochs: of training before; with 0 the accuracy stays unknown.
        say: called with one line per size.
        progress: called with the number of training samples just finished.

    Raises:
        DataError: no task.
        BackendUnavailable: no torch, or no such device.
    """
    if task is None:
        raise DataError("baseline lstm: needs the task's data; give it with --data")
    try:
        import torch
    except ModuleNotFoundError:
        raise BackendUnavailable("baseline lstm: torch is not installed; pip install 'lava-ahp[train]'") from None
    from lava_ahp import baseline
    from lava_ahp.baseline import lstm

    where = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if where == "cuda" and not torch.cuda.is_available():
        raise BackendUnavailable("baseline lstm: torch finds no CUDA device here; leave --device out")
    torch.manual_seed(0)
    x = {split: torch.from_numpy(task.sequences(split)) for split in ("train", "test")}
    model = baseline.LSTM(task.classes, channels=x["test"].shape[2]).to(where).eval()
    accuracy = None
    if epochs:
        baseline.fit(model, x["train"], task.labels["train"], epochs=epochs, progress=progress)
        right = baseline.accuracy(model, x["test"], task.labels["test"])
        accuracy = Accuracy(value=right, samples=len(task.labels["test"]))
    rows = baseline.measure(
        model,
        x["test"][:1024],
        meter=baseline.meter(where),
        batches=baseline.BATCHES if batches is None else batches,
        seconds=seconds,
        say=say,
    )
    name = torch.cuda.get_device_name(0) if where == "cuda" else _processor()
    return Baseline(
        what="baseline",
        name=f"LSTM-{lstm.HIDDEN}, {where} here",
        model=f"LSTM-{lstm.HIDDEN} (torch, step by step, float32)",
        task=task.name,
        steps=x["test"].shape[1],
        device=name,
        accuracy=accuracy,
        rows=tuple(rows),
        source=f"measured by: {command}",
        kind="measured",
        machine=_machine(where),
        versions={name: v for name, v in versions().items() if v is not None},
        date=datetime.now(timezone.utc).strftime("%Y-%m-%d"),
    )


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
