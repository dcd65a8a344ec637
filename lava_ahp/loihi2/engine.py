"""Samples one after the other through Lava's own LIFReset, Dense and DelayDense.

:func:`run` is the engine ``loihi2stock``, in Lava's simulation; the engine ``loihi2`` is the same on another device.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import numpy as np

from lava_ahp import netx
from lava_ahp.dynamics import last_steps
from lava_ahp.errors import SpecError
from lava_ahp.loihi2.partition import Partition, partition
from lava_ahp.loihi2.planning import plan
from lava_ahp.loihi2.schedule import Schedule
from lava_ahp.network import Events, Network, Trace, as_events, memory
from lava_ahp.process.cleanup import without_log_handlers, without_registrations
from lava_ahp.process.runtime import running

# These import Lava, which lava_ahp.process prepares.
from lava_ahp.loihi2.runner.build import NO_LAGS, Built, Lags, Record, build  # isort: skip
from lava_ahp.loihi2.runner.device import Device, Simulation  # isort: skip

#: Memory of an operating system process of Lava's alone, and what each other one adds to it: 7.5 MB were measured with
#: 66 of them, and 9.8 MB with 233.
_PROCESS_BYTES, _BYTES_PER_OTHER = 6_600_000, 14_000

#: Variables that are read of a population whose states are kept, and of the output otherwise.
_READ: tuple[str, ...] = ("u", "v")
_READ_OUT: tuple[str, ...] = ("v",)


class Target(Protocol):
    """Where samples run."""

    def open(self) -> tuple[Device, Lags]:
        """The device, once the network and its input are known to be right, and the steps that it adds."""

    def running(self, built: Built) -> AbstractContextManager[Callable[[int], None]]:
        """Start a network; what the block gets runs a number of steps."""


class _Lava:
    """Lava's simulation, watched so that it cannot hang."""

    def open(self) -> tuple[Device, Lags]:
        return Simulation(), NO_LAGS

    @contextmanager
    def running(self, built: Built) -> Iterator[Callable[[int], None]]:
        with running(built.source, {}) as runner:
            yield runner.run


def run(
    network: Network | str | os.PathLike[str],
    spikes: Any,
    *,
    steps: Any = None,
    readout_steps: int | None = None,
    rasters: Collection[str] = (),
    states: Collection[str] = (),
    progress: Callable[[int], None] | None = None,
) -> Trace:
    """Run a batch of samples back to back in Lava's ``Loihi2SimCfg(select_tag="fixed_pt")``, without a Process of ours.

    What separates the samples is what a chip has, see :mod:`lava_ahp.loihi2.schedule`; that nothing leaks from one into
    the next is checked after every sample.

    Args:
        network: LIF neurons only, or the path of its file.
        spikes: input spikes in any form accepted by :func:`lava_ahp.network.as_events`.
        steps: number of time steps of each sample; only needed if ``spikes`` is a list of event arrays.
        readout_steps: keep the readout of the last ``readout_steps`` time steps of every sample; None keeps all.
        rasters: names of the populations to keep spikes of.
        states: names of the populations to keep ``u``, ``a`` (zero) and ``v`` of.
        progress: called with the number of samples just finished.

    Returns:
        The trace, without activity.

    Raises:
        NetFormatError: the file cannot be read.
        SpecError: AHP neurons, or spikes or names that do not fit the network, or a neuron that still spikes when the
            next sample begins.
        RuntimeError: an operating system process of Lava failed or was killed.
    """
    return run_on(_Lava(), network, spikes, steps, readout_steps, rasters, states, progress)


