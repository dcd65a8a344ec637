"""Run samples of a network, count what the run would cost on each chip, and put measurements beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp import backends, netx, tasks
from lava_ahp.errors import DataError
from lava_ahp.network import Activity, Events, Network, classify
from lava_ahp.profiler import Estimate, Hardware, Profiler, samples
from lava_ahp.profiler.measurement import Baseline, ChipRun, published
from lava_ahp.workflow.evaluate import choose, task_of

#: Chips that are shown when nobody names one.
DEFAULT_HARDWARE = ("loihi1-davies2018", "loihi2")
#: Samples that are run when nobody says how many.
DEFAULT_SAMPLES = 200
#: Rasters of so many bytes are held at a time.
_CHUNK_BYTES = 2**26


@dataclass(frozen=True, eq=False)
class Stimulus:
    """What a profile is made of.

    Attributes:
        events: input spikes.
        labels: ``int64 (sample,)``, or None where they are not known.
        readout_steps: steps at the end over which the readout is summed.
        text: where the samples come from, for people.
        task: the task they are from; None for golden samples.
    """

    events: Events
    labels: npt.NDArray[np.int64] | None
    readout_steps: int
    text: str
    task: tasks.Task | None


@dataclass(frozen=True, eq=False)
class Profile:
    """Everything that a report shows.

    Attributes:
        network: what ran.
        file: its path.
        stimulus: on what.
        activity: exact counts, per sample.
        accuracy: share of right answers; None where labels are not known.
        estimates: one per hardware.
        chips: measured runs on chips.
        baselines: conventional networks, measured and published.
    """

    network: Network
    file: str
    stimulus: Stimulus
    activity: Activity
    accuracy: float | None
    estimates: tuple[Estimate, ...]
    chips: tuple[ChipRun, ...] = ()
    baselines: tuple[Baseline, ...] = ()

    @property
    def task(self) -> str | None:
        """Name of the network's task."""
        name = self.network.task.get("name")
        return self.stimulus.task.name if self.stimulus.task is not None else None if name is None else str(name)


def stimulus(
    network: Network,
    file: Path,
    *,
    task_name: str | None = None,
    data: Path | None = None,
    count: int | None = None,
    indices: npt.ArrayLike | None = None,
) -> Stimulus:
    """Samples of a task's test split; without data, the golden samples inside the file.

    Args:
        network: what the file holds.
        file: network file.
        task_name: by default the one that the network was trained for.
        data: directory of the task's data.
        count: the first so many; by default :data:`DEFAULT_SAMPLES`, or all there are.
        indices: positions in the split instead.

    Raises:
        DataError: no task and no golden samples, or more samples asked for than there are.
    """
    golden = netx.read_golden(file) if task_name is None and data is None and indices is None else None
    try:
        task = task_of(network, task_name, data)
    except DataError:
        if golden is None:
            raise
        total = len(golden.events)
        if count is not None and count > total:
            raise DataError(f"samples: found {count}, the file has {total} golden ones; give --data for more") from None
        first = np.arange(total if count is None else count)
        labels = None if golden.labels is None else golden.labels[first]
        readout_steps = network.task.get("window")
        return Stimulus(
            golden.events.select(first),
            labels,
            readout_steps if isinstance(readout_steps, int) and readout_steps >= 1 else 1,
            f"{len(first)} golden samples inside the file",
            None,
        )
    return of_task(task, count, indices)


def of_task(task: tasks.Task, count: int | None = None, indices: npt.ArrayLike | None = None) -> Stimulus:
    """Samples of a task's test split.

    Args:
        task: in the code of the network.
        count: the first so many; by default :data:`DEFAULT_SAMPLES`, or all there are.
        indices: positions in the split instead.

    Raises:
        DataError: more samples asked for than there are.
    """
    index = choose(task, "test", min(DEFAULT_SAMPLES, task.size("test")) if count is None else count, indices)
    batch = task.split("test", index)
    which = f"{len(index)} chosen" if indices is not None else f"the first {len(index)}"
    text = f"{which} of {task.size('test')} test samples of {task.name}"
    return Stimulus(batch.events, batch.labels, task.readout_steps, text, task)


def profile(
    network: Network,
    file: Path,
    found: Stimulus,
    hardware: Sequence[Hardware],
    progress: Callable[[int], None] | None = None,
) -> Profile:
    """Run samples in the fast simulator and price what happens.

    Args:
        network: what to run.
        file: where it is from, for the report.
        found: the samples.
        hardware: chips.
        progress: called with the number of samples just finished.

    Raises:
        SpecError: a network that does not fit a chip.
    """
    engine: Any = backends.get("fast")
    profilers = [Profiler(network, chip) for chip in hardware]
    names = list(network.names)
    readout_steps = min(found.readout_steps, int(found.events.steps.min()))
    activities, predictions = [], []
    for chunk in _chunks(network, found.events):
        trace = engine(network, chunk, readout_steps=readout_steps, rasters=names)
        activities.append(trace.activity)
        predictions.append(classify(trace.readout))
        for sample in samples(network, chunk, trace.spikes):
            for profiler in profilers:
                profiler.add(sample)
            if progress is not None:
                progress(1)
    right = None if found.labels is None else float(np.mean(np.concatenate(predictions) == found.labels))
    return Profile(
        network=network,
        file=file.name,
        stimulus=found,
        activity=_together(activities),
        accuracy=right,
        estimates=tuple(p.estimate() for p in profilers),
    )


def beside(result: Profile, measurements: Sequence[ChipRun | Baseline]) -> Profile:
    """The profile with measurements, and with what is published for its task."""
    known = {b.name for b in measurements}
    baselines = [b for b in measurements if isinstance(b, Baseline)]
    if result.task is not None:
        baselines += [b for b in published(result.task) if b.name not in known]
    chips = tuple(run for run in measurements if isinstance(run, ChipRun))
    for found in measurements:
        if found.task != result.task:
            raise DataError(f"measurement {found.name}: of task {found.task}, the network is for {result.task}")
    return replace(result, chips=chips, baselines=tuple(baselines))


def _chunks(network: Network, events: Events) -> Iterator[Events]:
    per_sample = int(events.steps.max()) * network.neurons
    size = max(1, _CHUNK_BYTES // per_sample)
    for first in range(0, len(events), size):
        yield events.select(np.arange(first, min(first + size, len(events))))


def _together(parts: Sequence[Activity]) -> Activity:
    def by_name(field: str) -> dict[str, npt.NDArray[np.int64]]:
        return {name: np.concatenate([getattr(a, field)[name] for a in parts]) for name in getattr(parts[0], field)}

    return Activity(
        steps=np.concatenate([a.steps for a in parts]),
        spikes=by_name("spikes"),
        synops=tuple(np.concatenate(synops) for synops in zip(*(a.synops for a in parts), strict=True)),
        updates=by_name("updates"),
        active_updates=by_name("active_updates"),
    )
