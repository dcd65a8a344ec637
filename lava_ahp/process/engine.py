"""Run a network in Lava: one compilation, any number of samples, each from an all-zero state."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from lava.magma.core.process.process import AbstractProcess
from lava.proc.dense.models import PyDelayDenseModelBitAcc, PyDenseModelBitAcc
from lava.proc.dense.process import DelayDense, Dense
from lava.proc.sparse.models import PyDelaySparseModelBitAcc, PySparseModelBitAcc
from lava.proc.sparse.process import DelaySparse, Sparse

from lava_ahp.dynamics import last_steps
from lava_ahp.errors import SpecError
from lava_ahp.network import as_events, graph
from lava_ahp.process.ahp import AHP
from lava_ahp.process.models import PyAHPModelFixed
from lava_ahp.process.network import Network, PyNetworkModelFixed
from lava_ahp.process.runtime import running
from lava_ahp.process.source import PySpikeSourceModel, SpikeSource
from lava_ahp.process.surroundings import forgotten_afterwards, without_log_handlers
from lava_ahp.process.tape import Tape, clearing, clearing_delays, noting

STATES = ("u", "a", "v")

_MODELS: dict[type[AbstractProcess], Any] = {
    Network: PyNetworkModelFixed,
    SpikeSource: PySpikeSourceModel,
    AHP: noting(PyAHPModelFixed),
    Dense: clearing(PyDenseModelBitAcc),
    Sparse: clearing(PySparseModelBitAcc),
    DelayDense: clearing_delays(PyDelayDenseModelBitAcc),
    DelaySparse: clearing_delays(PyDelaySparseModelBitAcc),
}


def run(
    network: graph.Network,
    spikes: Any,
    *,
    steps: Any = None,
    readout_steps: int | None = None,
    rasters: Collection[str] = (),
    states: Collection[str] = (),
    progress: Callable[[int], None] | None = None,
) -> graph.Trace:
    """Run a batch of samples in Lava's bit-accurate simulation of Loihi 2 (``Loihi2SimCfg``, ``fixed_pt``).

    Every state and every dendritic buffer is cleared where a sample begins, so that nothing is in flight there.  All
    processes that Lava starts are ended before this returns or raises, also on Ctrl-C.

    Args:
        network: what to run.
        spikes: any form that :func:`lava_ahp.network.as_events` takes, channels as the input population has.
        steps: steps of the samples where ``spikes`` is a list of event arrays.
        readout_steps: keep the readout of the last so many steps; None keeps all.
        rasters: populations whose spikes to keep.
        states: populations whose ``u``, ``a`` and ``v`` to keep.
        progress: called with the number of samples just finished.

    Returns:
        The trace, without activity.

    Raises:
        SpecError: spikes that do not fit the network, a population that is not there, or a readout of no steps.
        RuntimeError: a process of Lava failed or was killed.
    """
    events = as_events(spikes, network.input.size, steps)
    if readout_steps is not None and readout_steps < 1:
        raise SpecError(f"readout_steps: found {readout_steps}, allowed 1 or more, or None for all")
    rasters, states = _known(network, rasters, "rasters"), _known(network, states, "states")
    length = int(events.steps.max())
    window = length if readout_steps is None else min(readout_steps, length)
    keep: dict[str, set[str]] = {name: set() for name in (*states, *rasters, network.output)}
    for name in states:
        keep[name].update(STATES)
    for name in rasters:
        keep[name].add("s")
    keep[network.output].add("v")

    trace = _Recorder(network, events.steps, window, rasters, states)
    with forgotten_afterwards(), without_log_handlers():
        tape = Tape(network, length, keep)
        process, source = Network(network), SpikeSource(tape)
        source.s_out.connect(process.inp)
        for inner in process.processes:
            inner.proc_params["tape"] = tape
        models = {p: _MODELS[type(p)] for p in (process, source, *process.processes)}
        with running(source, models) as runner:
            for sample in range(len(events)):
                mine = slice(events.offsets[sample], events.offsets[sample + 1])
                tape.spikes[:] = False
                tape.spikes[events.times[mine], events.sources[mine]] = True
                # Lava counts its steps from 1.
                tape.start = runner.steps_done + 1
                for counts in tape.counts.values():
                    counts[:] = 0
                runner.advance(int(events.steps[sample]))
                trace.note(sample, tape)
                if progress is not None:
                    progress(1)
    return trace.finish()


def _known(network: graph.Network, names: Iterable[str], what: str) -> tuple[str, ...]:
    names = (names,) if isinstance(names, str) else tuple(names)
    allowed = list(network.names)
    for name in names:
        if name not in allowed:
            raise SpecError(f"{what}: found {name!r}, allowed {allowed}")
    return names


class _Recorder:
    """Gathers the tapes of all samples into a trace."""

    def __init__(
        self,
        network: graph.Network,
        steps: npt.NDArray[np.int64],
        window: int,
        rasters: Collection[str],
        states: Collection[str],
    ) -> None:
        samples, length = len(steps), int(steps.max())
        size = {p.name: p.size for p in network}
        self._output, self._steps, self._readout_steps = network.output, steps, window
        self._readout = np.zeros((samples, window, size[network.output]), dtype=np.int32)
        self._counts = {name: np.zeros((samples, n), dtype=np.int32) for name, n in size.items()}
        self._spikes = {name: np.zeros((samples, length, size[name]), dtype=bool) for name in rasters}
        self._states = {
            name: {key: np.zeros((samples, length, size[name]), dtype=np.int32) for key in STATES} for name in states
        }

    def note(self, sample: int, tape: Tape) -> None:
        steps = self._steps[sample : sample + 1]
        n = int(steps[0])
        self._readout[sample] = last_steps(tape.rows[self._output]["v"][None], steps, self._readout_steps)[0]
        for name, counts in self._counts.items():
            counts[sample] = tape.counts[name]
        for name, raster in self._spikes.items():
            raster[sample, :n] = tape.rows[name]["s"][:n]
        for name, states in self._states.items():
            for key, values in states.items():
                values[sample, :n] = tape.rows[name][key][:n]

    def finish(self) -> graph.Trace:
        return graph.Trace(
            steps=self._steps, readout=self._readout, counts=self._counts, spikes=self._spikes, states=self._states
        )
