"""The compiled loops over time, backward in ``float32``; arrays are as in :mod:`_loops`.

Gradients that need ``u`` and ``a`` recompute them from one checkpoint to the next.  Recurrent delays have a ring of the
gradients of the sums that arrive in the next steps, and synapses in pairs one of what a pair brings.
"""

from __future__ import annotations

import numpy as np

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.kernels._compile import compiled

# Numba does not see a change of this function: remove its cache after one.
from lava_ahp.slayer.kernels._loops import ahead_of, recompute

_i32, _f32 = np.int32, np.float32

#: Range of a delay, in steps.
DELAY_MIN, DELAY_MAX = fx.DELAY_MIN, fx.DELAY_MAX


@compiled(fastmath={"reassoc", "contract"})
def _dot(x, y):
    total = _f32(0)
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@compiled(fastmath={"reassoc", "contract"})
def _dot_difference(x, y, z):
    total = _f32(0)
    for i in range(x.size):
        total += x[i] * (y[i] - z[i])
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
def _paired_gradients(grad_arriving, ring, t, keep):
    """Turn gradients of what a pair brings into those of the sums ``lag`` steps apart; the ring keeps the former."""
    after = ring[t % len(ring)]
    for i in range(grad_arriving.size):
        own = grad_arriving[i]
        grad_arriving[i] = own - keep[i] * after[i]
        after[i] = own


@compiled(nogil=True, fastmath={"contract"})
def backward(
    synapses, constants, factors, events, drive, first, delay, every, lag, voltages, needs_delays, grad_out, kept,
    gradients,
):  # fmt: skip
    """Back-propagate through :func:`_loops.forward`, for the same samples.

    Args:
        synapses: as in :func:`_loops.forward`.
        constants: as in :func:`_loops.forward`.
        factors: :class:`BackwardFactors`.
        events: as in :func:`_loops.forward`.
        drive: as in :func:`_loops.forward`.
        first: as in :func:`_loops.forward`.
        delay: steps from an input spike to its arrival.
        every: as in :func:`_loops.forward`.
        lag: as in :func:`_loops.forward`.
        voltages: as in :func:`_loops.forward`.
        needs_delays: whether the gradient of the recurrent delays is needed.
        grad_out: gradient of the output, ``float32``.
        kept: as filled by :func:`_loops.forward`.
        gradients: :class:`Gradients`.
    """
    offsets, sources = events
    v_kept, u_kept, a_kept = kept
    samples, steps = offsets.shape[0], offsets.shape[1] - 1
    neurons = constants.threshold.size
    threshold = constants.threshold
    delays, has_recurrent, needs_spikes = synapses.delays, synapses.delays.size > 0, gradients.spikes.size > 0
    needs_drive, needs_constants = gradients.drive.size > 0, gradients.constants.size > 0
    grad_v, grad_u, grad_a = np.empty(neurons, _f32), np.empty(neurons, _f32), np.empty(neurons, _f32)
    grad_s, own_slope = np.empty(neurons, _f32), np.empty(neurons, _f32)
    # One step beyond the longest delay is needed for the derivative of a delay.
    learns_delays = has_recurrent and needs_delays
    ahead = (min(delays.max() + 1, DELAY_MAX) if learns_delays else delays.max()) if has_recurrent else 1
    later = np.empty((ahead, neurons), _f32)
    chosen, fired = np.empty(neurons + 1, np.int64), np.empty(neurons + 1, np.int64)
    rows = every if u_kept.size > 0 else 0
    u, a = np.empty((rows, neurons), np.int32), np.empty((rows, neurons), np.int32)
    work = (
        np.empty(neurons, np.int32), fired, np.empty(neurons, np.int32), np.empty((lag, neurons), np.int32),
        np.empty(neurons, np.int32),
    )  # fmt: skip
    sums, ring = np.empty((7, neurons), _f32), np.empty((lag, neurons), _f32)
    for k in range(samples):
        sample = first + k
        grad_v[:], grad_u[:], grad_a[:], later[:], sums[:], ring[:] = 0, 0, 0, 0, 0, 0
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
                here = t % ahead
                for i in range(neurons):
                    chosen[count] = i
                    count += slope[i] != 0
                    fired[spikes] = i
                    spikes += now[i] > threshold[i]
                for c in range(count):
                    j = chosen[c]
                    grad_s[j] += _dot(factors.recurrent[j], later[ahead_of(here, delays[j], ahead)])
                if gradients.recurrent.size > 0:
                    for f in range(spikes):
                        j = fired[f]
                        at_arrival = later[ahead_of(here, delays[j], ahead)]
                        for i in range(neurons):
                            gradients.recurrent[j, i] += at_arrival[i]
                if learns_delays:
                    for f in range(spikes):
                        j = fired[f]
                        up, down = min(delays[j] + 1, DELAY_MAX), max(delays[j] - 1, DELAY_MIN)
                        difference = _dot_difference(
                            factors.recurrent[j], later[ahead_of(here, up, ahead)], later[ahead_of(here, down, ahead)]
                        )
                        sums[6, j] += difference / _f32(up - down)
            grad_arriving = later[t % ahead]
            if needs_constants:
                for i in range(neurons):
                    sums[0, i] -= grad_s[i] * slope[i]
                    sums[4, i] -= grad_a[i] if now[i] > threshold[i] else _f32(0)
            outside = grad_out[sample, t]
            _backward_step(
                factors, threshold, now, slope, grad_s, outside, voltages, grad_v, grad_u, grad_a, grad_arriving
            )
            if lag > 0:
                _paired_gradients(grad_arriving, ring, t, factors.keep)
            if needs_constants and t > 0:
                before = v_kept[sample, t - 1]
                for i in range(neurons):
                    sums[2, i] -= grad_v[i] * (_f32(0) if before[i] > threshold[i] else _f32(before[i]))
            if rows > 0:
                begin = t // every * every
                if t + 1 == steps or (t + 1) % every == 0:
                    u[0], a[0] = u_kept[sample, t // every], a_kept[sample, t // every]
                    recompute(synapses, constants, events, drive, k, sample, begin, t, v_kept, u, a, work)
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
                gradients.constants[6, i] += sums[6, i]
