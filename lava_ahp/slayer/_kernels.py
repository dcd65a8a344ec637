"""The compiled loops of :mod:`lava_ahp.slayer.fused`, on NumPy arrays.

Arrays are ``(sample, time, neuron)``; recurrent weights are ``(source, target)``, so that what one spike adds lies in
one row.  The recurrent weights are read for spikes that occur, and backward for neurons with a surrogate derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, prange

from lava_ahp import fixedpoint as fx

Array = npt.NDArray[Any]

#: Samples are cut into so many groups, each summed by one thread: a constant, so that sums do not depend on threads.
GROUPS = 16

_SHIFT, _ONE, _MAX = fx.DECAY_BITS, fx.DECAY_ONE, fx.STATE_MAX
_HALF, _FULL = 2 ** (fx.STATE_BITS - 1), 2**fx.STATE_BITS


def forward(
    drive: Array, recurrent: Array | None, constants: Sequence[Array], keep: bool
) -> tuple[Array, Array, Array, Array]:
    """Run a population.

    Args:
        drive: sums of weights from outside, ``float32``.
        recurrent: ``int32 (source, target)``.
        constants: ``int64 (neuron,)`` each, in the order of :class:`lava_ahp.slayer.loop.Constants`.
        keep: whether ``u`` and ``a`` are wanted.

    Returns:
        ``v`` before the reset, ``int32``; ``s``, ``uint8``; ``u`` and ``a``, ``int32``, empty unless kept.
    """
    samples, _, neurons = drive.shape
    v = np.empty(drive.shape, np.int32)
    s = np.empty(drive.shape, np.uint8)
    kept = drive.shape if keep else (samples, 0, neurons)
    u, a = np.empty(kept, np.int32), np.empty(kept, np.int32)
    weights = np.zeros((0, neurons), np.int32) if recurrent is None else recurrent
    threshold, current_decay, voltage_decay, ahp_decay, ahp_weight, gain = constants
    fu, fv, fa = (_ONE - d for d in (current_decay, voltage_decay, ahp_decay))
    _forward(drive, weights, recurrent is not None, threshold, fu, fv, fa, ahp_weight, gain, v, s, u, a, keep)
    return v, s, u, a


@njit(cache=True, inline="always")
def _decay(x: int, factor: int) -> int:
    return (x * factor) >> _SHIFT if x >= 0 else -((-x * factor) >> _SHIFT)


@njit(cache=True, parallel=True, nogil=True)
def _forward(  # type: ignore[no-untyped-def]
    drive, recurrent, has_recurrent, threshold, fu, fv, fa, ahp_weight, gain, v_out, s_out, u_out, a_out, keep
):
    samples, steps, neurons = drive.shape
    for k in prange(samples):
        u = np.zeros(neurons, np.int64)
        a = np.zeros(neurons, np.int64)
        v = np.zeros(neurons, np.int64)
        arriving = np.zeros(neurons, np.int64)
        spiked = np.zeros(neurons, np.int64)
        fired = np.empty(neurons, np.int64)
        count = 0
        for t in range(steps):
            for i in range(neurons):
                arriving[i] = np.int64(drive[k, t, i])
            if has_recurrent:
                for f in range(count):
                    row = recurrent[fired[f]]
                    for i in range(neurons):
                        arriving[i] += row[i]
            for i in range(neurons):
                x = _decay(u[i], fu[i]) + arriving[i] * gain[i]
                u[i] = _HALF - ((_HALF - x) & (_FULL - 1))
                x = _decay(a[i], fa[i]) - ahp_weight[i] * spiked[i]
                a[i] = min(max(x, -_MAX), _MAX)
                x = _decay(v[i], fv[i]) + u[i] + a[i]
                x = min(max(x, -_MAX), _MAX)
                spike = x > threshold[i]
                spiked[i] = 1 if spike else 0
                v[i] = 0 if spike else x
                v_out[k, t, i] = x
                s_out[k, t, i] = spiked[i]
            if keep:
                for i in range(neurons):
                    u_out[k, t, i] = u[i]
                    a_out[k, t, i] = a[i]
            count = 0
            for i in range(neurons):
                if spiked[i]:
                    fired[count] = i
                    count += 1


def backward(
    gradients: Sequence[Array],
    states: Sequence[Array],
    recurrent: Array | None,
    constants: Sequence[Array],
    keep: bool,
) -> tuple[Array, Array, Array]:
    """Propagate back through a run.

    Args:
        gradients: by the spikes; by the voltages after the reset; and the slope, which is the derivative of the spikes
            by the voltage before the reset; ``float32``.
        states: what :func:`forward` returned.
        recurrent: ``float32 (source, target)``.
        constants: ``float64 (neuron,)`` each, in the order of :class:`lava_ahp.slayer.loop.Constants`.
        keep: whether ``u`` and ``a`` were kept.

    Returns:
        Gradients by the drive; by the recurrent weights ``(source, target)``; and by the constants but the gain,
        ``(constant, neuron)``, those of the decays of ``u`` and ``a`` zero unless kept.
    """
    grad_s, grad_v, slope = gradients
    v, s, u, a = states
    samples, _, neurons = v.shape
    weights = np.zeros((0, neurons), np.float32) if recurrent is None else recurrent
    groups = min(samples, GROUPS)
    by_drive = np.empty(v.shape, np.float32)
    by_weight = np.zeros((groups, *weights.shape))
    by_constant = np.zeros((groups, 5, neurons))
    _, current_decay, voltage_decay, ahp_decay, ahp_weight, gain = constants
    fu, fv, fa = ((_ONE - d) / _ONE for d in (current_decay, voltage_decay, ahp_decay))
    _backward(
        grad_s, grad_v, slope, v, s, u, a, weights, recurrent is not None, fu, fv, fa, ahp_weight, gain, keep,
        by_drive, by_weight, by_constant,
    )  # fmt: skip
    return by_drive, by_weight.sum(axis=0), by_constant.sum(axis=0)


@njit(cache=True, fastmath={"reassoc", "contract"}, inline="always")
def _dot(x, y, n):  # type: ignore[no-untyped-def]
    total = np.float32(0)
    for i in range(n):
        total += x[i] * y[i]
    return total


@njit(cache=True, parallel=True, nogil=True, fastmath={"reassoc", "contract"})
def _backward(  # type: ignore[no-untyped-def]
    grad_s, grad_v, slope, v, s, u, a, recurrent, has_recurrent, fu, fv, fa, ahp_weight, gain, keep,
    by_drive, by_weight, by_constant,
):  # fmt: skip
    samples, steps, neurons = v.shape
    groups = len(by_constant)
    for g in prange(groups):
        for k in range(g * samples // groups, (g + 1) * samples // groups):
            # Gradients by u, a and v (after the reset) as the step after left them, and by the spikes of this step.
            gu = np.zeros(neurons)
            ga = np.zeros(neurons)
            gv = np.zeros(neurons)
            arrived = np.zeros(neurons, np.float32)
            for t in range(steps - 1, -1, -1):
                for i in range(neurons):
                    through_spike = 0.0
                    if slope[k, t, i] != 0.0:
                        gs = grad_s[k, t, i] - ahp_weight[i] * ga[i]
                        if has_recurrent and t + 1 < steps:
                            gs += _dot(recurrent[i], arrived, neurons)
                        through_spike = gs * slope[k, t, i]
                        by_constant[g, 0, i] -= through_spike
                    if s[k, t, i]:
                        by_constant[g, 4, i] -= ga[i]
                        gv[i] = through_spike
                    else:
                        gv[i] = through_spike + grad_v[k, t, i] + fv[i] * gv[i]
                if has_recurrent and t + 1 < steps:
                    for j in range(neurons):
                        if s[k, t, j]:
                            row = by_weight[g, j]
                            for i in range(neurons):
                                row[i] += arrived[i]
                for i in range(neurons):
                    gu[i] = gv[i] + fu[i] * gu[i]
                    ga[i] = gv[i] + fa[i] * ga[i]
                    arrived[i] = np.float32(gu[i] * gain[i])
                    by_drive[k, t, i] = arrived[i]
                if t > 0:
                    for i in range(neurons):
                        if not s[k, t - 1, i]:
                            by_constant[g, 2, i] -= gv[i] * v[k, t - 1, i] / _ONE
                    if keep:
                        for i in range(neurons):
                            by_constant[g, 1, i] -= gu[i] * u[k, t - 1, i] / _ONE
                            by_constant[g, 3, i] -= ga[i] * a[k, t - 1, i] / _ONE
