"""The compiled loops over time, forward in integers, for a few samples at a time.

Arrays are ``(sample, time, neuron)``.  Weights are ``(source, target)``, so that the weights of one spike are one row.
There is a multiple of 64 neurons, of which the last ones may be no neurons: their thresholds are out of reach.

States have 24 bits, and a decay multiplies 12 of them at a time.  Only the sum for ``u`` can exceed 32 bits, and it is
taken modulo ``2**24`` anyway.  Voltages are kept as the sums that they are before they are clipped: the backward pass
then has ``u`` as what is left of such a sum without the parts of ``v`` and ``a``.

Recurrent delays: a ring holds the numbers of the neurons whose spikes arrive in each of the next steps.  It has as many
rows as the longest delay.

Synapses in pairs: a ring holds what the second synapses will bring of the spikes of the last ``lag`` steps, and each is
added when its place is needed again.  Without pairs, the ring has no rows.
"""

from __future__ import annotations

import numpy as np

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.kernels._compile import compiled

# Numba does not see a change of these functions: remove its cache after one.
from lava_ahp.slayer.kernels._lists import add_rows, list_spikes, zeros
from lava_ahp.slayer.kernels._states import decayed, saturated, wrapped, zero_above, zero_up_to
from lava_ahp.slayer.kernels._vectors import LANES, add, load, multiply, store, subtract

_i32, _f32 = np.int32, np.float32
_MAX = fx.STATE_MAX


@compiled()
def _step(constants, arriving, u, a, v, before, now):
    """One step: fill ``v[now]`` from ``v[before]``, the sums before they are clipped and reset."""
    for i in range(0, u.size, LANES):
        threshold, previous = load(constants.threshold, i), load(v, (before, i))
        current = decayed(load(u, i), load(constants.current_factor, i))
        current = wrapped(add(current, multiply(load(arriving, i), load(constants.gain, i))))
        store(current, u, i)
        ahp = ahp_after(load(a, i), previous, threshold, constants, i)
        store(ahp, a, i)
        store(add(add(rest_of(previous, threshold, constants, i), current), ahp), v, (now, i))


@compiled(inline="always")
def ahp_after(a, previous, threshold, constants, i):
    """``a`` of a step, a vector from neuron ``i`` on, from that of the step before and the voltages there."""
    spent = zero_up_to(load(constants.ahp_weight, i), previous, threshold)
    return saturated(subtract(decayed(a, load(constants.ahp_factor, i)), spent))


@compiled(inline="always")
def rest_of(previous, threshold, constants, i):
    """What the voltages of the step before leave, a vector from neuron ``i`` on: reset and decayed."""
    kept = zero_above(saturated(previous), previous, threshold)
    return decayed(kept, load(constants.voltage_factor, i))


@compiled(inline="always")
def ahead_of(here, delay, rows):
    """The row of a ring ``delay`` steps later, at most one round; a remainder would be many times slower."""
    row = here + delay
    return row - rows if row >= rows else row


@compiled()
def _schedule(fired, spikes, delays, t, due, counts):
    """Put the neurons that spike in step ``t`` where their spikes arrive: ``due (step, place)``, ``counts (step,)``."""
    rows = len(due)
    here = t % rows
    for f in range(spikes):
        i = fired[f]
        row = ahead_of(here, delays[i], rows)
        due[row, counts[row]] = i
        counts[row] += 1


@compiled()
def _paired_sums(synapses, ring, begin, end, sources, t, v, before, threshold, fired, count, sums):
    """Turn sums that arrive, ``sums[0]``, into those of synapses in pairs, with the autapse; ``sums[1]`` is filled.

    ``v[before]`` are the voltages of the previous step, and ``sources[begin:end]`` and ``fired[:count]`` arrive.
    """
    arriving, second = sums[0], sums[1]
    if synapses.late_feedforward.size > 0 or synapses.late_recurrent.size > 0:
        second[:] = 0
        add_rows(synapses.late_feedforward, sources, begin, end, sums, 1)
        add_rows(synapses.late_recurrent, fired, 0, count, sums, 1)
    else:
        for i in range(arriving.size):
            second[i] = -arriving[i]
    due, voltage = ring[t % len(ring)], v[before]
    for i in range(arriving.size):
        own = synapses.autapse[i] if voltage[i] > threshold[i] else _i32(0)
        arriving[i] = _i32(_i32(arriving[i] + due[i]) - own)
        due[i] = second[i]


