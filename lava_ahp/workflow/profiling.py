"""Run samples of a network, price what happens on each chip, and compare with measurements."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lava_ahp import backends, netx, profiler
from lava_ahp.errors import DataError, DataWarning, SpecError, printable
from lava_ahp.network import Activity, Events, Network
from lava_ahp.profiler import Estimate, Hardware, Profiler, place
from lava_ahp.profiler import measurement as measurements
from lava_ahp.profiler.measurement import Baseline, ChipRun
from lava_ahp.report import profile_page, profile_rows
from lava_ahp.report.progress import Reporter, reporter
from lava_ahp.report.units import joules, seconds
from lava_ahp.targets import Scores
from lava_ahp.workflow import profile_json, saving
from lava_ahp.workflow.calls import as_typed
from lava_ahp.workflow.evaluation import Evaluation
from lava_ahp.workflow.indices import Indices
from lava_ahp.workflow.lstm_baseline import LSTMBaseline, measure_lstm
from lava_ahp.workflow.stimulus import Stimulus, stimulus

#: A chip by name, by TOML file, or itself.
Chip = str | os.PathLike[str] | Hardware
#: A measurement by name, by JSON file, or itself.
Measurement = str | os.PathLike[str] | ChipRun | Baseline
#: Chips that are shown if none is named.
DEFAULT_HARDWARE = ("loihi1-davies2018", "loihi2")
#: Bytes of rasters held at a time.
_CHUNK_BYTES = 2**26


@dataclass(frozen=True, eq=False, repr=False)
class Profile:
    """Energy and latency of a network on chips, with what they are compared with.

    Attributes:
        network: what ran.
        name: of its file.
        stimulus: the samples that ran.
        activity: exact counts, per sample.
        scores: how good the answers are; None if the labels are not known.
        scores_of: the samples that the scores are of, in words.
        estimates: one per chip, modelled.
        chips: runs measured on chips.
        baselines: conventional networks, measured and published.
        command: what the profile was asked for with.
        measured_here: the baseline that was measured for this profile, if any.
    """

    network: Network
    name: str
    stimulus: Stimulus
    activity: Activity
    scores: Scores | None
    scores_of: str
    estimates: tuple[Estimate, ...]
    chips: tuple[ChipRun, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    command: str = ""
    measured_here: Baseline | None = None

    @property
    def task(self) -> str | None:
        """Name of the network's task."""
        name = self.network.task.get("name")
        return self.stimulus.task.name if self.stimulus.task is not None else None if name is None else str(name)

    @property
    def accuracy(self) -> float | None:
        """Share of right answers, ``0..1``; None if the labels are not known, and for values."""
        return None if self.scores is None else self.scores.accuracy

    def to_json(self) -> dict[str, Any]:
        """The keys of ``profile --json``: joules, seconds and J s per sample."""
        return profile_json.to_json(self)

    def to_html(self) -> str:
        """The page, with its pictures inside."""
        return profile_page.render(self.to_json(), self.command)

    def save(
        self, *, json_path: str | os.PathLike[str] | None = None, html_path: str | os.PathLike[str] | None = None
    ) -> None:
        """Write the JSON, the page, or both.

        Raises:
            DataError: both are the same file.
        """
        saving.save(self, json_path, html_path)

    def save_baseline(self, path: str | os.PathLike[str]) -> None:
        """Write the baseline that was measured here, to be given as ``measured`` later.

        Raises:
            DataError: none was measured.
        """
        if self.measured_here is None:
            raise DataError("profile: no baseline was measured; ask for one with baseline=LSTMBaseline()")
        measurements.write(self.measured_here, Path(path))

    def __repr__(self) -> str:
        found = profile_rows.score(profile_json.network(self))
        score = "" if found is None else f", {' '.join(found)} of {self.scores_of}"
        lines = [f"{self.name}: {self.network.neurons} neurons, {self.network.synapses} synapses{score}"]
        for name, kind, energy, latency, _ in profile_json.totals(self):
            lines.append(f"{name} ({kind}): {joules(energy)} and {seconds(latency)} per sample")
        return "\n".join(map(printable, lines))

    def _repr_html_(self) -> str:
        return profile_page.fragment(self.to_json())


def load_chips(hardware: Sequence[Chip]) -> list[Hardware]:
    """Chips by name, by TOML file, or as they are."""
    return [h if isinstance(h, Hardware) else profiler.load_hardware(os.fspath(h)) for h in hardware]


def load_measurements(measured: Sequence[Measurement]) -> list[ChipRun | Baseline]:
    """Measurements by name, by JSON file, or as they are."""
    return [m if isinstance(m, (ChipRun, Baseline)) else measurements.read(os.fspath(m)) for m in measured]


