"""Run and profile a network on input spikes from a file, without a task."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp import backends, netx
from lava_ahp.errors import DataError
from lava_ahp.network import READOUT_THRESHOLD, Events, Labelled, Network, classify
from lava_ahp.report.progress import Reporter, reporter
from lava_ahp.report.terminal import literal
from lava_ahp.targets import ClassOfSample, ClassOfStep, ClassScores, Target
from lava_ahp.tasks import Described
from lava_ahp.workflow.indices import Indices, positions
from lava_ahp.workflow.profiling import (
    DEFAULT_HARDWARE,
    Chip,
    Measurement,
    Profile,
    chips_for,
    compared,
    count,
    load_measurements,
)
from lava_ahp.workflow.spike_files import read_spikes
from lava_ahp.workflow.stimulus import Stimulus

#: Values of the readout that are held at a time.
_BLOCK = 2**24
#: Samples that are printed.
_SHOWN = 20


@dataclass(frozen=True, eq=False, repr=False)
class SpikeRun:
    """Result of a run on spikes.

    Attributes:
        network: name of the network's file.
        source: name of the file with the spikes.
        backend: where it ran.
        indices: positions of the samples in their file, ``int64 (sample,)``.
        steps: steps of every sample, ``int64 (sample,)``.
        readout: what the answers were read from: ``spikes`` or ``voltage``.
        counts: spikes of the output population, ``int32 (sample, neuron)``.
        predictions: class of every sample, ``int64 (sample,)``; of equal classes, the lowest.  For a network that is
            asked for something else, what :meth:`lava_ahp.targets.Target.answers` gives.
        labels: true classes, ``int64 (sample,)``, or None.
        seconds: wall clock.
        target: what the network is asked for.
    """

    network: str
    source: str
    backend: str
    indices: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64]
    readout: Literal["spikes", "voltage"]
    counts: npt.NDArray[np.int32]
    predictions: npt.NDArray[Any]
    labels: npt.NDArray[np.int64] | None
    seconds: float
    target: Target = field(default_factory=ClassOfSample)

    @property
    def accuracy(self) -> float | None:
        """Share of samples whose class was found, ``0..1``; None without labels."""
        return None if self.labels is None else float(np.mean(self.predictions == self.labels))

    def lines(self) -> Iterator[str]:
        """The result for a terminal."""
        number, means = len(self.predictions), "spike count" if self.readout == "spikes" else "voltage"
        where = literal(f"{self.network} on {self.source}").plain
        yield f"{where}: {number} samples, {self.target.answer_name} by {means} ({self.backend}, {self.seconds:.2f} s)"
        for k in range(min(number, _SHOWN)):
            truth = "" if self.labels is None else f", label {self.labels[k]}"
            spikes = f", {self.counts[k].sum()} output spikes" if isinstance(self.target, ClassOfSample) else ""
            yield f"sample {self.indices[k]}: {self.target.tell(self.predictions[k])}{truth}{spikes}"
        if number > _SHOWN:
            yield f"and {number - _SHOWN} more samples; --json has all"
        silent = int((self.counts.sum(axis=1) == 0).sum())
        if silent and self.readout == "spikes":
            yield f"{silent} of {number} samples have no output spike; they count as class 0"
        if self.labels is not None:
            right = int((self.predictions == self.labels).sum())
            yield f"accuracy: {right} of {number} right, {100 * right / number:.2f} %"

    def to_json(self) -> dict[str, Any]:
        """The keys of ``run --spikes --json``."""
        return {
            "network": self.network,
            "source": self.source,
            "backend": self.backend,
            "samples": len(self.predictions),
            "readout": self.readout,
            "accuracy": self.accuracy,
            "predictions": self.target.to_json(self.predictions),
            "labels": None if self.labels is None else self.labels.tolist(),
            "counts": self.counts.tolist(),
            "indices": self.indices.tolist(),
            "steps_per_sample": float(self.steps.mean()),
            "seconds": self.seconds,
            "steps_per_second": float(self.steps.sum()) / self.seconds,
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def run_spikes(
    network: Network | str | os.PathLike[str],
    spikes: Labelled | Events | str | os.PathLike[str],
    *,
    samples: int | None = None,
    indices: Indices | None = None,
    backend: str = "fast",
    progress: bool | Reporter = False,
) -> SpikeRun:
    """Run a network on spikes and read its answers, by default classes, from its output.

    If the network's task says that it is asked for classes of steps, or for values, those are read.  Otherwise the
    class is the output neuron with the most spikes.  It is the one with the largest voltage if the output is a readout,
    with the largest threshold, or if no output neuron spikes in any sample.  The voltage is summed over the ``window``
    of the network's task, or over the whole sample.  If the task says ``groups``, neighbouring neurons count together.

    Args:
        network: a network or the path of its file.
        spikes: spikes, with or without labels, or the path of a file for
            :func:`lava_ahp.workflow.spike_files.read_spikes`.
        samples: only the first so many.
        indices: only these positions, or a file of them.
        backend: a name of :data:`lava_ahp.backends.BACKENDS`.
        progress: True shows progress on stderr.

    Raises:
        DataError: spikes or labels that do not fit the network, or more samples asked for than there are.
        BackendUnavailable: the backend is not installed.
    """
    engine = backends.get(backend)
    net = netx.as_network(network)
    events, labels, index, names = _select(net, network, spikes, samples, indices)
    described, groups = Described.read(net.task), _groups(net)
    target, window = described.target, None if described.target.every_step else described.readout_steps
    of_sample = isinstance(target, ClassOfSample)
    if not of_sample:
        _check_other_answers(target, window, events, labels)
    elif labels is not None and not 0 <= labels.min() <= labels.max() < groups:
        raise DataError(f"labels: found {labels.min()}..{labels.max()}, the network has classes 0..{groups - 1}")
    counts, answers = [], []
    size = max(1, _BLOCK // (int(events.steps.max()) * net[net.output].size))
    start = time.perf_counter()
    with reporter(progress).counting(backend, len(events)) as advance:
        for first in range(0, len(events), size):
            part = events.select(np.arange(first, min(first + size, len(events))))
            trace = engine(net, part, readout_steps=window and min(window, int(part.steps.max())), progress=advance)
            counts.append(trace.counts[net.output])
            voltage = trace.readout
            answers.append(voltage.sum(axis=1, dtype=np.int64) if of_sample else target.answers(voltage, trace.steps))
    seconds = time.perf_counter() - start
    spiked, found = np.concatenate(counts), target.stacked(answers)
    integrates = bool(np.all(net[net.output].parameters()["threshold"] == READOUT_THRESHOLD)) or not spiked.any()
    readout: Literal["spikes", "voltage"] = "voltage" if integrates or not of_sample else "spikes"
    if of_sample:
        scores = found if integrates else spiked
        found = classify(scores.reshape(len(events), groups, -1).sum(axis=2)[:, None])
    return SpikeRun(*names, backend, index, events.steps, readout, spiked, found, labels, seconds, target)


def _check_other_answers(target: Target, window: int | None, events: Events, labels: Any) -> None:
    """Check spikes for a network that is not asked for the class of a sample."""
    if labels is not None:
        raise DataError(
            f"labels: found classes of samples, the network answers with {target.answer_name}; leave them out"
        )
    least = target.shift + 1 if isinstance(target, ClassOfStep) else window or 1
    if events.steps.min() < least:
        raise DataError(f"spikes: found a sample of {events.steps.min()} steps, allowed {least} or more")


def profile_spikes(
    network: Network | str | os.PathLike[str],
    spikes: Labelled | Events | str | os.PathLike[str],
    *,
    samples: int | None = None,
    indices: Indices | None = None,
    hardware: Sequence[Chip] = DEFAULT_HARDWARE,
    measured: Sequence[Measurement] = (),
    command: str = "",
    progress: bool | Reporter = False,
) -> Profile:
    """Estimate energy and latency of a network on chips, from its exact activity on spikes.

    Args:
        network: as in :func:`run_spikes`, and so are ``spikes``, ``samples`` and ``indices``.
        spikes: spikes, or the path of their file.
        samples: only the first so many.
        indices: only these positions.
        hardware: as in :func:`lava_ahp.profile`.
        measured: measurements to compare with: names, JSON files, or objects.
        command: for the page.
        progress: True shows progress on stderr.

    Raises:
        DataError: as in :func:`run_spikes`, or a measurement of another task.
        SpecError: a network that does not fit a chip.
        BackendUnavailable: the simulator is not installed.
    """
    net = netx.as_network(network)
    chips, beside = chips_for(net, hardware), load_measurements(measured)
    events, labels, _, names = _select(net, network, spikes, samples, indices)
    stimulus = Stimulus(events, None, 1, f"{len(events)} samples of {names.source}", None)
    with reporter(progress).counting("profile", len(events)) as advance:
        result = count(net, names.network, stimulus, chips, progress=advance)
    if labels is not None:
        answers = run_spikes(net, Labelled(events, labels)).predictions
        result = replace(result, scores=ClassScores(labels, answers, ()))
    return replace(compared(result, beside), command=command)


class _Names(NamedTuple):
    """Of the file of a network, and of the file with the spikes."""

    network: str
    source: str


def _select(
    net: Network, network: Any, spikes: Any, samples: int | None, indices: Indices | None
) -> tuple[Events, npt.NDArray[np.int64] | None, npt.NDArray[np.int64], _Names]:
    """Events, labels and positions of the chosen samples."""
    found = read_spikes(spikes, net.input.size) if isinstance(spikes, (str, os.PathLike)) else spikes
    events, labels = (found.events, found.labels) if isinstance(found, Labelled) else (found, None)
    if events.channels != net.input.size:
        raise DataError(f"spikes: found {events.channels} channels, the network's input has {net.input.size}")
    if samples is not None and samples > len(events):
        raise DataError(f"samples: found {samples}, the spikes have {len(events)}")
    index = np.arange(len(events) if samples is None else samples) if indices is None else positions(indices)
    names = _Names(_file_name(network, "network"), _file_name(spikes, "spikes"))
    return events.select(index), None if labels is None else labels[index], index, names


def _file_name(given: Any, otherwise: str) -> str:
    return Path(given).name if isinstance(given, (str, os.PathLike)) else otherwise


def _groups(network: Network) -> int:
    size = network[network.output].size
    groups = network.task.get("groups", size)
    if type(groups) is not int or groups < 1 or size % groups:
        raise DataError(f"network task groups: found {groups!r:.40}, allowed a divisor of {size}, its output neurons")
    return groups
