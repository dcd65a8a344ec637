"""The samples that a profile is made of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp import targets
from lava_ahp.errors import DataError
from lava_ahp.network import Events, Golden, Network
from lava_ahp.targets import ClassOfSample, Scores, Target
from lava_ahp.tasks import Task
from lava_ahp.workflow.encoding import Batch, encode
from lava_ahp.workflow.evaluation import task_for
from lava_ahp.workflow.indices import Indices

#: Samples that are run if no number is given.
DEFAULT_SAMPLES = 200


@dataclass(frozen=True, eq=False)
class Stimulus:
    """The samples that a profile is made of.

    Attributes:
        events: input spikes.
        labels: in the form of the task's target, by default ``int64 (sample,)``; None if they are not known.
        readout_steps: steps at the end over which the readout is summed.
        text: where the samples come from, in words.
        task: the task they come from; None for golden samples.
        target: what the network is asked for.
    """

    events: Events
    labels: npt.NDArray[Any] | None
    readout_steps: int
    text: str
    task: Task | None
    target: Target = field(default_factory=ClassOfSample)

    @classmethod
    def of(cls, batch: Batch, text: str) -> Stimulus:
        """Encoded samples of a task, described by a text."""
        task = batch.task
        return cls(batch.events, batch.labels, task.readout_steps, text, task, task.target)

    @property
    def marks(self) -> npt.NDArray[np.int64] | None:
        """What a record keeps of the labels, see :meth:`lava_ahp.targets.Target.marks`; None if they are not known."""
        return None if self.labels is None else self.target.marks(self.labels)

    def scores(self, answers: Sequence[npt.NDArray[Any]]) -> Scores | None:
        """How good answers are; None where labels are not known.

        Args:
            answers: of batches that make up all samples.
        """
        if self.labels is None:
            return None
        names = () if self.task is None else self.task.class_names
        return self.target.scores(self.labels, self.target.stacked(answers), names)


def stimulus(
    network: Network,
    golden: Golden | None,
    x: Any = None,
    y: Any = None,
    *,
    task: str | None = None,
    data: str | os.PathLike[str] | None = None,
    samples: int | None = None,
    indices: Indices | None = None,
) -> Stimulus:
    """Samples of a task's test split; without data, golden samples.

    Args:
        network: what will run.
        golden: golden samples to fall back on.
        x: as in :func:`lava_ahp.profile`, and so are the others.
        y: class of every sample, with ``x``.
        task: name of the task.
        data: directory or file of its data.
        samples: number of samples.
        indices: positions in the test split.

    Raises:
        DataError: no task and no golden samples, or more samples asked for than there are.
    """
    try:
        found = task_for(network, x, y, task=task, data=data)
    except DataError:
        if golden is None:
            raise
        return _of_golden(network, golden, samples)
    total = found.size("test")
    count = min(DEFAULT_SAMPLES, total) if samples is None else samples
    batch = encode(found, "test", count, indices)
    which = f"{len(batch)} chosen" if indices is not None else f"the first {len(batch)}"
    return Stimulus.of(batch, f"{which} of {total} test samples of {found.name}")


def _of_golden(network: Network, golden: Golden, samples: int | None) -> Stimulus:
    # Without a label: a sample made to reach every synapse, which is nothing that a user would run.
    real = np.arange(len(golden.events)) if golden.labels is None else np.flatnonzero(golden.labels >= 0)
    total = len(real)
    if samples is not None and samples > total:
        raise DataError(f"samples: found {samples}, the file has {total} golden ones; give --data for more") from None
    if total == 0:
        raise DataError("golden samples: the file has none of its task; give --data")
    first = real[: total if samples is None else samples]
    steps, target = network.task.get("window"), targets.read(network.task.get("target"))
    # A record has the labels of samples only where they are classes.
    known = golden.labels is not None and isinstance(target, ClassOfSample)
    return Stimulus(
        golden.events.select(first),
        golden.labels[first] if known and golden.labels is not None else None,
        steps if isinstance(steps, int) and steps >= 1 else 1,
        f"{len(first)} golden sample{'s' * (len(first) != 1)} inside the file",
        None,
        target,
    )
