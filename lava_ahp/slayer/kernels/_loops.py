"""The compiled loops over time, forward in integers, for a few samples at a time.

Arrays are ``(sample, time, neuron)``.  Weights are ``(source, target)``, so that the weights of one spike are one row.

Numba widens integers to 64 bits.  :func:`_i32` after every operation lets the compiler narrow them again, so that
sixteen neurons fit a vector.  States have 24 bits, and a decay multiplies 12 of them at a time.  Only the sum for ``u``
can exceed 32 bits, and it is taken modulo ``2**24`` anyway.

Recurrent delays: a ring holds the numbers of the neurons whose spikes arrive in each of the next steps.  It has as many
rows as the longest delay.

Synapses in pairs: a ring holds what the second synapses will bring of the spikes of the last ``lag`` steps, and each is
added when its place is needed again.  Without pairs, the ring has no rows.
"""

from __future__ import annotations

import numpy as np

from lava_ahp.slayer.kernels._compile import compiled

_i32, _f32 = np.int32, np.float32
_MAX = 2**23 - 1
_MASK = 2**24 - 1


@compiled(inline="always")
def _decay(x, factor):
    magnitude = _i32(abs(x))
    high = _i32(_i32(magnitude >> 12) * factor)
    low = _i32(_i32(_i32(magnitude & 4095) * factor) >> 12)
    product = _i32(high + low)
    return product if x >= 0 else _i32(-product)


@compiled()
def _forward_step(constants, arriving, u, a, v, now):
    """One step; ``v`` and ``now`` are the voltages before the reset in the previous step and in this one."""
    for i in range(u.size):
        spike = v[i] > constants.threshold[i]
        current = _i32(_decay(u[i], constants.current_factor[i]) + _i32(arriving[i] * constants.gain[i]))
        current = _i32(_i32(_i32(current + _MAX) & _MASK) - _MAX)
        ahp = _i32(_decay(a[i], constants.ahp_factor[i]) - (constants.ahp_weight[i] if spike else _i32(0)))
        ahp = _i32(min(max(ahp, _i32(-_MAX)), _i32(_MAX)))
        voltage = _decay(_i32(0) if spike else v[i], constants.voltage_factor[i])
        voltage = _i32(_i32(voltage + current) + ahp)
        u[i] = current
        a[i] = ahp
        now[i] = _i32(min(max(voltage, _i32(-_MAX)), _i32(_MAX)))


@compiled(inline="always")
def ahead_of(here, delay, rows):
    """The row of a ring ``delay`` steps later, at most one round; a remainder would be many times slower."""
    row = here + delay
    return row - rows if row >= rows else row


@compiled()
def _schedule(now, threshold, delays, t, fired, due, counts):
    """Put the neurons that spike in step ``t`` where their spikes arrive: ``due (step, place)``, ``counts (step,)``."""
    spikes, rows = 0, len(due)
    here = t % rows
    for i in range(now.size):
        fired[spikes] = i
        spikes += now[i] > threshold[i]
    for f in range(spikes):
        i = fired[f]
        row = ahead_of(here, delays[i], rows)
        due[row, counts[row]] = i
        counts[row] += 1


@compiled()
def _find_arriving(v_kept, threshold, delays, sample, t, fired):
    """The neurons whose spikes arrive in step ``t``, from the voltages of all steps before; returns their number."""
    count = 0
    for i in range(threshold.size):
        before = t - delays[i]
        fired[count] = i
        count += before >= 0 and v_kept[sample, before, i] > threshold[i]
    return count


@compiled()
def _sum_arriving(feedforward, recurrent, offsets, sources, drive, k, sample, t, fired, count, arriving):
    """Sum the weights of the spikes that arrive: those of the input, and those of the first ``count`` of ``fired``."""
    neurons = arriving.size
    if drive.size > 0:
        for i in range(neurons):
            arriving[i] = drive[sample, t, i]
    else:
        for i in range(neurons):
            arriving[i] = 0
    for e in range(offsets[k, t], offsets[k, t + 1]):
        j = sources[e]
        for i in range(neurons):
            arriving[i] += feedforward[j, i]
    for f in range(count):
        j = fired[f]
        for i in range(neurons):
            arriving[i] += recurrent[j, i]


