"""Run a network on a task and score its answers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp import backends, tasks
from lava_ahp.errors import DataError
from lava_ahp.network import Activity, Network, Trace
from lava_ahp.report.progress import Reporter, reporter
from lava_ahp.targets import ClassScores, Scores
from lava_ahp.tasks import Task
from lava_ahp.workflow.encoding import Batch, encode
from lava_ahp.workflow.indices import Indices
from lava_ahp.workflow.runs import Run, open_network


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Result of a run over samples of a task.

    Attributes:
        batch: the samples.
        backend: where they ran.
        predictions: answers in the form of the labels, by default the class found for each, ``int64 (sample,)``.
        seconds: wall clock.
        trace: readouts, counts and whatever else was kept.
    """

    batch: Batch
    backend: str
    predictions: npt.NDArray[Any]
    seconds: float
    trace: Trace

    @property
    def labels(self) -> npt.NDArray[Any]:
        """Labels, by default true classes ``int64 (sample,)``."""
        return self.batch.labels

    @property
    def indices(self) -> npt.NDArray[np.int64]:
        """Positions of the samples in their split, ``int64 (sample,)``."""
        return self.batch.indices

    @cached_property
    def scores(self) -> Scores:
        """How good the answers are."""
        return self.batch.task.target.scores(self.labels, self.predictions, self.batch.task.class_names)

    @property
    def correct(self) -> int:
        """Number of samples (or of labelled steps) whose class was found.

        Raises:
            DataError: a task of values.
        """
        return self._classes.correct

    @property
    def accuracy(self) -> float:
        """Share of samples (or of labelled steps) whose class was found, ``0..1``.

        Raises:
            DataError: a task of values.
        """
        return self._classes.accuracy

    @property
    def _classes(self) -> ClassScores:
        found = self.scores
        if not isinstance(found, ClassScores):
            raise DataError(f"task {self.batch.task.name}: values have no accuracy; see scores")
        return found

    @property
    def by_group(self) -> dict[str, float]:
        """Share of right answers of each group of the task that occurs, ``0..1``; empty for a task without groups."""
        task = self.batch.task
        if task.groups is None or self.predictions.ndim > 1:
            return {}
        groups, right = task.groups[self.batch.split][self.indices], self.predictions == self.labels
        return {name: float(right[groups == k].mean()) for k, name in enumerate(task.group_names) if k in groups}

    def to_json(self) -> dict[str, Any]:
        """The keys of ``run --json``."""
        steps, target = float(self.batch.events.steps.mean()), self.batch.task.target
        # The task may have longer samples than those at hand.
        wide = self.labels.ndim == 2
        return {
            "task": self.batch.task.name,
            "split": self.batch.split,
            "backend": self.backend,
            "samples": len(self.labels),
            **self.scores.to_json(),
            **({"groups": self.by_group} if self.by_group else {}),
            "predictions": target.to_json(self.predictions),
            "labels": target.to_json(self.labels[:, : self.predictions.shape[1]] if wide else self.labels),
            "indices": self.indices.tolist(),
            "steps_per_sample": steps,
            "seconds": self.seconds,
            "steps_per_second": steps * len(self.labels) / self.seconds,
        }

    def __repr__(self) -> str:
        count, groups = len(self.labels), self.by_group
        of_groups = ", ".join(f"{name} {100 * share:.1f} %" for name, share in groups.items())
        return (
            f"{self.batch.task.name} {self.batch.split}: {self.scores.summary()} "
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
        y: labels of every sample, by default classes ``(sample,)``, with ``x``.
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
    predictions = batch.task.target.answers(trace.readout[:, -readout_steps:], trace.steps)
    return Evaluation(batch, backend, predictions, seconds, trace)


def joined(whole: Batch, parts: list[Evaluation]) -> Evaluation:
    """One evaluation of consecutive parts of a batch, with the readout steps of the task and without rasters."""
    traces, readout_steps = [part.trace for part in parts], whole.task.readout_steps
    # A part whose samples are all shorter may have fewer steps.
    last = [t.readout[:, -readout_steps:] for t in traces]
    trace = Trace(
        steps=whole.events.steps,
        readout=np.concatenate([np.pad(x, ((0, 0), (readout_steps - x.shape[1], 0), (0, 0))) for x in last]),
        counts={name: np.concatenate([t.counts[name] for t in traces]) for name in traces[0].counts},
        activity=Activity.joined([t.activity for t in traces if t.activity is not None]),
    )
    predictions = whole.task.target.stacked([part.predictions for part in parts])
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
