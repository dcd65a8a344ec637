"""The compiled loops over time, for a few samples at a time: forward in integers, backward in ``float32``.

Arrays are ``(sample, time, neuron)``.  Weights are ``(source, target)``, so that the weights of one spike are one row.

Numba widens integers to 64 bits.  :func:`_i32` after every operation lets the compiler narrow them again, so that
sixteen neurons fit a vector.  States have 24 bits, and a decay multiplies 12 of them at a time.  Only the sum for ``u``
can exceed 32 bits, and it is taken modulo ``2**24`` anyway.

Synapses in pairs: a ring holds the last ``lag`` sums that arrived, and each is taken away when its place is needed
again.  The backward pass has a ring of gradients in the same way.  Without pairs, rings have no rows.

Gradients that need ``u`` and ``a`` recompute them from one checkpoint to the next.  Everything is in one file, because
Numba does not recompile a cached function when a function that it calls changes in another file.
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
def _sum_arriving(synapses, offsets, sources, drive, k, sample, t, v, threshold, fired, arriving):
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


@compiled()
def _paired_sums(synapses, ring, t, v, threshold, arriving):
    """Turn sums that arrive into those of synapses in pairs, with the autapse."""
    before = ring[t % len(ring)]
    for i in range(arriving.size):
        total = arriving[i]
        arriving[i] = _i32(_i32(total - before[i]) - (synapses.autapse[i] if v[i] > threshold[i] else _i32(0)))
        before[i] = total


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
    for k in range(samples):
        sample = first + k
        u[:], a[:], two[:], ring[:] = 0, 0, 0, 0
        v = two[1]
        for t in range(steps):
            if u_kept.size > 0 and t % every == 0:
                u_kept[sample, t // every] = u
                a_kept[sample, t // every] = a
            _sum_arriving(synapses, offsets, sources, drive, k, sample, t, v, constants.threshold, fired, arriving)
            if lag > 0:
                _paired_sums(synapses, ring, t, v, constants.threshold, arriving)
            now = v_kept[sample, t] if v_kept.size > 0 else two[t % 2]
            _forward_step(constants, arriving, u, a, v, now)
            if voltages:
                for i in range(neurons):
                    out[sample, t, i] = _f32(0) if now[i] > constants.threshold[i] else _f32(now[i])
            else:
                for i in range(neurons):
                    out[sample, t, i] = _f32(1) if now[i] > constants.threshold[i] else _f32(0)
            v = now


@compiled(fastmath={"reassoc", "contract"})
def _dot(x, y):
    total = _f32(0)
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@compiled(fastmath={"contract"})
def _multiply(matrix, x, out):
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
def _triangle_slope(factors, threshold, now, slope):
    for i in range(slope.size):
        distance = _f32(abs(_i32(now[i] - threshold[i])))
        slope[i] = max(factors.reach[i] - distance, _f32(0)) * factors.steepness[i]


@compiled(fastmath={"contract"})
def _backward_step(factors, threshold, now, slope, grad_s, grad_out, voltages, grad_v, grad_u, grad_a, grad_arriving):
    """Replace the gradients of ``v`` (after the reset), ``u`` and ``a`` of the next step by those of this step."""
    for i in range(grad_v.size):
        from_output = grad_out[i] if voltages else _f32(0)
        through_reset = from_output + factors.voltage_factor[i] * grad_v[i]
        voltage = grad_s[i] * slope[i] + (_f32(0) if now[i] > threshold[i] else through_reset)
        current = voltage + factors.current_factor[i] * grad_u[i]
        grad_v[i] = voltage
        grad_a[i] = voltage + factors.ahp_factor[i] * grad_a[i]
        grad_u[i] = current
        grad_arriving[i] = current * factors.gain[i]


@compiled()
def _paired_gradients(grad_arriving, ring, t):
    """Turn gradients of what a pair brings into those of the sums ``lag`` steps apart; the ring keeps the former."""
    after = ring[t % len(ring)]
    for i in range(grad_arriving.size):
        own = grad_arriving[i]
        grad_arriving[i] = own - after[i]
        after[i] = own


@compiled()
def _recompute(synapses, constants, events, drive, k, sample, begin, end, v_kept, u, a, work):
    """Fill ``u`` and ``a`` with the states before the steps ``begin`` to ``end``, given their first rows."""
    offsets, sources = events
    arriving, fired, now, ring = work
    ring[:] = 0
    for t in range(max(begin - len(ring), 0), end):
        v = v_kept[sample, t - 1] if t > 0 else np.zeros_like(now)
        _sum_arriving(synapses, offsets, sources, drive, k, sample, t, v, constants.threshold, fired, arriving)
        if len(ring) > 0:
            _paired_sums(synapses, ring, t, v, constants.threshold, arriving)
        if t < begin:
            continue
        row = t - begin
        u[row + 1] = u[row]
        a[row + 1] = a[row]
        _forward_step(constants, arriving, u[row + 1], a[row + 1], v, now)


@compiled(nogil=True, fastmath={"contract"})
def backward(
    synapses, constants, factors, events, drive, first, delay, every, lag, voltages, grad_out, kept, gradients
):
    """Back-propagate through :func:`forward`, for the same samples.

    Args:
        synapses: as in :func:`forward`.
        constants: as in :func:`forward`.
        factors: :class:`BackwardFactors`.
        events: as in :func:`forward`.
        drive: as in :func:`forward`.
        first: as in :func:`forward`.
        delay: steps from an input spike to its arrival.
        every: as in :func:`forward`.
        lag: as in :func:`forward`.
        voltages: as in :func:`forward`.
        grad_out: gradient of the output, ``float32``.
        kept: as filled by :func:`forward`.
        gradients: :class:`Gradients`.
    """
    offsets, sources = events
    v_kept, u_kept, a_kept = kept
    samples, steps = offsets.shape[0], offsets.shape[1] - 1
    neurons = constants.threshold.size
    threshold = constants.threshold
    has_recurrent, needs_spikes = synapses.recurrent.size > 0, gradients.spikes.size > 0
    needs_drive, needs_constants = gradients.drive.size > 0, gradients.constants.size > 0
    grad_v, grad_u, grad_a = np.empty(neurons, _f32), np.empty(neurons, _f32), np.empty(neurons, _f32)
    grad_s, grad_arriving, own_slope = np.empty(neurons, _f32), np.empty(neurons, _f32), np.empty(neurons, _f32)
    chosen, fired = np.empty(neurons + 1, np.int64), np.empty(neurons + 1, np.int64)
    rows = every if u_kept.size > 0 else 0
    u, a = np.empty((rows, neurons), np.int32), np.empty((rows, neurons), np.int32)
    work = np.empty(neurons, np.int32), fired, np.empty(neurons, np.int32), np.empty((lag, neurons), np.int32)
    sums, ring = np.empty((6, neurons), _f32), np.empty((lag, neurons), _f32)
    for k in range(samples):
        sample = first + k
        grad_v[:], grad_u[:], grad_a[:], grad_arriving[:], sums[:], ring[:] = 0, 0, 0, 0, 0, 0
        if needs_spikes:
            gradients.spikes[sample, max(steps - delay, 0) :] = 0
        for t in range(steps - 1, -1, -1):
            now = v_kept[sample, t]
            if factors.derivative.size > 0:
                slope = factors.derivative[sample, t]
            else:
                slope = own_slope
                _triangle_slope(factors, threshold, now, slope)
            if voltages:
                for i in range(neurons):
                    grad_s[i] = -factors.ahp_weight[i] * grad_a[i]
            else:
                for i in range(neurons):
                    grad_s[i] = grad_out[sample, t, i] - factors.ahp_weight[i] * grad_a[i]
            if lag > 0:
                own = ring[(t + 1) % lag]
                for i in range(neurons):
                    grad_s[i] -= factors.autapse[i] * own[i]
                    sums[5, i] -= own[i] if now[i] > threshold[i] else _f32(0)
            if has_recurrent and t + 1 < steps:
                count = spikes = 0
                for i in range(neurons):
                    chosen[count] = i
                    count += slope[i] != 0
                    fired[spikes] = i
                    spikes += now[i] > threshold[i]
                for c in range(count):
                    j = chosen[c]
                    grad_s[j] += _dot(factors.recurrent[j], grad_arriving)
                if gradients.recurrent.size > 0:
                    for f in range(spikes):
                        j = fired[f]
                        for i in range(neurons):
                            gradients.recurrent[j, i] += grad_arriving[i]
            if needs_constants:
                for i in range(neurons):
                    sums[0, i] -= grad_s[i] * slope[i]
                    sums[4, i] -= grad_a[i] if now[i] > threshold[i] else _f32(0)
            outside = grad_out[sample, t]
            _backward_step(
                factors, threshold, now, slope, grad_s, outside, voltages, grad_v, grad_u, grad_a, grad_arriving
            )
            if lag > 0:
                _paired_gradients(grad_arriving, ring, t)
            if needs_constants and t > 0:
                before = v_kept[sample, t - 1]
                for i in range(neurons):
                    sums[2, i] -= grad_v[i] * (_f32(0) if before[i] > threshold[i] else _f32(before[i]))
            if rows > 0:
                begin = t // every * every
                if t + 1 == steps or (t + 1) % every == 0:
                    u[0], a[0] = u_kept[sample, t // every], a_kept[sample, t // every]
                    _recompute(synapses, constants, events, drive, k, sample, begin, t, v_kept, u, a, work)
                for i in range(neurons):
                    sums[1, i] -= grad_u[i] * _f32(u[t - begin, i])
                    sums[3, i] -= grad_a[i] * _f32(a[t - begin, i])
            if gradients.feedforward.size > 0:
                for e in range(offsets[k, t], offsets[k, t + 1]):
                    j = sources[e]
                    for i in range(neurons):
                        gradients.feedforward[j, i] += grad_arriving[i]
            if needs_spikes and t >= delay:
                _multiply(factors.feedforward, grad_arriving, gradients.spikes[sample, t - delay])
            if needs_drive:
                for i in range(neurons):
                    gradients.drive[sample, t, i] = grad_arriving[i]
        if needs_constants:
            for i in range(neurons):
                gradients.constants[0, i] += sums[0, i]
                for c in range(1, 4):
                    gradients.constants[c, i] += sums[c, i] / 4096
                gradients.constants[4, i] += sums[4, i]
                gradients.constants[5, i] += sums[5, i]
