"""Does a file compute what was trained, in every engine, to the last bit?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp import backends, dynamics, netx
from lava_ahp.errors import BackendUnavailable, SpecError
from lava_ahp.network import Events, Golden, Network, Trace, fingerprints, stimuli
from lava_ahp.network.comparison import Check, compare
from lava_ahp.network.description import TaskAltered, compare_tasks
from lava_ahp.network.difference import Altered, Finding
from lava_ahp.network.fingerprint import Part, parts
from lava_ahp.network.tables import html_table

__all__ = ["Check", "Finding", "Verification", "compare", "verify"]

#: Engines that are compared unless the caller names others.
ENGINES = ("fast", "loihi2sim")
#: Number, length and seed of the random samples on which the engines are compared.
RANDOM_SAMPLES, RANDOM_STEPS, RANDOM_SEED = 3, 60, 0


@dataclass(frozen=True, repr=False)
class Verification:
    """The outcome of :func:`verify`.

    Attributes:
        checks: the comparisons in order.
        skipped: engines that were left out, with the reason.
        golden: whether there were golden samples.
        engines: engines that ran beside ``dynamics``.
        task_covered: whether the golden record covers the network's task: encoder, readout steps and class names.
            None where there is no record or no task.
    """

    checks: tuple[Check, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)
    golden: bool = False
    engines: tuple[str, ...] = ()
    task_covered: bool | None = None

    @property
    def passed(self) -> bool:
        """Whether something was compared and all of it was equal."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def first_difference(self) -> Finding | None:
        """The difference of the first check that failed, or None."""
        return next((check.difference for check in self.checks if not check.passed), None)

    @property
    def verdict(self) -> str:
        """The outcome in one line."""
        if not self.checks:
            return "nothing was compared: there are no golden samples and no engine"
        failed = [check for check in self.checks if not check.passed]
        if failed:
            place = failed[0].difference
            return f"DIFFERENT: {place if isinstance(place, TaskAltered) else f'{failed[0].name} fails at {place}'}"
        count = self.checks[0].samples
        golden = [f"{count} golden sample{'s' * (count != 1)}"] * self.golden
        random = [f"{RANDOM_SAMPLES} random {'ones' if self.golden else 'samples'}"] * bool(self.engines)
        compared = " and ".join(golden + random)
        left_out = f"; {_listed(self.skipped)} left out" if self.skipped else ""
        uncovered = "; the record does not cover the task" if self.task_covered is False else ""
        return f"equal: {compared}, in {_listed(('dynamics', *self.engines))}{left_out}{uncovered}"

    def lines(self) -> Iterator[str]:
        """Lines for a terminal: the checks, the engines left out, and the verdict."""
        for c in self.checks:
            mark = "equal" if c.passed else "DIFFERENT"
            yield f"{c.name:32} {mark:10} {c.samples} samples, {c.steps} steps, {c.values} values"
        yield from (f"{engine} was left out: {reason}" for engine, reason in self.skipped.items())
        if not self.golden:
            yield "the file has no golden samples: only the engines were compared"
        if self.task_covered is False:
            yield "the record does not cover encoder, readout steps and class order; export the network again"
        yield self.verdict

    def to_json(self) -> dict[str, Any]:
        """The outcome as JSON values."""
        return {
            "passed": self.passed,
            "golden": self.golden,
            "task_covered": self.task_covered,
            "skipped": dict(self.skipped),
            "checks": [
                {"name": c.name, "passed": c.passed, "samples": c.samples, "steps": c.steps, "values": c.values}
                | ({"difference": str(c.difference)} if c.difference else {})
                for c in self.checks
            ],
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        rows = [
            {"check": c.name, "outcome": c.difference or "equal", "samples": c.samples, "values": c.values}
            for c in self.checks
        ]
        notes = [f"<p>{escape(f'{engine} was left out: {reason}')}</p>" for engine, reason in self.skipped.items()]
        return html_table(self.verdict, rows) + "".join(notes)


def verify(
    network: Network | str | os.PathLike[str],
    golden: Golden | None = None,
    *,
    engines: Sequence[str] | None = None,
    samples: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Verification:
    """Replay the golden samples in ``dynamics`` and every engine, and compare the engines on random spikes too.

    Args:
        network: a network, or the path of a file, whose golden samples are then read as well.
        golden: the record of the training forward pass; None where there is none, and then only engines are compared.
        engines: backends that are compared with the readable arithmetic of :mod:`lava_ahp.dynamics`.  None for every
            installed one of ``fast`` and ``loihi2sim``; the others are reported as skipped.
        samples: how many golden samples, counted from the last; None for all.
        progress: called with the name of every run before it starts.

    Returns:
        The checks in order, and the engines that were left out.  With the record, rasters, readouts, checksums of
        states, neurons and the task are compared; between engines, rasters, readouts and states.

    Raises:
        BackendUnavailable: an engine in ``engines`` that is not installed.
        NetFormatError: a path that cannot be read as a network.
        SpecError: fewer than one sample, or golden samples of another network.
    """
    if samples is not None and samples < 1:
        raise SpecError(f"golden samples: found {samples}, allowed 1 or more")
    if not isinstance(network, Network):
        path = network
        network = netx.read(path)
        golden = netx.read_golden(path, network) if golden is None else golden
    runs, skipped = _engines(engines)
    everything = list(network.names)
    checks: list[Check] = []
    batches: list[tuple[str, Events, Golden | None]] = []
    if golden is not None:
        record = _last(golden, len(golden.events) if samples is None else samples)
        batches.append(("golden", record.events, record))
    if runs:
        noise = stimuli.random(network, samples=RANDOM_SAMPLES, steps=RANDOM_STEPS, seed=RANDOM_SEED)
        batches.append(("random", noise, None))
    for title, events, expected in batches:
        tell(progress, f"{title}: dynamics")
        reference = dynamics.run(network, events)
        if expected is not None:
            checks.append(compare("record = dynamics", expected, reference, ("the record", "dynamics"), network))
        for name, run in runs.items():
            tell(progress, f"{title}: {name}")
            trace = run(network, events, rasters=everything, states=everything)
            if expected is not None:
                checks.append(compare(f"record = {name}", expected, trace, ("the record", name), network))
            checks.append(compare(f"{title}: dynamics = {name}", reference, trace, ("dynamics", name), network))
    if golden is not None and golden.fingerprints:
        checks.append(_unaltered(network, golden))
    if golden is not None and golden.task is not None:
        fields, altered = compare_tasks(golden.task, network.task)
        checks.append(Check("task as exported", len(golden.events), 0, fields, altered))
    return Verification(tuple(checks), skipped, golden is not None, tuple(runs), _task_covered(network, golden))


def _engines(names: Sequence[str] | None) -> tuple[dict[str, backends.Backend], dict[str, str]]:
    """The engines to run, and the reason why others are left out."""
    if names is not None:
        return {name: backends.get(name) for name in names}, {}
    found: dict[str, backends.Backend] = {}
    skipped: dict[str, str] = {}
    for name in ENGINES:
        try:
            found[name] = backends.get(name)
        except BackendUnavailable as error:
            skipped[name] = str(error).removeprefix(f"backend {name}: ")
    return found, skipped


def _unaltered(network: Network, golden: Golden) -> Check:
    now = fingerprints(network)
    altered = [
        _altered(network, part, int(neuron))
        for part in parts(network)
        if part.name in golden.fingerprints
        for neuron in np.flatnonzero(now[part.name] != golden.fingerprints[part.name])
    ]
    # A changed array of weights says more than the population that uses it.
    altered.sort(key=lambda a: a.connection is None)
    count = sum(len(then) for then in golden.fingerprints.values())
    return Check("neurons as exported", len(golden.events), 0, count, altered[0] if altered else None)


def _altered(network: Network, part: Part, neuron: int) -> Altered:
    if part.connection is None:
        return Altered(part.population.name, neuron)
    base = part.connection.weights.base
    sharing = sum(c.weights.base is base for c in network.connections)
    return Altered(part.population.name, neuron, part.connection.name, sharing)


def _task_covered(network: Network, golden: Golden | None) -> bool | None:
    if golden is None or (golden.task is None and not network.task):
        return None
    return golden.task is not None


def _listed(names: Sequence[str] | Mapping[str, str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def tell(progress: Callable[[str], None] | None, text: str) -> None:
    """Report progress to the caller, if it asked for it."""
    if progress is not None:
        progress(text)


def _last(golden: Golden, count: int) -> Golden:
    """The last ``count`` samples of a record."""
    total = len(golden.events)
    kept = np.arange(total - min(count, total), total)
    steps = golden.trace.steps[kept]
    length = int(steps.max())

    def nested(arrays: Mapping[str, Mapping[str, npt.NDArray[Any]]]) -> dict[str, dict[str, npt.NDArray[Any]]]:
        return {name: {key: x[kept, :length] for key, x in inner.items()} for name, inner in arrays.items()}

    trace = Trace(
        steps=steps,
        readout=golden.trace.readout[kept, -length:],
        counts={name: x[kept] for name, x in golden.trace.counts.items()},
        spikes={name: x[kept, :length] for name, x in golden.trace.spikes.items()},
        states=nested(golden.trace.states),
    )
    return replace(golden, events=golden.events.select(kept), trace=trace, sums=nested(golden.sums))
