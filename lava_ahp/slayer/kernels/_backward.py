"""The compiled loops over time, backward in ``float32``; arrays are as in :mod:`_loops`.

``u`` follows from the voltages and ``a``, and ``a`` is computed again from one checkpoint to the next, which takes no
synapses.
Recurrent delays have a ring of the gradients of the sums that arrive in the next steps, and synapses in pairs one of
what a pair brings.
"""

from __future__ import annotations

import numpy as np

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.kernels._compile import compiled

# Numba does not see a change of these functions: remove its cache after one.
from lava_ahp.slayer.kernels._lists import add_row, list_nonzero, list_spikes, zeros
from lava_ahp.slayer.kernels._loops import ahead_of, recompute_ahp, rest_of
from lava_ahp.slayer.kernels._states import below, saturated, zero_above, zero_up_to
from lava_ahp.slayer.kernels._vectors import (
    LANES,
    add,
    load,
    multiply,
    multiply_add,
    no_floats,
    store,
    subtract,
    to_float,
    total_of,
)

_i32, _f32 = np.int32, np.float32

#: Range of a delay, in steps.
DELAY_MIN, DELAY_MAX = fx.DELAY_MIN, fx.DELAY_MAX


@compiled()
def _dot(matrix, j, x, row):
    """``matrix[j] @ x[row]``."""
    total = no_floats()
    for i in range(0, matrix.shape[1], LANES):
        total = multiply_add(load(matrix, (j, i)), load(x, (row, i)), total)
    return total_of(total)


@compiled()
def _dot_difference(matrix, j, x, row, other):
    """``matrix[j] @ (x[row] - x[other])``."""
    total = no_floats()
    for i in range(0, matrix.shape[1], LANES):
        difference = subtract(load(x, (row, i)), load(x, (other, i)))
        total = multiply_add(load(matrix, (j, i)), difference, total)
    return total_of(total)


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
def _find_slopes(factors, threshold, v, now, sample, t, slope):
    """Fill ``slope`` with the surrogate derivative of ``v[now]``."""
    for i in range(0, slope.size, LANES):
        if factors.derivative.size > 0:
            store(load(factors.derivative, (sample, t, i)), slope, i)
        else:
            height = below(load(factors.reach, i), saturated(load(v, (now, i))), load(threshold, i))
            store(multiply(height, load(factors.steepness, i)), slope, i)


@compiled()
def _back_one_step(constants, factors, v, now, slope, grad_s, outside, carried, grad_arriving, row, sums, needs_sums):
    """Replace the gradients ``carried`` of the next step by those of this step, and add to the sums of the constants.

    ``grad_s`` are the gradients of the spikes, but for those through ``a``, and ``outside`` those of the voltages after
    the reset.
    """
    for i in range(0, slope.size, LANES):
        voltages, threshold = load(v, (now, i)), load(constants.threshold, i)
        after_v, after_u, after_a = load(carried, (0, i)), load(carried, (1, i)), load(carried, (2, i))
        steep = load(slope, i)
        spikes = multiply_add(load(factors.minus_ahp_weight, i), after_a, load(grad_s, i))
        through_reset = multiply_add(load(factors.voltage_factor, i), after_v, load(outside, i))
        voltage = multiply_add(spikes, steep, zero_above(through_reset, voltages, threshold))
        current = multiply_add(load(factors.current_factor, i), after_u, voltage)
        store(voltage, carried, (0, i))
        store(current, carried, (1, i))
        store(multiply_add(load(factors.ahp_factor, i), after_a, voltage), carried, (2, i))
        store(multiply(current, load(factors.gain, i)), grad_arriving, (row, i))
        if needs_sums:
            store(subtract(load(sums, (0, i)), multiply(spikes, steep)), sums, (0, i))
            store(subtract(load(sums, (4, i)), zero_up_to(after_a, voltages, threshold)), sums, (4, i))
            before = load(v, (now - 1, i))
            kept = to_float(zero_above(saturated(before), before, threshold))
            store(subtract(load(sums, (2, i)), multiply(voltage, kept)), sums, (2, i))


@compiled()
def _add_states(constants, carried, v, now, a, row, sums):
    """Add to the sums of the decays of ``u`` and ``a``: the gradients times the states before the step.

    The states follow from the voltages of the two steps before, and ``a[row]``.
    """
    for i in range(0, sums.shape[1], LANES):
        threshold, ahp = load(constants.threshold, i), load(a, (row, i))
        parts = add(rest_of(load(v, (now - 2, i)), threshold, constants, i), ahp)
        current = subtract(load(v, (now - 1, i)), parts)
        store(subtract(load(sums, (1, i)), multiply(load(carried, (1, i)), to_float(current))), sums, (1, i))
        store(subtract(load(sums, (3, i)), multiply(load(carried, (2, i)), to_float(ahp))), sums, (3, i))


@compiled()
def _paired_gradients(grad_arriving, row, ring, t, keep):
    """Turn gradients of what a pair brings into those of the sums ``lag`` steps apart; the ring keeps the former."""
    after, here = ring[t % len(ring)], grad_arriving[row]
    for i in range(keep.size):
        own = here[i]
        here[i] = own - keep[i] * after[i]
        after[i] = own


