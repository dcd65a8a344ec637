"""Run a network on a task and count the samples that it classifies correctly."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp import backends, tasks
from lava_ahp.encoders import Encoder
from lava_ahp.errors import DataError, DataWarning
from lava_ahp.network import Activity, Events, Network, Trace, classify
from lava_ahp.report.progress import Reporter, reporter
from lava_ahp.tasks import Task
from lava_ahp.workflow.indices import Indices, positions
from lava_ahp.workflow.runs import Run, open_network


@dataclass(frozen=True, eq=False)
class Batch:
    """Samples of a task's split, encoded once.

    Attributes:
        task: where they come from.
        split: of the task.
        indices: their positions in the split, ``int64 (sample,)``.
        events: their spikes.
        labels: their classes, ``int64 (sample,)``.
    """

    task: Task
    split: str
    indices: npt.NDArray[np.int64]
    events: Events
    labels: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.labels)

    def part(self, first: int, last: int) -> Batch:
        """The samples ``first..last - 1``."""
        return self.select(np.arange(first, last))

    def select(self, kept: npt.NDArray[np.int64]) -> Batch:
        """The samples at some positions of the batch, ``int64 (sample,)``."""
        return Batch(self.task, self.split, self.indices[kept], self.events.select(kept), self.labels[kept])


def encode(task: Task, split: str = "test", samples: int | None = None, indices: Indices | None = None) -> Batch:
    """Encode samples of a split.

    Warns with a :class:`lava_ahp.errors.DataWarning` if their values are far from the thresholds of the encoder.

    Args:
        task: where they come from.
        split: ``train``, ``validation`` or ``test``.
        samples: the first so many; None for all.
        indices: positions in the split instead, or a file of them.

    Raises:
        DataError: an unknown split, or samples outside it.
    """
    size = task.size(split)
    if indices is not None:
        index = positions(indices)
    elif samples is not None and samples > size:
        raise DataError(f"samples: found {samples}, {task.name} {split} has {size}")
    else:
        index = np.arange(size if samples is None else samples)
    chosen = task.split(split, index)
    warn_of_misfit(task.encoder, task.signals[split][index], f"{task.name} {split} data")
    return Batch(task, split, index, chosen.events, chosen.labels)


def warn_of_misfit(encoder: Encoder, signals: npt.NDArray[Any], name: str) -> None:
    """Warn with a :class:`lava_ahp.errors.DataWarning` if signals are far from the thresholds of an encoder.

    Args:
        encoder: the encoder of a network.
        signals: what it will encode.
        name: what the signals are, in the plural.
    """
    found = encoder.misfit(signals)
    if found is not None:
        warnings.warn(
            f"{name} are far from those that the network was fitted to: {found}; "
            "check units, offsets and the order of channels",
            DataWarning,
            stacklevel=4,
        )


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Result of a run over samples of a task.

    Attributes:
        batch: the samples.
        backend: where they ran.
        predictions: class found for each, ``int64 (sample,)``.
        seconds: wall clock.
        trace: readouts, counts and whatever else was kept.
    """

    batch: Batch
    backend: str
    predictions: npt.NDArray[np.int64]
    seconds: float
    trace: Trace

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """True classes, ``int64 (sample,)``."""
        return self.batch.labels

    @property
    def indices(self) -> npt.NDArray[np.int64]:
        """Positions of the samples in their split, ``int64 (sample,)``."""
        return self.batch.indices

    @property
    def correct(self) -> int:
        """Number of samples whose class was found."""
        return int((self.predictions == self.labels).sum())

    @property
    def accuracy(self) -> float:
        """Share of samples whose class was found, ``0..1``."""
        return self.correct / len(self.labels)

    @property
    def by_group(self) -> dict[str, float]:
        """Share of right answers of each group of the task that occurs, ``0..1``; empty for a task without groups."""
        task = self.batch.task
        if task.groups is None:
            return {}
        groups, right = task.groups[self.batch.split][self.indices], self.predictions == self.labels
        return {name: float(right[groups == k].mean()) for k, name in enumerate(task.group_names) if k in groups}

    def to_json(self) -> dict[str, Any]:
        """The keys of ``run --json``."""
        steps = float(self.batch.events.steps.mean())
        return {
            "task": self.batch.task.name,
            "split": self.batch.split,
            "backend": self.backend,
            "samples": len(self.labels),
            "accuracy": self.accuracy,
            **({"groups": self.by_group} if self.by_group else {}),
            "predictions": self.predictions.tolist(),
            "labels": self.labels.tolist(),
            "indices": self.indices.tolist(),
            "steps_per_sample": steps,
            "seconds": self.seconds,
            "steps_per_second": steps * len(self.labels) / self.seconds,
        }

    def __repr__(self) -> str:
        count, groups = len(self.labels), self.by_group
        of_groups = ", ".join(f"{name} {100 * share:.1f} %" for name, share in groups.items())
        return (
            f"{self.batch.task.name} {self.batch.split}: {self.correct} of {count} right, {100 * self.accuracy:.2f} % "
            f"({self.backend}, {self.seconds:.2f} s, {1e3 * self.seconds / count:.3g} ms per sample)"
        ) + (f"\n{of_groups}" if len(groups) > 1 else "")