@compiled()
def _paired_sums(synapses, ring, offsets, sources, drive, k, sample, t, v, threshold, fired, count, arriving, second):
    """Turn sums that arrive into those of synapses in pairs, with the autapse.

    ``v`` is the voltage before the reset in the previous step.
    """
    if synapses.late_feedforward.size > 0 or synapses.late_recurrent.size > 0:
        _sum_arriving(
            synapses.late_feedforward, synapses.late_recurrent, offsets, sources, drive, k, sample, t, fired, count,
            second,
        )  # fmt: skip
    else:
        for i in range(arriving.size):
            second[i] = -arriving[i]
    due = ring[t % len(ring)]
    for i in range(arriving.size):
        arriving[i] = _i32(_i32(arriving[i] + due[i]) - (synapses.autapse[i] if v[i] > threshold[i] else _i32(0)))
        due[i] = second[i]


@compiled(nogil=True)
def forward(synapses, constants, events, drive, first, every, lag, voltages, out, kept):
    """Run a few samples and keep what the backward pass needs.

    Args:
        synapses: :class:`Synapses`.
        constants: :class:`NeuronConstants`.
        events: arrivals of input spikes.
        drive: input as sums of weights, ``int32``; empty if the input is ``events``.
        first: index in the batch of the first of these samples.
        every: steps between two checkpoints.
        lag: steps between the synapses of a pair; 0 for single ones.
        voltages: whether the output is the voltages after the reset instead of the spikes.
        out: output, ``float32``, filled.
        kept: voltages before the reset at every step, and ``u`` and ``a`` before every ``every``-th step, ``int32``,
            filled; each is empty if it is not needed.
    """
    offsets, sources = events
    v_kept, u_kept, a_kept = kept
    samples, steps = offsets.shape[0], offsets.shape[1] - 1
    neurons, recurrent = constants.threshold.size, synapses.delays.size > 0
    u, a = np.empty(neurons, np.int32), np.empty(neurons, np.int32)
    arriving, fired = np.empty(neurons, np.int32), np.empty(neurons + 1, np.int64)
    two, ring = np.empty((2, neurons), np.int32), np.empty((lag, neurons), np.int32)
    second = np.empty(neurons, np.int32)
    rows = synapses.delays.max() if recurrent else 1
    due, counts = np.empty((rows, neurons), np.int64), np.empty(rows, np.int64)
    for k in range(samples):
        sample = first + k
        u[:], a[:], two[:], ring[:], counts[:] = 0, 0, 0, 0, 0
        v = two[1]
        for t in range(steps):
            if u_kept.size > 0 and t % every == 0:
                u_kept[sample, t // every] = u
                a_kept[sample, t // every] = a
            row = t % rows
            _sum_arriving(
                synapses.feedforward, synapses.recurrent, offsets, sources, drive, k, sample, t, due[row], counts[row],
                arriving,
            )  # fmt: skip
            if lag > 0:
                _paired_sums(
                    synapses, ring, offsets, sources, drive, k, sample, t, v, constants.threshold, due[row],
                    counts[row], arriving, second,
                )  # fmt: skip
            counts[row] = 0
            now = v_kept[sample, t] if v_kept.size > 0 else two[t % 2]
            _forward_step(constants, arriving, u, a, v, now)
            if recurrent:
                _schedule(now, constants.threshold, synapses.delays, t, fired, due, counts)
            if voltages:
                for i in range(neurons):
                    out[sample, t, i] = _f32(0) if now[i] > constants.threshold[i] else _f32(now[i])
            else:
                for i in range(neurons):
                    out[sample, t, i] = _f32(1) if now[i] > constants.threshold[i] else _f32(0)
            v = now


@compiled()
def recompute(synapses, constants, events, drive, k, sample, begin, end, v_kept, u, a, work):
    """Fill ``u`` and ``a`` with the states before the steps ``begin`` to ``end``, given their first rows."""
    offsets, sources = events
    arriving, fired, now, ring, second = work
    ring[:] = 0
    for t in range(max(begin - len(ring), 0), end):
        v = v_kept[sample, t - 1] if t > 0 else np.zeros_like(now)
        count = 0
        if synapses.delays.size > 0:
            count = _find_arriving(v_kept, constants.threshold, synapses.delays, sample, t, fired)
        _sum_arriving(
            synapses.feedforward, synapses.recurrent, offsets, sources, drive, k, sample, t, fired, count, arriving
        )
        if len(ring) > 0:
            _paired_sums(
                synapses, ring, offsets, sources, drive, k, sample, t, v, constants.threshold, fired, count, arriving,
                second,
            )  # fmt: skip
        if t < begin:
            continue
        row = t - begin
        u[row + 1] = u[row]
        a[row + 1] = a[row]
        _forward_step(constants, arriving, u[row + 1], a[row + 1], v, now)