def run_on(
    target: Target,
    network: Network | str | os.PathLike[str],
    spikes: Any,
    steps: Any,
    readout_steps: int | None,
    rasters: Collection[str],
    states: Collection[str],
    progress: Callable[[int], None] | None,
) -> Trace:
    """:func:`run` on any device."""
    network = netx.as_network(network)
    events = as_events(spikes, network.input.size, steps)
    if readout_steps is not None and readout_steps < 1:
        raise SpecError(f"readout_steps: found {readout_steps}, allowed 1 or more, or None for all")
    for what, names in (("rasters", rasters), ("states", states)):
        if isinstance(names, str) or not set(names) <= set(network.names):
            raise SpecError(f"{what}: found {names!r}, allowed a collection of {list(network.names)}")
    split = partition(network)
    schedule = Schedule.of(events, network.max_delay)
    _check_memory(network, split, events, schedule, len(rasters), len(states))
    kept = int(events.steps.max()) if readout_steps is None else readout_steps
    trace = Trace.zeros(network, events.steps, kept, rasters, states)
    reads = dict.fromkeys(split.members[network.output], _READ_OUT)
    for name in states:
        reads |= dict.fromkeys(split.members[name], _READ)
    with without_registrations(), without_log_handlers():
        device, lags = target.open()
        built = build(plan(split, schedule, network.output), schedule.spikes(events), device, lags, reads=reads)
        with _recursion(len(built.processes)), target.running(built) as go:
            for sample in range(len(events)):
                go(built.steps(sample))
                record = built.record(sample)
                _check_silence(split, schedule, record, sample)
                _add(trace, sample, split, record, network.output)
                if progress is not None:
                    progress(1)
    return trace


@contextmanager
def _recursion(processes: int) -> Iterator[None]:
    """Let Lava's compiler recurse once for every Process: a network in many groups has more than a thousand."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + 2 * processes)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _check_silence(split: Partition, schedule: Schedule, record: Record, sample: int) -> None:
    """Refuse a spike that would arrive after the reset."""
    sending = {c.source for c in split.network.connections}
    for population, parts in split.members.items():
        for part, members in parts.items():
            late = record[part, "s"][schedule.interval - schedule.max_delay :]
            if part in sending and late.any():
                step, neuron = np.argwhere(late)[0]
                raise SpecError(
                    f"sample {sample}: neuron {population}[{members[neuron]}] spikes {schedule.max_delay - step} steps "
                    "before the reset, allowed none after the quench; use a smaller bias or smaller weights"
                )


def _add(trace: Trace, sample: int, split: Partition, record: Record, output: str) -> None:
    """Take over one sample, and put the parts of every population together."""
    steps = trace.steps[sample : sample + 1]
    n = int(steps[0])
    for name, parts in split.members.items():
        for part, own in parts.items():
            spikes = record[part, "s"][:n]
            trace.counts[name][sample, own] = spikes.sum(axis=0)
            if name in trace.spikes:
                trace.spikes[name][sample, :n, own] = spikes.T
            if name in trace.states:
                for key in _READ:
                    trace.states[name][key][sample, :n, own] = record[part, key][:n].T
            if name == output:
                kept = last_steps(record[part, "v"][None], steps, trace.readout.shape[1])[0]
                trace.readout[sample, :, own] = kept.T


def _check_memory(
    network: Network, split: Partition, events: Events, schedule: Schedule, rasters: int, states: int
) -> None:
    samples, length = len(events), int(events.steps.max())
    # A LIFReset and a sink for every part, and a Process for every connection.
    processes = 2 * len(split.network.populations) + len(split.network.connections)
    memory.check(
        {
            "Lava's operating system processes": processes * (_PROCESS_BYTES + _BYTES_PER_OTHER * processes),
            # Lava hands the data of a source to its Process as a whole.
            "input spikes": 12 * schedule.steps * (network.input.size + 1),
            "weights": sum(64 * c.shape[0] * c.shape[1] for c in network.connections),
            "recording": 32 * schedule.interval * network.neurons,
            "trace": samples * length * network.neurons * (rasters + 12 * states + 4),
        },
        "lower with fewer --groups, run fewer samples at a time, or keep fewer rasters or states",
    )