@compiled(nogil=True, fastmath={"contract"})
def backward(
    synapses,
    constants,
    factors,
    events,
    first,
    delay,
    every,
    lag,
    voltages,
    needs_delays,
    grad_out,
    grad_counts,
    kept,
    gradients,
):
    """Back-propagate through :func:`_loops.forward`, for the same samples.

    Args:
        synapses: as in :func:`_loops.forward`.
        constants: as in :func:`_loops.forward`.
        factors: :class:`BackwardFactors`.
        events: as in :func:`_loops.forward`.
        first: as in :func:`_loops.forward`.
        delay: steps from an input spike to its arrival.
        every: as in :func:`_loops.forward`.
        lag: as in :func:`_loops.forward`.
        voltages: as in :func:`_loops.forward`.
        needs_delays: whether the gradient of the recurrent delays is needed.
        grad_out: gradient of the output, ``float32``; it may have fewer neurons.
        grad_counts: gradient of the sums of spikes, ``float32 (neuron,)``.
        kept: as filled by :func:`_loops.forward`.
        gradients: :class:`Gradients`.
    """
    offsets, sources = events
    v_kept, a_kept = kept
    samples, steps = offsets.shape[0], offsets.shape[1] - 1
    threshold, neurons, given = constants.threshold, constants.threshold.size, grad_out.shape[2]
    delays, has_recurrent, needs_spikes = synapses.delays, synapses.delays.size > 0, gradients.spikes.size > 0
    needs_drive, needs_constants = gradients.drive.size > 0, gradients.constants.size > 0
    # One step beyond the longest delay is needed for the derivative of a delay.
    learns_delays = has_recurrent and needs_delays
    ahead = (min(delays.max() + 1, DELAY_MAX) if learns_delays else delays.max()) if has_recurrent else 1
    carried, later, ring = (
        zeros(3, neurons).view(_f32),
        zeros(ahead, neurons).view(_f32),
        zeros(lag, neurons).view(_f32),
    )
    work, sums = zeros(3, neurons).view(_f32), zeros(7, neurons).view(_f32)
    slope, grad_s, outside = work[0], work[1], work[2]
    active, fired = np.empty(neurons, np.int64), np.empty(neurons, np.int64)
    a = zeros(every if a_kept.size > 0 else 0, neurons)
    for k in range(samples):
        sample = first + k
        v = v_kept[sample]
        carried[:], later[:], sums[:], ring[:] = 0, 0, 0, 0
        if needs_spikes:
            gradients.spikes[sample, max(steps - delay, 0) :] = 0
        for t in range(steps - 1, -1, -1):
            now = t + 1
            _find_slopes(factors, threshold, v, now, sample, t, slope)
            for i in range(neurons):
                grad_s[i], outside[i] = grad_counts[i], 0
            target = outside if voltages else grad_s
            for i in range(given):
                target[i] += grad_out[sample, t, i]
            if lag > 0:
                own, voltage = ring[(t + 1) % lag], v[now]
                for i in range(neurons):
                    grad_s[i] -= factors.autapse[i] * own[i]
                    sums[5, i] -= own[i] if voltage[i] > threshold[i] else _f32(0)
            if has_recurrent and t + 1 < steps:
                here = t % ahead
                for c in range(list_nonzero(work, 0, 1, neurons, active, 0)):
                    j = active[c]
                    grad_s[j] += _dot(factors.recurrent, j, later, ahead_of(here, delays[j], ahead))
                spikes = list_spikes(threshold, 0, neurons, v, now, fired, 0)
                if gradients.recurrent.size > 0:
                    for f in range(spikes):
                        j = fired[f]
                        add_row(later, ahead_of(here, delays[j], ahead), gradients.recurrent, j)
                if learns_delays:
                    for f in range(spikes):
                        j = fired[f]
                        up, down = min(delays[j] + 1, DELAY_MAX), max(delays[j] - 1, DELAY_MIN)
                        difference = _dot_difference(
                            factors.recurrent, j, later, ahead_of(here, up, ahead), ahead_of(here, down, ahead)
                        )
                        sums[6, j] += difference / _f32(up - down)
            row = t % ahead
            _back_one_step(
                constants, factors, v, now, slope, grad_s, outside, carried, later, row, sums, needs_constants
            )
            if lag > 0:
                _paired_gradients(later, row, ring, t, factors.keep)
            if len(a) > 0 and t > 0:
                begin = t // every * every
                if t + 1 == steps or (t + 1) % every == 0:
                    a[0] = a_kept[sample, t // every]
                    recompute_ahp(constants, v, begin, t, a)
                _add_states(constants, carried, v, now, a, t - begin, sums)
            if gradients.feedforward.size > 0:
                for e in range(offsets[k, t], offsets[k, t + 1]):
                    add_row(later, row, gradients.feedforward, sources[e])
            if needs_spikes and t >= delay:
                _multiply(factors.feedforward, later[row], gradients.spikes[sample, t - delay])
            if needs_drive:
                for i in range(gradients.drive.shape[2]):
                    gradients.drive[sample, t, i] = later[row, i]
        if needs_constants:
            for i in range(neurons):
                gradients.constants[0, i] += sums[0, i]
                for c in range(1, 4):
                    gradients.constants[c, i] += sums[c, i] / 4096
                for c in range(4, 7):
                    gradients.constants[c, i] += sums[c, i]