@compiled()
def _output(v, now, threshold, fired, spikes, voltages, out):
    """Fill ``out`` with the voltages after the reset, or with the spikes."""
    if voltages:
        row = v[now]
        for i in range(out.size):
            clipped = min(max(row[i], _i32(-_MAX)), _i32(_MAX))
            out[i] = _f32(0) if row[i] > threshold[i] else _f32(clipped)
    else:
        out[:] = 0
        for f in range(spikes):
            out[fired[f]] = 1


@compiled(nogil=True)
def forward(synapses, constants, events, drive, first, every, lag, voltages, out, counts, kept):
    """Run a few samples and keep what the backward pass needs.

    Args:
        synapses: :class:`Synapses`.
        constants: :class:`NeuronConstants`.
        events: arrivals of input spikes.
        drive: input as sums of weights, ``int32``; empty if the input is ``events``.  It may have fewer neurons, as
            ``out`` may.
        first: index in the batch of the first of these samples.
        every: steps between two checkpoints of ``a``.
        lag: steps between the synapses of a pair; 0 for single ones.
        voltages: whether the output is the voltages after the reset instead of the spikes.
        out: output, ``float32``, filled.
        counts: spikes of each neuron, ``int64 (neuron,)``, added to.
        kept: sums before they are clipped and reset, ``int32 (sample, time + 1, neuron)``, that of a step one row
            later, after a row of zeros; and ``a`` before every ``every``-th step; each is empty if it is not needed.
    """
    offsets, sources = events
    v_kept, a_kept = kept
    samples, steps = offsets.shape[0], offsets.shape[1] - 1
    neurons, recurrent = constants.threshold.size, synapses.delays.size > 0
    states, sums, two, ring = zeros(2, neurons), zeros(2, neurons), zeros(2, neurons), zeros(lag, neurons)
    u, a, arriving = states[0], states[1], sums[0]
    fired = np.empty(neurons, np.int64)
    rows = synapses.delays.max() if recurrent else 1
    due, due_counts = np.empty((rows, neurons), np.int64), np.empty(rows, np.int64)
    for k in range(samples):
        sample = first + k
        v = v_kept[sample] if v_kept.size > 0 else two
        u[:], a[:], v[0], ring[:], due_counts[:] = 0, 0, 0, 0, 0
        for t in range(steps):
            before, now = t % len(v), (t + 1) % len(v)
            if a_kept.size > 0 and t % every == 0:
                a_kept[sample, t // every] = a
            row, begin, end = t % rows, offsets[k, t], offsets[k, t + 1]
            arriving[:] = 0
            if drive.size > 0:
                for i in range(drive.shape[2]):
                    arriving[i] = drive[sample, t, i]
            add_rows(synapses.feedforward, sources, begin, end, sums, 0)
            add_rows(synapses.recurrent, due[row], 0, due_counts[row], sums, 0)
            if lag > 0:
                _paired_sums(
                    synapses, ring, begin, end, sources, t, v, before, constants.threshold, due[row], due_counts[row],
                    sums,
                )  # fmt: skip
            due_counts[row] = 0
            _step(constants, arriving, u, a, v, before, now)
            spikes = list_spikes(constants.threshold, 0, neurons, v, now, fired, 0)
            if recurrent:
                _schedule(fired, spikes, synapses.delays, t, due, due_counts)
            for f in range(spikes):
                counts[fired[f]] += 1
            _output(v, now, constants.threshold, fired, spikes, voltages, out[sample, t])


@compiled()
def recompute_ahp(constants, v, begin, end, a):
    """Fill ``a`` with that before the steps ``begin`` to ``end``, given its first row; ``v`` is of one sample."""
    for i in range(0, a.shape[1], LANES):
        state, threshold = load(a, (0, i)), load(constants.threshold, i)
        for t in range(begin, end):
            state = ahp_after(state, load(v, (t, i)), threshold, constants, i)
            store(state, a, (t - begin + 1, i))