def evaluate(
    network: Network | Run | str | os.PathLike[str],
    x: Any = None,
    y: Any = None,
    *,
    task: str | Task | None = None,
    data: str | os.PathLike[str] | None = None,
    split: str = "test",
    samples: int | None = None,
    indices: Indices | None = None,
    backend: str = "fast",
    progress: bool | Reporter = False,
) -> Evaluation:
    """Run a network on a task, or on labelled signals of your own.

    Args:
        network: a network, the path of its file, or the run or run folder that holds one.
        x: signals ``(sample, time, channel)``, encoded as the network was trained; None for the task's own data.
        y: class of every sample, ``(sample,)``, with ``x``.
        task: by default the task that the network was trained for.
        data: directory or file of the task's data.
        split: ``train``, ``validation`` or ``test``.
        samples: only the first so many.
        indices: only these positions in the split, or a file of them.
        backend: a name of :data:`lava_ahp.backends.BACKENDS`.
        progress: True shows progress on stderr.

    Raises:
        DataError: data that do not fit the network, or samples outside the split.
        BackendUnavailable: the backend is not installed.

    Example:
        >>> lava_ahp.evaluate("netx_exports/smnist_ahp240.net", data="mnist").accuracy  # doctest: +SKIP
    """
    backends.get(backend)
    net = open_network(network)
    batch = encode(task_for(net, x, y, task=task, data=data), split, samples, indices)
    with reporter(progress).counting(backend, len(batch)) as advance:
        return run_batch(net, batch, backend, progress=advance)


def run_batch(
    network: Network,
    batch: Batch,
    backend: str,
    *,
    progress: Callable[[int], None] | None = None,
    **keep: Any,
) -> Evaluation:
    """Run encoded samples in a backend.

    Args:
        network: what to run.
        batch: the samples.
        backend: its name.
        progress: called with the number of samples just finished.
        keep: ``rasters``, ``states`` and ``readout_steps`` of the backend; by default the task's readout steps.
    """
    engine = backends.get(backend)
    readout_steps = batch.task.readout_steps
    start = time.perf_counter()
    trace = engine(network, batch.events, **{"readout_steps": readout_steps, "progress": progress, **keep})
    seconds = time.perf_counter() - start
    return Evaluation(batch, backend, classify(trace.readout[:, -readout_steps:]), seconds, trace)


def joined(whole: Batch, parts: list[Evaluation]) -> Evaluation:
    """One evaluation of consecutive parts of a batch, with the readout steps of the task and without rasters."""
    traces = [part.trace for part in parts]
    trace = Trace(
        steps=whole.events.steps,
        readout=np.concatenate([t.readout[:, -whole.task.readout_steps :] for t in traces]),
        counts={name: np.concatenate([t.counts[name] for t in traces]) for name in traces[0].counts},
        activity=Activity.joined([t.activity for t in traces if t.activity is not None]),
    )
    predictions = np.concatenate([part.predictions for part in parts])
    return Evaluation(whole, parts[0].backend, predictions, sum(part.seconds for part in parts), trace)


def task_for(
    network: Network,
    x: Any = None,
    y: Any = None,
    *,
    task: str | Task | None = None,
    data: str | os.PathLike[str] | None = None,
) -> Task:
    """The task that a caller names, or the one that a network was trained for, with the network's encoder.

    Args:
        network: what will run.
        x: signals of one's own, which become the test split; None for the task's data.
        y: their classes.
        task: name of the task, or the task itself.
        data: directory or file of its data.

    Raises:
        DataError: no task is known, or the network was trained for another one, or the data do not fit the network.
    """
    trained_for = network.task.get("name")
    if x is not None:
        if y is None:
            raise DataError("y: missing; give the class of every sample of x")
        described = tasks.Described.read(network.task)
        name = trained_for if isinstance(trained_for, str) else "of your own"
        found = tasks.from_arrays(x, y, name=name, split=["test"] * len(y), described=described)
    elif isinstance(task, Task):
        found = task
    else:
        if task is None and trained_for is None:
            raise DataError(f"network: names no task; give one with --task ({', '.join(tasks.names())})")
        if task is not None and trained_for is not None and task != trained_for:
            raise DataError(f"task: found {task}, the network was trained for {trained_for}; leave --task out")
        found = tasks.load_task(str(task or trained_for), None if data is None else Path(data), network.task)
    if network.input.size != found.channels:
        raise DataError(f"network input: {network.input.size} channels, task {found.name} gives {found.channels}")
    if network[network.output].size != found.classes:
        raise DataError(
            f"network output: {network[network.output].size} readouts, task {found.name} has {found.classes}"
        )
    return found
