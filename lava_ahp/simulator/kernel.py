"""The compiled loop over time: it runs a block of samples on a circuit, each from an all-zero state.

All integers have 32 bits.  Numba widens every operation to 64 bits; ``_i32`` after each operation lets the compiler
narrow it again, so that sixteen neurons fit into one SIMD vector.  No value exceeds 32 bits: states have 24 bits, the
drive of one step is at most ``2**30`` (checked by :class:`lava_ahp.network.Network`), and a decay multiplies 12 bits by
13 bits at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import BackendUnavailable
from lava_ahp.files.parsing import parsing
from lava_ahp.simulator.circuit import Circuit

# Numba checks its environment variables when it is imported.
with parsing("numba", "does not start", "correct or unset the variables NUMBA_*", BackendUnavailable):
    from numba import njit

_i32 = np.int32
_U_TOP = 2**23
_STATE_MAX = 2**23 - 1
_STATE_MASK = 2**24 - 1
_EIGHT = np.uint64(8)
_BYTE_ONES = np.uint64(0x0101010101010101)


class Stimulus(NamedTuple):
    """Input spikes: the arrays of :class:`lava_ahp.Events`, with channels numbered as sources of the circuit."""

    steps: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    times: npt.NDArray[np.int32]
    sources: npt.NDArray[np.int32]


class Record(NamedTuple):
    """The arrays that the kernel writes.  Neurons are numbered as in the circuit.

    Attributes:
        readout: voltages of the output population, ``int32 (sample, readout_steps, neuron)``.
        readout_start: first neuron of the output population.
        counts: spike counts, ``int32 (sample, neuron)``.
        active: counts of active updates, ``int64 (sample, population)``.
        raster: spikes of ``raster_neurons``, ``bool (sample, time, k)``.
        raster_neurons: ``int64 (k,)``.
        u: synaptic current of ``state_neurons``, ``int32 (sample, time, k)``.
        a: AHP current, as ``u``.
        v: voltage, as ``u``.
        state_neurons: ``int64 (k,)``.
    """

    readout: npt.NDArray[np.int32]
    readout_start: int
    counts: npt.NDArray[np.int32]
    active: npt.NDArray[np.int64]
    raster: npt.NDArray[np.bool_]
    raster_neurons: npt.NDArray[np.int64]
    u: npt.NDArray[np.int32]
    a: npt.NDArray[np.int32]
    v: npt.NDArray[np.int32]
    state_neurons: npt.NDArray[np.int64]


def _compile(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``njit`` with a cache on disk, or without one if no folder for it is writable."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        compiled: Callable[..., Any]
        try:
            compiled = njit(function, cache=True, **options)
        except RuntimeError:
            compiled = njit(function, **options)
        return compiled

    return decorate


@_compile(inline="always")
def _decay(x, factor):
    magnitude = _i32(abs(x))
    high = _i32(_i32(magnitude >> 12) * factor)
    low = _i32(_i32(_i32(magnitude & 4095) * factor) >> 12)
    product = _i32(high + low)
    return product if x >= 0 else _i32(-product)


@_compile(inline="always")
def _update(u, a, v, s, drive, current, voltage, ahp, weight, threshold, bias):
    """Compute one time step of adjacent neurons and set the drive to zero."""
    for i in range(u.size):
        current_now = _i32(_decay(u[i], current[i]) + drive[i])
        current_now = _i32(_i32(_i32(current_now + _STATE_MAX) & _STATE_MASK) - _STATE_MAX)
        ahp_now = _i32(max(_i32(_decay(a[i], ahp[i]) - _i32(weight[i] * s[i])), _i32(-_STATE_MAX)))
        voltage_now = _i32(_i32(_decay(v[i], voltage[i]) + current_now) + _i32(ahp_now + bias[i]))
        voltage_now = _i32(min(max(voltage_now, _i32(-_STATE_MAX)), _i32(_STATE_MAX)))
        spike = voltage_now > threshold[i]
        drive[i] = 0
        u[i] = current_now
        a[i] = ahp_now
        v[i] = _i32(0) if spike else voltage_now
        s[i] = spike


@_compile(inline="always")
def _send(circuit, source, slot, drive, touched):
    """Add the weights of one spike to the future drive of its targets, and mark the targets.

    Indices are unsigned.  An index that may be negative would count from the end, and the check for it would prevent
    vectorisation.
    """
    for b in range(circuit.bundle_ptr[source], circuit.bundle_ptr[source + np.uint64(1)]):
        arrival = slot + circuit.bundle_delay[b]
        if arrival >= circuit.delay_slots:
            arrival -= circuit.delay_slots
        row = arrival * circuit.neurons + circuit.bundle_target[b]
        begin, size = circuit.bundle_begin[b], circuit.bundle_size[b]
        if circuit.bundle_dense[b]:
            for k in range(size):
                drive[row + k] += circuit.dense_weights[begin + k]
            for k in range(size):
                touched[row + k] |= circuit.dense_synapse[begin + k]
        else:
            for k in range(begin, begin + size):
                i = row + circuit.sparse_targets[k]
                drive[i] += circuit.sparse_weights[k]
                touched[i] = 1


@_compile()
def _at_rest(u, a, v, first, last):
    """Whether all states of adjacent neurons are zero; it seldom looks beyond the first neuron."""
    for i in range(first, last):
        if u[i] != 0 or a[i] != 0 or v[i] != 0:
            return i == last
    return True


@_compile()
def _wake(circuit, touched_words, now, resting):
    """Wake the populations at which something arrives, and count those that stay at rest."""
    asleep = 0
    for p in range(resting.size):
        if resting[p]:
            arrived = np.uint64(0)
            for w in range((now + circuit.starts[p]) // _EIGHT, (now + circuit.starts[p + 1]) // _EIGHT):
                arrived |= touched_words[w]
            resting[p] = arrived == 0
            asleep += resting[p]
    return asleep


@_compile()
def _update_awake(circuit, u, a, v, s, drive, resting):
    """Compute one time step of the populations that are not at rest, adjacent ones together."""
    p = 0
    while p < resting.size:
        if resting[p]:
            p += 1
            continue
        i = circuit.starts[p]
        while p < resting.size and not resting[p]:
            p += 1
        k = circuit.starts[p]
        _update(
            u[i:k], a[i:k], v[i:k], s[i:k], drive[i:k],
            circuit.current_factor[i:k], circuit.voltage_factor[i:k], circuit.ahp_factor[i:k],
            circuit.ahp_weight[i:k], circuit.threshold[i:k], circuit.bias[i:k],
        )  # fmt: skip


@_compile(nogil=True)
def run_block(circuit: Circuit, stimulus: Stimulus, record: Record, first: int, last: int) -> None:
    """Run the samples ``first..last - 1`` and write their rows of the record."""
    neurons = circuit.neurons
    u, a, v = np.empty(neurons, np.int32), np.empty(neurons, np.int32), np.empty(neurons, np.int32)
    s = np.empty(neurons, np.uint8)
    # A ring buffer of future drive: one slot of all neurons for each time step ahead.
    drive = np.empty(circuit.delay_slots * neurons, np.int32)
    touched = np.empty(circuit.delay_slots * neurons, np.uint8)
    # The flags are bytes of 0 or 1; these views read eight of them at a time.
    s_words, touched_words = s.view(np.uint64), touched.view(np.uint64)
    fired = np.empty(circuit.bundle_ptr.size, np.uint64)
    populations = circuit.starts.size - 1
    resting = np.empty(populations, np.bool_)
    readout_steps = record.readout.shape[1]
    outputs = record.readout.shape[2]

    for sample in range(first, last):
        u[:], a[:], v[:], s[:], drive[:], touched[:] = 0, 0, 0, 0, 0, 0
        resting[:] = circuit.rests
        asleep = np.count_nonzero(resting)
        event, last_event = stimulus.offsets[sample], stimulus.offsets[sample + 1]
        steps = stimulus.steps[sample]
        slot = np.uint64(0)
        for t in range(steps):
            now = slot * neurons
            # A population whose states are zero stays at zero as long as nothing arrives.
            if asleep:
                asleep = _wake(circuit, touched_words, now, resting)
            if asleep:
                _update_awake(circuit, u, a, v, s, drive[now : now + neurons], resting)
            else:
                _update(
                    u, a, v, s, drive[now : now + neurons],
                    circuit.current_factor, circuit.voltage_factor, circuit.ahp_factor,
                    circuit.ahp_weight, circuit.threshold, circuit.bias,
                )  # fmt: skip
            spikes = np.uint64(0)
            for p in range(populations):
                if resting[p]:
                    continue
                active = np.uint64(0)
                for w in range(circuit.starts[p] // _EIGHT, circuit.starts[p + 1] // _EIGHT):
                    active += ((touched_words[now // _EIGHT + w] | s_words[w]) * _BYTE_ONES) >> np.uint64(56)
                    touched_words[now // _EIGHT + w] = 0
                    if s_words[w] != 0:
                        for i in range(_EIGHT * w, _EIGHT * w + _EIGHT):
                            fired[spikes] = i
                            spikes += np.uint64(s[i])
                record.active[sample, p] += np.int64(active)
                if active == 0 and circuit.rests[p] and _at_rest(u, a, v, circuit.starts[p], circuit.starts[p + 1]):
                    resting[p] = True
                    asleep += 1
            for k in range(spikes):
                record.counts[sample, fired[k]] += 1
            while event < last_event and stimulus.times[event] == t:
                fired[spikes] = stimulus.sources[event]
                spikes += np.uint64(1)
                event += 1
            for k in range(spikes):
                _send(circuit, fired[k], slot, drive, touched)
            slot += np.uint64(1)
            if slot == circuit.delay_slots:
                slot = np.uint64(0)

            row = t - steps + readout_steps
            if row >= 0:
                for k in range(outputs):
                    record.readout[sample, row, k] = v[record.readout_start + k]
            for k in range(record.raster_neurons.size):
                record.raster[sample, t, k] = s[record.raster_neurons[k]] != 0
            for k in range(record.state_neurons.size):
                i = record.state_neurons[k]
                record.u[sample, t, k], record.a[sample, t, k], record.v[sample, t, k] = u[i], a[i], v[i]
