"""The arithmetic of docs/numerics.md in plain NumPy, written for readability rather than speed.

:func:`step` computes one time step of one population, and :func:`run` a whole network.  The simulator, the training
kernels and the Lava process do not use this module: they are separate implementations, and tests check that all of
them give equal results.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Connection, Network, Trace, as_events, memory
from lava_ahp.network import fixedpoint as fx


class AHPState(NamedTuple):
    """State of a population after a time step: ``u``, ``a``, ``v`` are ``int64 (..., neuron)``, ``s`` is boolean."""

    u: npt.NDArray[np.int64]
    a: npt.NDArray[np.int64]
    v: npt.NDArray[np.int64]
    s: npt.NDArray[np.bool_]

    @classmethod
    def zeros(cls, shape: tuple[int, ...]) -> AHPState:
        """The state at the start of a sample."""
        zero = np.zeros(shape, dtype=np.int64)
        return cls(u=zero, a=zero, v=zero, s=np.zeros(shape, dtype=bool))


def step(state: AHPState, drive: npt.NDArray[np.int64], p: Mapping[str, npt.NDArray[np.int64]]) -> AHPState:
    """Compute one time step.

    Args:
        state: state after the previous step.
        drive: for each neuron, the sum of ``weight * 2**exponent`` over the spikes that arrive in this step, where
            ``exponent`` belongs to the connection: ``int64 (..., neuron)``.
        p: neuron parameters, as returned by :meth:`lava_ahp.network.Population.parameters`.

    Returns:
        The state after this step.
    """
    u = fx.wrap(fx.decay(state.u, p["current_decay"]) + (drive << (fx.STATE_SHIFT + p["input_exponent"])))
    a = fx.saturate(fx.decay(state.a, p["ahp_decay"]) - p["ahp_weight"] * state.s)
    v = fx.saturate(fx.decay(state.v, p["voltage_decay"]) + u + a + p["bias"])
    s = v > (p["threshold"] << fx.STATE_SHIFT)
    return AHPState(u, a, np.where(s, 0, v), s)


def run(network: Network, spikes: Any, *, steps: Any = None) -> Trace:
    """Run a batch of samples and record everything.  Every sample starts from an all-zero state.

    Args:
        network: the network to run.
        spikes: input spikes in any form accepted by :func:`lava_ahp.network.as_events`, with one channel per neuron
            of the input population.
        steps: number of time steps of each sample; only needed if ``spikes`` is a list of event arrays.

    Returns:
        A trace with the readout of every step, and the spikes and states of every population.

    Raises:
        SpecError: the spikes do not fit the network, or the run does not fit into memory.
    """
    events = as_events(spikes, network.input.size, steps)
    samples, length = len(events), int(events.steps.max())
    _check_memory(network, samples, length)
    incoming = events.to_dense()
    parameters = {p.name: p.parameters() for p in network}
    state = {p.name: AHPState.zeros((samples, p.size)) for p in network}
    rasters = {p.name: np.zeros((samples, length, p.size), dtype=bool) for p in network}
    states = {p.name: {k: np.zeros((samples, length, p.size), dtype=np.int32) for k in "uav"} for p in network}
    synapses = _synapses(network)
    # past[d - 1] holds the spikes that every population emitted d steps ago.
    past: deque[dict[str, npt.NDArray[np.bool_]]] = deque(maxlen=network.max_delay)

    for t in range(length):
        drive = {p.name: np.zeros((samples, p.size), dtype=np.int64) for p in network}
        for c, sources, by_delay in synapses:
            for delay, weights in by_delay:
                if delay <= len(past):
                    spiking = past[delay - 1][c.source][:, sources]
                    # Most populations are silent in most steps.
                    if spiking.any():
                        drive[c.target] += (spiking @ weights) << c.exponent
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


def _check_memory(network: Network, samples: int, length: int) -> None:
    # Connections that share weights share the matrices.
    matrices = {_matrix_key(c): _entries(c) * len(np.unique(c.delays)) for c in network.connections}
    memory.check(
        {
            # A matrix of 64 bits for each delay, and temporary ones.
            "weights": 8 * sum(matrices.values()) + 16 * max((_entries(c) for c in network.connections), default=0),
            # States, drive and parameters of 64 bits with temporary results, and the spikes in flight.
            "neuron states": samples * network.neurons * (16 * 8 + network.max_delay),
            "input spikes": samples * length * network.input.size,
            "rasters and states": 13 * samples * length * network.neurons,
        },
        "run fewer samples at a time, or use a smaller network",
    )


class _Synapses(NamedTuple):
    """A connection, the part of its source population that has synapses, and their weights.

    Attributes:
        by_delay: for every delay that occurs, the weights ``(source, target)`` of the synapses with that delay.
    """

    connection: Connection
    sources: slice
    by_delay: list[tuple[int, npt.NDArray[np.int64]]]


def _synapses(network: Network) -> list[_Synapses]:
    known: dict[tuple[int, Any], list[tuple[int, npt.NDArray[np.int64]]]] = {}
    found = []
    for c in network.connections:
        if (key := _matrix_key(c)) not in known:
            known[key] = _weights_by_delay(c)
        found.append(_Synapses(c, _sources(c), known[key]))
    return found


def _matrix_key(connection: Connection) -> tuple[int, Any]:
    """What the matrices of a connection depend on."""
    delays = connection.delay if connection.delay is not None else connection.delays.tobytes()
    return id(connection.weights.base), delays


def _sources(connection: Connection) -> slice:
    return slice(connection.weights.first, connection.weights.first + connection.weights.base.shape[1])


def _entries(connection: Connection) -> int:
    return connection.weights.base.shape[0] * connection.weights.base.shape[1]


def _weights_by_delay(connection: Connection) -> list[tuple[int, npt.NDArray[np.int64]]]:
    base = connection.weights.base
    found = []
    for delay in np.unique(connection.delays):
        chosen = connection.delays == delay
        weights = np.zeros(base.shape[::-1], dtype=np.int64)
        weights[base.sources[chosen], base.targets[chosen]] = base.values[chosen]
        found.append((int(delay), weights))
    return found


def last_steps(values: npt.NDArray[Any], steps: npt.NDArray[np.int64], readout_steps: int) -> npt.NDArray[Any]:
    """The last ``readout_steps`` steps of every sample, padded with zeros in front if a sample is shorter.

    Args:
        values: ``(sample, time, neuron)``.
        steps: number of time steps of every sample, ``(sample,)``.
        readout_steps: number of time steps to keep.

    Returns:
        ``(sample, readout_steps, neuron)``.
    """
    time = steps[:, None] - readout_steps + np.arange(readout_steps)
    kept = values[np.arange(len(steps))[:, None], np.maximum(time, 0)]
    return np.where((time >= 0)[..., None], kept, 0)
