"""Run a network on input spikes: allocate memory, distribute the samples over threads, collect the trace."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp import netx
from lava_ahp.errors import SpecError
from lava_ahp.network import Activity, Events, Network, Trace, as_events, memory
from lava_ahp.simulator.circuit import Circuit, compile_circuit
from lava_ahp.simulator.kernel import Record, Stimulus, run_block
from lava_ahp.simulator.wires import LANES, compiled_bytes

#: Blocks of samples per thread: enough to balance samples of different length and to report progress.
BLOCKS_PER_THREAD = 16


def simulate(
    network: Network | str | os.PathLike[str],
    spikes: Any,
    *,
    steps: Any = None,
    readout_steps: int | None = None,
    rasters: Collection[str] = (),
    states: Collection[str] = (),
    activity: bool = True,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Trace:
    """Run a batch of samples with exactly the arithmetic of docs/numerics.md, each sample from an all-zero state.

    The very first call compiles the kernel, which takes some seconds, and caches it on disk: beside the package, or in
    the folder that the environment variable ``NUMBA_CACHE_DIR`` names.  The number of threads does not affect the
    result.

    Args:
        network: the network to run, or the path of its file.
        spikes: zeros and ones ``(sample, time, channel)`` as a NumPy array or torch tensor, :class:`lava_ahp.Events`,
            or for each sample an array ``(event, 2)`` of time and channel.  Events need the least memory.
        steps: number of time steps of each sample; only needed if ``spikes`` is a list of event arrays.
        readout_steps: keep the readout of the last ``readout_steps`` time steps of every sample; None keeps all.
        rasters: names of the populations to keep spikes of.
        states: names of the populations to keep ``u``, ``a`` and ``v`` of.
        activity: whether to count :class:`lava_ahp.network.Activity`.
        threads: number of threads, each of which runs whole samples; None uses every core available to this process.
        progress: called in the calling thread with the number of samples just finished.

    Returns:
        The trace.  ``readout`` is ``(sample, readout_steps, neuron)``, padded with zeros in front if a sample is
        shorter.

    Raises:
        NetFormatError: the file cannot be read.
        SpecError: the spikes or names do not fit the network, or the run does not fit into memory.
    """
    network = netx.as_network(network)
    events = as_events(spikes, network.input.size, steps)
    kept_steps = int(events.steps.max()) if readout_steps is None else readout_steps
    if not isinstance(kept_steps, (int, np.integer)) or kept_steps < 1:
        raise SpecError(f"readout_steps: found {readout_steps!r}, allowed 1 or more, or None for all")
    workers = _usable_cores() if threads is None else threads
    if not isinstance(workers, (int, np.integer)) or workers < 1:
        raise SpecError(f"threads: found {threads!r}, allowed 1 or more, or None for every core")
    kept = {"rasters": _names(network, rasters, "rasters"), "states": _names(network, states, "states")}
    workers = min(int(workers), len(events))
    _check_memory(network, events, int(kept_steps), kept, workers)

    circuit = compile_circuit(network)
    record = _allocate(network, circuit, events, int(kept_steps), kept)
    stimulus = Stimulus(
        steps=np.require(events.steps, np.int64, ("C", "W")),
        offsets=np.require(events.offsets, np.int64, ("C", "W")),
        times=np.require(events.times, np.int32, ("C", "W")),
        sources=events.sources.astype(np.int32) + np.int32(circuit.neurons),
    )
    _run_all(circuit, stimulus, record, workers, progress)
    return _trace(network, circuit, events, record, kept, activity)


def _run_all(
    circuit: Circuit, stimulus: Stimulus, record: Record, workers: int, progress: Callable[[int], None] | None
) -> None:
    samples = len(stimulus.steps)
    size = -(-samples // (workers * BLOCKS_PER_THREAD))
    with ThreadPoolExecutor(workers) as pool:
        blocks = {}
        for first in range(0, samples, size):
            last = min(first + size, samples)
            blocks[pool.submit(run_block, circuit, stimulus, record, first, last)] = last - first
        try:
            for done in as_completed(blocks):
                done.result()
                if progress is not None:
                    progress(blocks[done])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _names(network: Network, names: Collection[str], what: str) -> list[str]:
    known = list(network.names)
    if isinstance(names, str) or not set(names) <= set(known):
        raise SpecError(f"{what}: found {names!r}, allowed a collection of {known}")
    return [name for name in known if name in names]


def _check_memory(
    network: Network, events: Events, readout_steps: int, kept: dict[str, list[str]], workers: int
) -> None:
    samples, length = len(events), int(events.steps.max())
    neurons = sum(-(-p.size // LANES) * LANES for p in network)
    width = {what: sum(network[name].size for name in names) for what, names in kept.items()}
    memory.check(
        {
            "network": compiled_bytes(network),
            "neuron states": workers * neurons * (16 + 5 * network.max_delay),
            "input spikes": 16 * len(events.times),
            "spike counts": 8 * samples * neurons,
            "readout": 4 * samples * readout_steps * network[network.output].size,
            "rasters": samples * length * width["rasters"],
            "states": 12 * samples * length * width["states"],
        },
        "run fewer samples at a time, keep fewer readout_steps, rasters or states, or use a smaller network",
    )


def _allocate(
    network: Network, circuit: Circuit, events: Events, readout_steps: int, kept: dict[str, list[str]]
) -> Record:
    samples, length = len(events), int(events.steps.max())
    starts = _starts(network, circuit)
    neurons = {
        what: np.concatenate([np.zeros(0, np.int64)] + [starts[n] + np.arange(network[n].size) for n in names])
        for what, names in kept.items()
    }
    state_shape = (samples, length, len(neurons["states"]))
    return Record(
        readout=np.zeros((samples, readout_steps, network[network.output].size), np.int32),
        readout_start=starts[network.output],
        counts=np.zeros((samples, int(circuit.neurons)), np.int32),
        active=np.zeros((samples, len(starts)), np.int64),
        raster=np.zeros((samples, length, len(neurons["rasters"])), np.bool_),
        raster_neurons=neurons["rasters"],
        u=np.zeros(state_shape, np.int32),
        a=np.zeros(state_shape, np.int32),
        v=np.zeros(state_shape, np.int32),
        state_neurons=neurons["states"],
    )


def _starts(network: Network, circuit: Circuit) -> dict[str, int]:
    return {p.name: int(start) for p, start in zip(network, circuit.starts[:-1], strict=True)}


def _trace(
    network: Network, circuit: Circuit, events: Events, record: Record, kept: dict[str, list[str]], activity: bool
) -> Trace:
    starts = _starts(network, circuit)
    counts = {name: record.counts[:, start : start + network[name].size] for name, start in starts.items()}
    columns = {what: _columns(network, names) for what, names in kept.items()}
    return Trace(
        steps=events.steps,
        readout=record.readout,
        counts=counts,
        spikes={name: record.raster[..., where] for name, where in columns["rasters"].items()},
        states={
            name: {"u": record.u[..., where], "a": record.a[..., where], "v": record.v[..., where]}
            for name, where in columns["states"].items()
        },
        activity=_activity(network, events, counts, record.active) if activity else None,
    )


def _columns(network: Network, names: list[str]) -> dict[str, slice]:
    ends = np.cumsum([network[name].size for name in names])
    return {name: slice(int(end) - network[name].size, int(end)) for name, end in zip(names, ends, strict=True)}


def _activity(
    network: Network, events: Events, counts: dict[str, npt.NDArray[np.int32]], active: npt.NDArray[np.int64]
) -> Activity:
    # Connections with the same source and weights have the same counts.
    synops: dict[tuple[str, int], npt.NDArray[np.int64]] = {}
    for c in network.connections:
        key, fan_out = (c.source, id(c.weights)), c.weights.fan_out
        if key in synops:
            continue
        if c.source == network.input.name:
            total = np.concatenate([[0], np.cumsum(fan_out[events.sources])])
            synops[key] = total[events.offsets[1:]] - total[events.offsets[:-1]]
        else:
            synops[key] = counts[c.source] @ fan_out
    return Activity(
        steps=events.steps,
        spikes={
            network.input.name: np.diff(events.offsets),
            **{name: spikes.sum(axis=1, dtype=np.int64) for name, spikes in counts.items()},
        },
        synops=tuple(synops[c.source, id(c.weights)] for c in network.connections),
        updates={p.name: events.steps * p.size for p in network},
        active_updates={p.name: active[:, k].copy() for k, p in enumerate(network)},
    )
