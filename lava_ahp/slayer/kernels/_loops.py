"""The compiled loops over time: a few samples at a time, forward in integers and backward in ``float32``.

Arrays are ``(sample, time, neuron)`` and weights ``(source, target)``, so that what one spike adds lies in one row.
Numba widens integers to 64 bit, and :func:`_i32` after every operation lets the compiler narrow them again, so that
sixteen neurons fit a vector.  States have 24 bits and a decay multiplies 12 of them at a time, so nothing but the sum
for ``u`` can leave 32 bits, and that one is taken modulo ``2**24`` anyway.

What needs ``u`` and ``a`` on the way back runs forward once more between two checkpoints.  All of it stands in one
file because a change in another one would not make Numba compile anew what is cached.
"""

from __future__ import annotations

import numpy as np

from lava_ahp.slayer.kernels._compile import compiled

_i32, _f32 = np.int32, np.float32
_MAX = 2**23 - 1
_MASK = 2**24 - 1


@compiled(inline="always")
def _decay(x, factor):  # type: ignore[no-untyped-def]
    magnitude = _i32(abs(x))
    high = _i32(_i32(magnitude >> 12) * factor)
    low = _i32(_i32(_i32(magnitude & 4095) * factor) >> 12)
    product = _i32(high + low)
    return product if x >= 0 else _i32(-product)


@compiled()
def _advance(cells, arriving, u, a, v, now):  # type: ignore[no-untyped-def]
    """One step: ``v`` is the voltage before the reset of the step before, ``now`` that of this one."""
    for i in range(u.size):
        spike = v[i] > cells.threshold[i]
        current = _i32(_decay(u[i], cells.current_factor[i]) + _i32(arriving[i] * cells.gain[i]))
        current = _i32(_i32(_i32(current + _MAX) & _MASK) - _MAX)
        ahp = _i32(_decay(a[i], cells.ahp_factor[i]) - (cells.ahp_weight[i] if spike else _i32(0)))
        ahp = _i32(min(max(ahp, _i32(-_MAX)), _i32(_MAX)))
        voltage = _decay(_i32(0) if spike else v[i], cells.voltage_factor[i])
        voltage = _i32(_i32(voltage + current) + ahp)
        u[i] = current
        a[i] = ahp
        now[i] = _i32(min(max(voltage, _i32(-_MAX)), _i32(_MAX)))


@compiled()
def _arrive(synapses, offsets, sources, drive, k, sample, t, v, threshold, fired, arriving):  # type: ignore[no-untyped-def]
    """Sum of the weights of the spikes that arrive, ``v`` being the voltage before the reset of the step before."""
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
            arriving[i] += synapses.feedforward[j, i]
    if synapses.recurrent.size > 0:
        count = 0
        for i in range(neurons):
            fired[count] = i
            count += v[i] > threshold[i]
        for f in range(count):
            j = fired[f]
            for i in range(neurons):
                arriving[i] += synapses.recurrent[j, i]


