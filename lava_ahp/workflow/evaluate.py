"""Run a network on a task and count what it gets right."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp import backends, tasks
from lava_ahp.errors import DataError
from lava_ahp.network import Network, Trace, classify

#: ``counting(title, total)`` is a context that yields a function to call with the number of items just finished.
Counting = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Result of a run over samples of a task; ``indices`` are positions in the split."""

    task: str
    split: str
    backend: str
    predictions: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int64]
    steps_per_sample: float
    seconds: float
    trace: Trace

    @property
    def correct(self) -> int:
        """Samples whose class was found."""
        return int((self.predictions == self.labels).sum())

    @property
    def accuracy(self) -> float:
        """Share of samples whose class was found, ``0..1``."""
        return self.correct / len(self.labels)

    def to_json(self) -> dict[str, Any]:
        """The keys of ``run --json``."""
        return {
            "task": self.task,
            "split": self.split,
            "backend": self.backend,
            "samples": len(self.labels),
            "accuracy": self.accuracy,
            "predictions": self.predictions.tolist(),
            "labels": self.labels.tolist(),
            "indices": self.indices.tolist(),
            "steps_per_sample": self.steps_per_sample,
            "seconds": self.seconds,
            "steps_per_second": self.steps_per_sample * len(self.labels) / self.seconds,
        }


def task_of(network: Network, name: str | None, data: Path | None) -> tasks.Task:
    """The task that the caller names, or else the one that the network was trained for, in the network's code.

    Raises:
        DataError: no task is named, or the network was trained for another one, or its channels do not fit.
    """
    trained_for = network.task.get("name")
    if name is None and trained_for is None:
        raise DataError(f"network: names no task; give one with --task ({', '.join(tasks.TASKS)})")
    if name is not None and trained_for is not None and name != trained_for:
        raise DataError(f"task: found {name}, the network was trained for {trained_for}; leave --task out")
    task = tasks.load_task(str(name or trained_for), data, network.task)
    if network.input.size != task.channels:
        raise DataError(f"network input: {network.input.size} channels, task {task.name} gives {task.channels}")
    if network[network.output].size != task.classes:
        raise DataError(f"network output: {network[network.output].size} readouts, task {task.name} has {task.classes}")
    return task


def choose(task: tasks.Task, split: str, samples: int | None, indices: npt.ArrayLike | None) -> npt.NDArray[Any]:
    """Positions in a split: the ones given, the first ``samples``, or all."""
    size = task.size(split)
    if indices is not None:
        return np.asarray(indices, dtype=np.int64)
    if samples is not None and samples > size:
        raise DataError(f"samples: found {samples}, {task.name} {split} has {size}")
    return np.arange(size if samples is None else samples)


def evaluate(
    network: Network,
    task: tasks.Task,
    *,
    backend: str,
    split: str = "test",
    samples: int | None = None,
    indices: npt.ArrayLike | None = None,
    progress: Callable[[int], None] | None = None,
    **keep: Any,
) -> Evaluation:
    """Run samples of a split in a backend.

    Args:
        network: what to run.
        task: its data, code and readout.
        backend: one of :data:`lava_ahp.backends.BACKENDS`.
        split: ``train``, ``validation`` or ``test``.
        samples: the first so many; None for all.
        indices: positions in the split instead.
        progress: called with the number of samples just finished.
        keep: ``rasters`` and ``states`` of the backend's protocol.

    Raises:
        DataError: an unknown split or samples outside it.
        BackendUnavailable: the backend is not there.
    """
    engine = backends.get(backend)
    index = choose(task, split, samples, indices)
    batch = task.split(split, index)
    start = time.perf_counter()
    trace = engine(network, batch.events, **{"readout_steps": task.readout_steps, "progress": progress, **keep})
    seconds = time.perf_counter() - start
    return Evaluation(
        task=task.name,
        split=split,
        backend=backend,
        predictions=classify(trace.readout[:, -task.readout_steps :]),
        labels=batch.labels,
        indices=index,
        steps_per_sample=float(batch.events.steps.mean()),
        seconds=seconds,
        trace=trace,
    )
