"""Run a network in Lava: compile it once, then run any number of samples, each from an all-zero state."""

import os
from collections.abc import Callable, Collection, Iterable
from typing import Any

from lava.magma.core.process.process import AbstractProcess
from lava.proc.dense.models import PyDelayDenseModelBitAcc, PyDenseModelBitAcc
from lava.proc.dense.process import DelayDense, Dense
from lava.proc.sparse.models import PyDelaySparseModelBitAcc, PySparseModelBitAcc
from lava.proc.sparse.process import DelaySparse, Sparse

from lava_ahp import netx
from lava_ahp.dynamics import last_steps
from lava_ahp.errors import SpecError
from lava_ahp.network import as_events, graph, memory
from lava_ahp.process.ahp import AHP
from lava_ahp.process.cleanup import without_log_handlers, without_registrations
from lava_ahp.process.models import PyAHPModelFixed
from lava_ahp.process.network import Network, PyNetworkModelFixed
from lava_ahp.process.recording import Recording, caching_delays, clearing, recorded
from lava_ahp.process.runtime import running
from lava_ahp.process.source import PySpikeSourceModel, SpikeSource
from lava_ahp.process.synapses import is_sparse

STATES = ("u", "a", "v")

_MODELS: dict[type[AbstractProcess], Any] = {
    Network: PyNetworkModelFixed,
    SpikeSource: PySpikeSourceModel,
    AHP: recorded(PyAHPModelFixed),
    Dense: clearing(PyDenseModelBitAcc),
    Sparse: clearing(PySparseModelBitAcc),
    DelayDense: clearing(caching_delays(PyDelayDenseModelBitAcc)),
    DelaySparse: clearing(caching_delays(PyDelaySparseModelBitAcc)),
}


def run(
    network: graph.Network | str | os.PathLike[str],
    spikes: Any,
    *,
    steps: Any = None,
    readout_steps: int | None = None,
    rasters: Collection[str] = (),
    states: Collection[str] = (),
    progress: Callable[[int], None] | None = None,
) -> graph.Trace:
    """Run a batch of samples in Lava's bit-accurate simulation of Loihi 2 (``Loihi2SimCfg``, ``fixed_pt``).

    All states and dendritic buffers are cleared at the start of every sample, so no spikes carry over from the previous
    one.  All operating system processes that Lava starts are ended before this function returns or raises, also on
    Ctrl-C.

    Args:
        network: the network to run, or the path of its file.
        spikes: input spikes in any form accepted by :func:`lava_ahp.network.as_events`, with one channel per neuron
            of the input population.
        steps: number of time steps of each sample; only needed if ``spikes`` is a list of event arrays.
        readout_steps: keep the readout of the last ``readout_steps`` time steps of every sample; None keeps all.
        rasters: names of the populations to keep spikes of.
        states: names of the populations to keep ``u``, ``a`` and ``v`` of.
        progress: called with the number of samples just finished.

    Returns:
        The trace, without activity.

    Raises:
        NetFormatError: the file cannot be read.
        SpecError: the spikes or names do not fit the network, or ``readout_steps`` is less than 1, or the run does not
            fit into memory.
        RuntimeError: an operating system process of Lava failed or was killed.
    """
    network = netx.as_network(network)
    events = as_events(spikes, network.input.size, steps)
    if readout_steps is not None and readout_steps < 1:
        raise SpecError(f"readout_steps: found {readout_steps}, allowed 1 or more, or None for all")
    rasters, states = _known(network, rasters, "rasters"), _known(network, states, "states")
    length = int(events.steps.max())
    kept_steps = length if readout_steps is None else min(readout_steps, length)
    keep: dict[str, set[str]] = {name: set() for name in (*states, *rasters, network.output)}
    for name in states:
        keep[name].update(STATES)
    for name in rasters:
        keep[name].add("s")
    keep[network.output].add("v")

    _check_memory(network, len(events), length, kept_steps, keep)
    trace = graph.Trace.zeros(network, events.steps, kept_steps, rasters, states)
    with without_registrations(), without_log_handlers():
        recording = Recording(network, length, keep)
        process, source = Network(network), SpikeSource(recording)
        source.s_out.connect(process.inp)
        for inner in process.processes:
            inner.proc_params["recording"] = recording
        models = {p: _MODELS[type(p)] for p in (process, source, *process.processes)}
        with running(source, models) as runner:
            for sample in range(len(events)):
                span = slice(events.offsets[sample], events.offsets[sample + 1])
                recording.spikes[:] = False
                recording.spikes[events.times[span], events.sources[span]] = True
                # Lava counts time steps from 1.
                recording.start = runner.steps_done + 1
                for counts in recording.counts.values():
                    counts[:] = 0
                runner.run(int(events.steps[sample]))
                _add(trace, sample, recording, network.output)
                if progress is not None:
                    progress(1)
    return trace


def _check_memory(
    network: graph.Network, samples: int, length: int, readout_steps: int, keep: dict[str, set[str]]
) -> None:
    kept = sum(network[name].size * len(variables) for name, variables in keep.items())
    memory.check(
        {
            # Weights as matrices of 64 bits with temporary ones; the operating system processes share them.
            "weights": sum(_weight_bytes(c) for c in network.connections),
            # Parameters, states and messages of 32 and 64 bits, in this process and in Lava's.
            "neuron states": 200 * network.neurons,
            "synaptic delays": sum(8 * c.shape[0] * network.max_delay for c in network.connections),
            "recording": length * (network.input.size + 4 * kept),
            "trace": 4 * samples * (length * kept + network.neurons + readout_steps * network[network.output].size),
        },
        "run fewer samples at a time, keep fewer rasters or states, or use a smaller network",
    )


def _weight_bytes(connection: graph.Connection) -> int:
    sparse = is_sparse(connection.shape, connection.synapses)
    return 40 * (connection.synapses if sparse else connection.shape[0] * connection.shape[1])


def _known(network: graph.Network, names: Iterable[str], what: str) -> tuple[str, ...]:
    names = (names,) if isinstance(names, str) else tuple(names)
    allowed = list(network.names)
    for name in names:
        if name not in allowed:
            raise SpecError(f"{what}: found {name!r}, allowed {allowed}")
    return names


def _add(trace: graph.Trace, sample: int, recording: Recording, output: str) -> None:
    """Take over the recording of one sample."""
    steps = trace.steps[sample : sample + 1]
    n = int(steps[0])
    trace.readout[sample] = last_steps(recording.rows[output]["v"][None], steps, trace.readout.shape[1])[0]
    for name, counts in trace.counts.items():
        counts[sample] = recording.counts[name]
    for name, raster in trace.spikes.items():
        raster[sample, :n] = recording.rows[name]["s"][:n]
    for name, states in trace.states.items():
        for key, values in states.items():
            values[sample, :n] = recording.rows[name][key][:n]