def profile(
    network: Network | str | os.PathLike[str],
    x: Any = None,
    y: Any = None,
    *,
    task: str | None = None,
    data: str | os.PathLike[str] | None = None,
    samples: int | None = None,
    indices: Indices | None = None,
    hardware: Sequence[Chip] = DEFAULT_HARDWARE,
    measured: Sequence[Measurement] = (),
    baseline: LSTMBaseline | None = None,
    command: str | None = None,
    progress: bool | Reporter = False,
) -> Profile:
    """Estimate energy and latency of a network on chips, from its exact activity.

    Args:
        network: a network or the path of its file.
        x: signals ``(sample, time, channel)`` to run on; None for the task's test split, or, where its data are not
            at hand, for the golden samples in the file.
        y: class of every sample, ``(sample,)``, with ``x``.
        task: by default the task that the network was trained for.
        data: directory or file of the task's data.
        samples: the first so many; by default 200, or all there are.
        indices: only these positions in the test split, or a file of them.
        hardware: chips, by name, by TOML file, or as objects.  Of the default ones, those that the network does not fit
            are left out with a warning.
        measured: measurements to compare with: names, JSON files, or objects.
        baseline: measure the task's LSTM on this machine with these options.
        command: for the page; by default this call.
        progress: True shows progress on stderr.

    Raises:
        DataError: data that do not fit the network, or more samples asked for than there are.
        SpecError: a network that does not fit a chip.
        BackendUnavailable: the simulator, torch or a device is missing.

    Example:
        >>> lava_ahp.profile("runs/demo/network.net")  # doctest: +SKIP
    """
    report = reporter(progress)
    command = command or as_typed("profile", network, x, y, task=task, data=data, samples=samples)
    net = netx.as_network(network)
    chips, beside = chips_for(net, hardware), load_measurements(measured)
    name = "network" if isinstance(network, Network) else Path(network).name
    golden = None
    if not isinstance(network, Network) and x is None and task is None and data is None and indices is None:
        golden = netx.read_golden(network)
    found = stimulus(net, golden, x, y, task=task, data=data, samples=samples, indices=indices)
    with report.counting("profile", len(found.events)) as advance:
        counted = count(net, name, found, chips, progress=advance)
    lstm = None if baseline is None else measure_lstm(found.task, baseline, command=command, report=report)
    if lstm is not None:
        beside.append(lstm)
    return replace(compared(counted, beside), command=command, measured_here=lstm)


def chips_for(network: Network, hardware: Sequence[Chip]) -> list[Hardware]:
    """The chips to profile a network on: of the default ones those that it fits, with a warning of the others.

    Raises:
        SpecError: the network fits none of the default chips.
    """
    chips = load_chips(hardware)
    if tuple(hardware) != DEFAULT_HARDWARE:
        return chips
    fitting, refusals = fitted(network, chips)
    if not fitting:
        raise SpecError(refusals[0])
    for refusal in refusals:
        warnings.warn(f"not modelled: {refusal}", DataWarning, stacklevel=3)
    return fitting


def fitted(network: Network, hardware: Sequence[Hardware]) -> tuple[list[Hardware], list[str]]:
    """The chips that a network fits, and the limit that it exceeds on each of the others."""
    fitting, refusals = [], []
    for chip in hardware:
        try:
            place(network, chip)
            fitting.append(chip)
        except SpecError as error:
            refusals.append(str(error))
    return fitting, refusals


def count(
    network: Network,
    name: str,
    found: Stimulus,
    hardware: Sequence[Hardware],
    *,
    evaluation: Evaluation | None = None,
    progress: Callable[[int], None] | None = None,
) -> Profile:
    """Run samples in the fast simulator and price what happens.

    Args:
        network: what to run.
        name: of its file, for the report.
        found: the samples.
        hardware: chips.
        evaluation: of the network over more samples; the profile then shows its accuracy.
        progress: called with the number of samples just finished.

    Raises:
        SpecError: a network that does not fit a chip.
    """
    engine: Any = backends.get("fast")
    profilers = [Profiler(network, chip) for chip in hardware]
    readout_steps = found.readout_steps
    if not found.target.every_step:
        readout_steps = min(readout_steps, int(found.events.steps.min()))
    activities, answers = [], []
    for chunk in _chunks(network, found.events):
        trace = engine(network, chunk, readout_steps=readout_steps, rasters=network.names)
        activities.append(trace.activity)
        answers.append(found.target.answers(trace.readout, trace.steps))
        for sample in profiler.samples(network, chunk, trace.spikes):
            for each in profilers:
                each.add(sample)
            if progress is not None:
                progress(1)
    scores, scores_of = found.scores(answers) if evaluation is None else evaluation.scores, found.text
    if evaluation is not None:
        batch = evaluation.batch
        scores_of = f"all {len(batch)} {batch.split} samples of {batch.task.name}"
    return Profile(
        network=network,
        name=name,
        stimulus=found,
        activity=Activity.joined(activities),
        scores=scores,
        scores_of=scores_of,
        estimates=tuple(each.estimate() for each in profilers),
    )


def compared(result: Profile, beside: Sequence[ChipRun | Baseline]) -> Profile:
    """The profile with measurements, and with what is published for its task.

    Raises:
        DataError: a measurement of another task.
    """
    known = {b.name for b in beside}
    baselines = [b for b in beside if isinstance(b, Baseline)]
    if result.task is not None:
        baselines += [b for b in measurements.published(result.task) if b.name not in known]
    chips = tuple(run for run in beside if isinstance(run, ChipRun))
    for found in beside:
        if found.task != result.task:
            raise DataError(f"measurement {found.name}: found task {found.task}, the network is for task {result.task}")
    return replace(result, chips=chips, baselines=tuple(baselines))


def _chunks(network: Network, events: Events) -> Iterator[Events]:
    per_sample = int(events.steps.max()) * network.neurons
    size = max(1, _CHUNK_BYTES // per_sample)
    for first in range(0, len(events), size):
        yield events.select(np.arange(first, min(first + size, len(events))))
