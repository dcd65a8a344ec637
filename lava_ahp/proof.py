"""Is what the file computes what was trained, in every engine, to the last bit?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp import backends, dynamics
from lava_ahp.errors import SpecError
from lava_ahp.network import Events, Golden, Network, Trace, fingerprints, stimuli

#: Random samples on which the engines are compared, and their length.
RANDOM_SAMPLES, RANDOM_STEPS, RANDOM_SEED = 3, 60, 0
#: Within a step states are compared in the order in which they are computed, so that the cause is named first.
_ORDER = ("u", "a", "v", "spike")


@dataclass(frozen=True)
class Difference:
    """The first place where two runs differ."""

    sample: int
    step: int
    population: str
    neuron: int
    state: str
    values: tuple[int, int]
    between: tuple[str, str]

    def __str__(self) -> str:
        (left, right), (a, b) = self.between, self.values
        return (
            f"sample {self.sample}, step {self.step}, population {self.population}, neuron {self.neuron}, "
            f"{self.state}: {a} in {left}, {b} in {right}"
        )


@dataclass(frozen=True)
class Altered:
    """A neuron that is not the one that was exported."""

    population: str
    neuron: int

    def __str__(self) -> str:
        return (
            f"population {self.population}, neuron {self.neuron}: its parameters or the weights of its incoming "
            "synapses are not those that were exported, although no golden sample shows it"
        )


@dataclass(frozen=True)
class Check:
    """One comparison: what was compared over how many values, and the first difference if there is one."""

    name: str
    samples: int
    steps: int
    values: int
    difference: Difference | Altered | None

    @property
    def passed(self) -> bool:
        """Whether all values were equal."""
        return self.difference is None


def compare(name: str, left: Trace, right: Trace, between: tuple[str, str], network: Network) -> Check:
    """Compare everything that both traces hold: rasters, states and readouts, step by step.

    Raises:
        SpecError: traces of different samples or steps, or with nothing in common.
    """
    if not np.array_equal(left.steps, right.steps):
        raise SpecError(f"{name}: the traces have {left.steps.tolist()} and {right.steps.tolist()} steps")
    pairs: list[tuple[str, str, npt.NDArray[Any], npt.NDArray[Any]]] = []
    for population in network.names:
        for state, a, b in zip(_ORDER, _of(left, population), _of(right, population), strict=True):
            if a is not None and b is not None:
                pairs.append((population, state, a, b))
    a, b = _readout_by_step(left), _readout_by_step(right)
    if a is not None and b is not None:
        pairs.append((network.output, "v", a, b))
    if not pairs:
        raise SpecError(f"{name}: the traces hold nothing to compare")

    found = []
    for population, state, a, b in pairs:
        for sample, step, neuron in _first(a != b):
            values = (int(a[sample, step, neuron]), int(b[sample, step, neuron]))
            place = (int(sample), int(step), _ORDER.index(state))
            found.append((place, Difference(*place[:2], population, int(neuron), state, values, between)))
    difference = min(found, key=lambda item: item[0])[1] if found else None
    return Check(name, len(left.steps), int(left.steps.sum()), sum(a.size for _, _, a, _ in pairs), difference)


def _of(trace: Trace, population: str) -> list[npt.NDArray[Any] | None]:
    """What a trace holds of a population, in the order of :data:`_ORDER`."""
    states = trace.states.get(population, {})
    return [*(states.get(key) for key in "uav"), trace.spikes.get(population)]


def _readout_by_step(trace: Trace) -> npt.NDArray[np.int32] | None:
    """The readout ``(sample, time, neuron)``, aligned to the start of every sample; None where steps are missing."""
    length = int(trace.steps.max())
    if trace.readout.shape[1] != length:
        return None
    time = np.arange(length) + (length - trace.steps[:, None])
    aligned = trace.readout[np.arange(len(trace.steps))[:, None], np.minimum(time, length - 1)]
    return np.where((time < length)[..., None], aligned, 0).astype(np.int32)


def _first(unequal: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Index of the first True in order of sample, time, neuron: ``(0 or 1, 3)``."""
    where = np.flatnonzero(unequal)
    return np.array([np.unravel_index(where[0], unequal.shape)]) if len(where) else np.zeros((0, 3), dtype=np.int64)


def verify(
    network: Network,
    golden: Golden | None,
    *,
    engines: Sequence[str] = ("fast", "loihi2sim"),
    samples: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Check]:
    """Replay the golden samples in ``dynamics`` and every engine, and compare the engines on random spikes too.

    Args:
        network: the network as the file holds it.
        golden: its record from the training forward; None where it has none, and then only engines are compared.
        engines: backends beside the readable arithmetic of :mod:`lava_ahp.dynamics`.
        samples: how many golden samples, from the last; None for all.
        progress: called with the name of every comparison before it is made.

    Returns:
        The checks in order.  The comparison with the record stops at rasters, readouts and recorded voltages; between
        engines it takes in every state.
    """
    checks: list[Check] = []
    everything = list(network.names)
    batches: list[tuple[str, Events, Trace | None]] = []
    if golden is not None:
        count = len(golden.events) if samples is None else min(samples, len(golden.events))
        kept = np.arange(len(golden.events) - count, len(golden.events))
        batches.append(("golden", golden.events.select(kept), _select(golden.trace, kept)))
    noise = stimuli.random(network, samples=RANDOM_SAMPLES, steps=RANDOM_STEPS, seed=RANDOM_SEED)
    batches.append(("random", noise, None))
    for title, events, record in batches:
        tell(progress, f"{title}: dynamics")
        reference = dynamics.run(network, events)
        if record is not None:
            checks.append(compare("record = dynamics", record, reference, ("the record", "dynamics"), network))
        for name in engines:
            tell(progress, f"{title}: {name}")
            trace = backends.get(name)(network, events, rasters=everything, states=everything)
            if record is not None:
                checks.append(compare(f"record = {name}", record, trace, ("the record", name), network))
            checks.append(compare(f"{title}: dynamics = {name}", reference, trace, ("dynamics", name), network))
    if golden is not None and golden.fingerprints:
        checks.append(_unaltered(network, golden))
    return checks


def _unaltered(network: Network, golden: Golden) -> Check:
    now = fingerprints(network)
    altered = [
        Altered(name, int(neuron))
        for name, then in golden.fingerprints.items()
        for neuron in np.flatnonzero(now[name] != then)
    ]
    count = sum(len(then) for then in golden.fingerprints.values())
    return Check("neurons as exported", len(golden.events), 0, count, altered[0] if altered else None)


def tell(progress: Callable[[str], None] | None, text: str) -> None:
    """Report progress where somebody listens."""
    if progress is not None:
        progress(text)


def _select(trace: Trace, samples: npt.NDArray[np.int64]) -> Trace:
    def pick(arrays: Mapping[str, npt.NDArray[Any]], length: int) -> dict[str, npt.NDArray[Any]]:
        return {name: array[samples, :length] for name, array in arrays.items()}

    steps = trace.steps[samples]
    length = int(steps.max())
    return Trace(
        steps=steps,
        readout=trace.readout[samples, -length:],
        counts={name: array[samples] for name, array in trace.counts.items()},
        spikes=pick(trace.spikes, length),
        states={name: pick(states, length) for name, states in trace.states.items()},
    )