@compiled(nogil=True)
def forward(synapses, cells, events, drive, first, every, voltages, out, kept):  # type: ignore[no-untyped-def]
    """Run a few samples, and keep what the way back needs.

    Args:
        synapses: :class:`Synapses`.
        cells: :class:`Cells`.
        events: arrivals from outside.
        drive: sums of weights from outside, ``int32``; empty where events say it all.
        first: which sample of the whole batch is the first of these.
        every: steps between two checkpoints.
        voltages: whether the output is the voltage after the reset instead of the spikes.
        out: output, ``float32``.
        kept: the voltages before the reset, and ``u`` and ``a`` before every ``every``-th step, ``int32``; empty
            where they are not wanted.
    """
    offsets, sources = events
    v_kept, u_kept, a_kept = kept
    samples, steps = offsets.shape[0], offsets.shape[1] - 1
    neurons = cells.threshold.size
    u, a = np.empty(neurons, np.int32), np.empty(neurons, np.int32)
    arriving, fired = np.empty(neurons, np.int32), np.empty(neurons + 1, np.int64)
    two = np.empty((2, neurons), np.int32)
    for k in range(samples):
        sample = first + k
        u[:], a[:], two[:] = 0, 0, 0
        v = two[1]
        for t in range(steps):
            if u_kept.size > 0 and t % every == 0:
                u_kept[sample, t // every] = u
                a_kept[sample, t // every] = a
            _arrive(synapses, offsets, sources, drive, k, sample, t, v, cells.threshold, fired, arriving)
            now = v_kept[sample, t] if v_kept.size > 0 else two[t % 2]
            _advance(cells, arriving, u, a, v, now)
            if voltages:
                for i in range(neurons):
                    out[sample, t, i] = _f32(0) if now[i] > cells.threshold[i] else _f32(now[i])
            else:
                for i in range(neurons):
                    out[sample, t, i] = _f32(1) if now[i] > cells.threshold[i] else _f32(0)
            v = now


@compiled(fastmath={"reassoc", "contract"})
def _dot(x, y):  # type: ignore[no-untyped-def]
    total = _f32(0)
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@compiled(fastmath={"contract"})
def _project(matrix, x, out):  # type: ignore[no-untyped-def]
    """``x @ matrix``, eight rows at a time."""
    rows = matrix.shape[0]
    out[:] = 0
    i = 0
    while i + 8 <= rows:
        x0, x1, x2, x3, x4, x5, x6, x7 = x[i], x[i + 1], x[i + 2], x[i + 3], x[i + 4], x[i + 5], x[i + 6], x[i + 7]
        for j in range(out.size):
            left = x0 * matrix[i, j] + x1 * matrix[i + 1, j] + x2 * matrix[i + 2, j] + x3 * matrix[i + 3, j]
            right = x4 * matrix[i + 4, j] + x5 * matrix[i + 5, j] + x6 * matrix[i + 6, j] + x7 * matrix[i + 7, j]
            out[j] += left + right
        i += 8
    while i < rows:
        x0 = x[i]
        for j in range(out.size):
            out[j] += x0 * matrix[i, j]
        i += 1


@compiled()
def _triangle(tangents, threshold, now, slope):  # type: ignore[no-untyped-def]
    for i in range(slope.size):
        distance = _f32(abs(_i32(now[i] - threshold[i])))
        slope[i] = max(tangents.reach[i] - distance, _f32(0)) * tangents.steepness[i]


@compiled(fastmath={"contract"})
def _retreat(tangents, threshold, now, slope, by_s, by_now, has_now, by_v, by_u, by_a, by_arriving):  # type: ignore[no-untyped-def]
    """One step back: gradients by ``v`` (after the reset), ``u`` and ``a`` of the step after become those of this."""
    for i in range(by_v.size):
        outside = by_now[i] if has_now else _f32(0)
        through_reset = outside + tangents.voltage_factor[i] * by_v[i]
        voltage = by_s[i] * slope[i] + (_f32(0) if now[i] > threshold[i] else through_reset)
        current = voltage + tangents.current_factor[i] * by_u[i]
        by_v[i] = voltage
        by_a[i] = voltage + tangents.ahp_factor[i] * by_a[i]
        by_u[i] = current
        by_arriving[i] = current * tangents.gain[i]


@compiled()
def _replay(synapses, cells, events, drive, k, sample, begin, end, v_kept, u, a, work):  # type: ignore[no-untyped-def]
    """Fill the rows of ``u`` and ``a`` with the states before the steps ``begin`` to ``end``, from the first row."""
    offsets, sources = events
    arriving, fired, now = work
    for t in range(begin, end):
        row = t - begin
        u[row + 1] = u[row]
        a[row + 1] = a[row]
        v = v_kept[sample, t - 1] if t > 0 else np.zeros_like(now)
        _arrive(synapses, offsets, sources, drive, k, sample, t, v, cells.threshold, fired, arriving)
        _advance(cells, arriving, u[row + 1], a[row + 1], v, now)


@compiled(nogil=True, fastmath={"contract"})
def backward(synapses, cells, tangents, events, drive, first, delay, every, voltages, gradient, kept, gradients):  # type: ignore[no-untyped-def]
    """Propagate back through :func:`forward`, called with the same samples.

    Args:
        synapses: as there.
        cells: as there.
        tangents: :class:`Tangents`.
        events: as there.
        drive: as there.
        first: as there.
        delay: steps from a spike of the input to its arrival.
        every: as there.
        voltages: as there.
        gradient: by the output, ``float32``.
        kept: as there.
        gradients: :class:`Gradients`.
    """
    offsets, sources = events
    v_kept, u_kept, a_kept = kept
    samples, steps = offsets.shape[0], offsets.shape[1] - 1
    neurons = cells.threshold.size
    threshold = cells.threshold
    has_recurrent, wants_spikes = synapses.recurrent.size > 0, gradients.spikes.size > 0
    wants_drive, wants_constants = gradients.drive.size > 0, gradients.constants.size > 0
    by_v, by_u, by_a = np.empty(neurons, _f32), np.empty(neurons, _f32), np.empty(neurons, _f32)
    by_s, by_arriving, own_slope = np.empty(neurons, _f32), np.empty(neurons, _f32), np.empty(neurons, _f32)
    chosen, fired = np.empty(neurons + 1, np.int64), np.empty(neurons + 1, np.int64)
    rows = every if u_kept.size > 0 else 0
    u, a = np.empty((rows, neurons), np.int32), np.empty((rows, neurons), np.int32)
    work = np.empty(neurons, np.int32), fired, np.empty(neurons, np.int32)
    sums = np.empty((5, neurons), _f32)
    for k in range(samples):
        sample = first + k
        by_v[:], by_u[:], by_a[:], by_arriving[:], sums[:] = 0, 0, 0, 0, 0
        if wants_spikes:
            gradients.spikes[sample, max(steps - delay, 0) :] = 0
        for t in range(steps - 1, -1, -1):
            now = v_kept[sample, t]
            if tangents.derivative.size > 0:
                slope = tangents.derivative[sample, t]
            else:
                slope = own_slope
                _triangle(tangents, threshold, now, slope)
            if voltages:
                for i in range(neurons):
                    by_s[i] = -tangents.ahp_weight[i] * by_a[i]
            else:
                for i in range(neurons):
                    by_s[i] = gradient[sample, t, i] - tangents.ahp_weight[i] * by_a[i]
            if has_recurrent and t + 1 < steps:
                count = spikes = 0
                for i in range(neurons):
                    chosen[count] = i
                    count += slope[i] != 0
                    fired[spikes] = i
                    spikes += now[i] > threshold[i]
                for c in range(count):
                    j = chosen[c]
                    by_s[j] += _dot(tangents.recurrent[j], by_arriving)
                if gradients.recurrent.size > 0:
                    for f in range(spikes):
                        j = fired[f]
                        for i in range(neurons):
                            gradients.recurrent[j, i] += by_arriving[i]
            if wants_constants:
                for i in range(neurons):
                    sums[0, i] -= by_s[i] * slope[i]
                    sums[4, i] -= by_a[i] if now[i] > threshold[i] else _f32(0)
            _retreat(
                tangents, threshold, now, slope, by_s, gradient[sample, t], voltages, by_v, by_u, by_a, by_arriving
            )
            if wants_constants and t > 0:
                before = v_kept[sample, t - 1]
                for i in range(neurons):
                    sums[2, i] -= by_v[i] * (_f32(0) if before[i] > threshold[i] else _f32(before[i]))
            if rows > 0:
                begin = t // every * every
                if t + 1 == steps or (t + 1) % every == 0:
                    u[0], a[0] = u_kept[sample, t // every], a_kept[sample, t // every]
                    _replay(synapses, cells, events, drive, k, sample, begin, t, v_kept, u, a, work)
                for i in range(neurons):
                    sums[1, i] -= by_u[i] * _f32(u[t - begin, i])
                    sums[3, i] -= by_a[i] * _f32(a[t - begin, i])
            if gradients.feedforward.size > 0:
                for e in range(offsets[k, t], offsets[k, t + 1]):
                    j = sources[e]
                    for i in range(neurons):
                        gradients.feedforward[j, i] += by_arriving[i]
            if wants_spikes and t >= delay:
                _project(tangents.feedforward, by_arriving, gradients.spikes[sample, t - delay])
            if wants_drive:
                for i in range(neurons):
                    gradients.drive[sample, t, i] = by_arriving[i]
        if wants_constants:
            for i in range(neurons):
                gradients.constants[0, i] += sums[0, i]
                for c in range(1, 4):
                    gradients.constants[c, i] += sums[c, i] / 4096
                gradients.constants[4, i] += sums[4, i]
