"""The arithmetic of section 1 of docs/numerics.md in plain NumPy: to be read, not to be fast.

:func:`step` is one time step of one population; :func:`run` is a whole network.  The simulator, the training
kernel and the Lava process are written apart from this and held equal to it by tests.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Connection, Network, Trace, as_events
from lava_ahp.network import fixedpoint as fx


class AHPState(NamedTuple):
    """State of a population after a step, each ``int64 (..., neuron)``; ``s`` is boolean."""

    u: npt.NDArray[np.int64]
    a: npt.NDArray[np.int64]
    v: npt.NDArray[np.int64]
    s: npt.NDArray[np.bool_]

    @classmethod
    def zeros(cls, shape: tuple[int, ...]) -> AHPState:
        """State at the start of a sample."""
        zero = np.zeros(shape, dtype=np.int64)
        return cls(u=zero, a=zero, v=zero, s=np.zeros(shape, dtype=bool))


def step(state: AHPState, drive: npt.NDArray[np.int64], p: Mapping[str, npt.NDArray[np.int64]]) -> AHPState:
    """One time step.

    Args:
        state: what the step before left.
        drive: sum of the weights of the spikes that arrive now, each counted ``2**exponent`` times for the
            exponent of its connection, ``int64 (..., neuron)``.
        p: parameters of the neurons, as :meth:`lava_ahp.network.Population.parameters` gives them.
    """
    u = fx.wrap(fx.decay(state.u, p["current_decay"]) + (drive << (fx.STATE_SHIFT + p["input_exponent"])))
    a = fx.saturate(fx.decay(state.a, p["ahp_decay"]) - p["ahp_weight"] * state.s)
    v = fx.saturate(fx.decay(state.v, p["voltage_decay"]) + u + a + p["bias"])
    s = v > (p["threshold"] << fx.STATE_SHIFT)
    return AHPState(u, a, np.where(s, 0, v), s)


def run(network: Network, spikes: Any, *, steps: Any = None) -> Trace:
    """Run a batch of samples, every one from an all-zero state, and keep everything.

    Args:
        network: what to run.
        spikes: any form that :func:`lava_ahp.network.as_events` takes, channels as the input population has.
        steps: steps of the samples where ``spikes`` is a list of event arrays.

    Returns:
        A trace with the readout of every step, and rasters and states of every population.

    Raises:
        SpecError: spikes that do not fit the network.
    """
    events = as_events(spikes, network.input.size, steps)
    samples, length = len(events), int(events.steps.max())
    incoming = events.to_dense()
    parameters = {p.name: p.parameters() for p in network}
    state = {p.name: AHPState.zeros((samples, p.size)) for p in network}
    rasters = {p.name: np.zeros((samples, length, p.size), dtype=bool) for p in network}
    states = {p.name: {k: np.zeros((samples, length, p.size), dtype=np.int32) for k in "uav"} for p in network}
    synapses = [(c, _weights_by_delay(c)) for c in network.connections]
    # past[d - 1] holds what every population emitted d steps ago.
    past: deque[dict[str, npt.NDArray[np.bool_]]] = deque(maxlen=network.max_delay)

    for t in range(length):
        drive = {p.name: np.zeros((samples, p.size), dtype=np.int64) for p in network}
        for c, by_delay in synapses:
            for delay, weights in by_delay:
                if delay <= len(past):
                    drive[c.target] += (past[delay - 1][c.source] @ weights) << c.exponent
        running = (t < events.steps)[:, None]
        for name, p in parameters.items():
            state[name] = step(state[name], drive[name], p)
            rasters[name][:, t] = state[name].s & running
            for key in "uav":
                states[name][key][:, t] = np.where(running, getattr(state[name], key), 0)
        past.appendleft({network.input.name: incoming[:, t], **{name: s.s for name, s in state.items()}})

    return Trace(
        steps=events.steps,
        readout=last_steps(states[network.output]["v"], events.steps, length),
        counts={name: raster.sum(axis=1, dtype=np.int32) for name, raster in rasters.items()},
        spikes=rasters,
        states=states,
    )


def _weights_by_delay(connection: Connection) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """Weights ``(source, target)`` of the synapses of every delay that occurs."""
    weights, delays = connection.dense(), connection.dense_delays()
    return [(int(d), np.where(delays == d, weights, 0).T.astype(np.int64)) for d in np.unique(connection.delays)]


def last_steps(values: npt.NDArray[Any], steps: npt.NDArray[np.int64], readout_steps: int) -> npt.NDArray[Any]:
    """The last ``readout_steps`` steps of every sample, zeros in front where a sample is shorter.

    Args:
        values: ``(sample, time, neuron)``.
        steps: ``(sample,)``, steps of every sample.
        readout_steps: how many.

    Returns:
        ``(sample, readout_steps, neuron)``.
    """
    time = steps[:, None] - readout_steps + np.arange(readout_steps)
    kept = values[np.arange(len(steps))[:, None], np.maximum(time, 0)]
    return np.where((time >= 0)[..., None], kept, 0)
