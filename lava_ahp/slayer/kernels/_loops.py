"""The compiled loops over time, forward in integers, for a few samples at a time.

Arrays are ``(sample, time, neuron)``.  Weights are ``(source, target)``, so that the weights of one spike are one row.

Numba widens integers to 64 bits.  :func:`_i32` after every operation lets the compiler narrow them again, so that
sixteen neurons fit a vector.  States have 24 bits, and a decay multiplies 12 of them at a time.  Only the sum for ``u``
can exceed 32 bits, and it is taken modulo ``2**24`` anyway.

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


@compiled()
def _sum_arriving(feedforward, recurrent, offsets, sources, drive, k, sample, t, v, threshold, fired, arriving):
    """Sum the weights of the spikes that arrive; ``v`` is the voltage before the reset in the previous step."""
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
    if recurrent.size > 0:
        count = 0
        for i in range(neurons):
            fired[count] = i
            count += v[i] > threshold[i]
        for f in range(count):
            j = fired[f]
            for i in range(neurons):
                arriving[i] += recurrent[j, i]


@compiled()
def _paired_sums(synapses, ring, offsets, sources, drive, k, sample, t, v, threshold, fired, arriving, second):
    """Turn sums that arrive into those of synapses in pairs, with the autapse."""
    if synapses.late_feedforward.size > 0 or synapses.late_recurrent.size > 0:
        _sum_arriving(
            synapses.late_feedforward, synapses.late_recurrent, offsets, sources, drive, k, sample, t, v, threshold,
            fired, second,
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
    neurons = constants.threshold.size
    u, a = np.empty(neurons, np.int32), np.empty(neurons, np.int32)
    arriving, fired = np.empty(neurons, np.int32), np.empty(neurons + 1, np.int64)
    two, ring = np.empty((2, neurons), np.int32), np.empty((lag, neurons), np.int32)
    second = np.empty(neurons, np.int32)
    for k in range(samples):
        sample = first + k
        u[:], a[:], two[:], ring[:] = 0, 0, 0, 0
        v = two[1]
        for t in range(steps):
            if u_kept.size > 0 and t % every == 0:
                u_kept[sample, t // every] = u
                a_kept[sample, t // every] = a
            _sum_arriving(
                synapses.feedforward, synapses.recurrent, offsets, sources, drive, k, sample, t, v,
                constants.threshold, fired, arriving,
            )  # fmt: skip
            if lag > 0:
                _paired_sums(
                    synapses, ring, offsets, sources, drive, k, sample, t, v, constants.threshold, fired, arriving,
                    second,
                )  # fmt: skip
            now = v_kept[sample, t] if v_kept.size > 0 else two[t % 2]
            _forward_step(constants, arriving, u, a, v, now)
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
        _sum_arriving(
            synapses.feedforward, synapses.recurrent, offsets, sources, drive, k, sample, t, v, constants.threshold,
            fired, arriving,
        )  # fmt: skip
        if len(ring) > 0:
            _paired_sums(
                synapses, ring, offsets, sources, drive, k, sample, t, v, constants.threshold, fired, arriving, second
            )
        if t < begin:
            continue
        row = t - begin
        u[row + 1] = u[row]
        a[row + 1] = a[row]
        _forward_step(constants, arriving, u[row + 1], a[row + 1], v, now)
