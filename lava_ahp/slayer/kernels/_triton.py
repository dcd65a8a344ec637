"""The loops over time on a GPU: a program takes a tile of samples and neurons through a stretch of steps.

Arrays are ``(time, sample, neuron)`` without gaps, so that a stretch of time is one piece of memory.  A tile is padded
to powers of two; what is padded rests at zero, since its threshold is out of reach.  Where neurons hear one another
their tile spans all of them, and the matrix of their weights stays with the program for the whole stretch.

The integers are those of docs/numerics.md in 32 bits: a decay multiplies 12 of the state's 24 bits at a time, and only
the sum for ``u`` can overflow, which is taken modulo ``2**24`` anyway.  Sums of weights are products of matrices with
``float32`` accumulators, in which whole numbers below ``2**24`` are exact.
"""

from __future__ import annotations

import triton
import triton.language as tl

_MAX = tl.constexpr(2**23 - 1)
_MASK = tl.constexpr(2**24 - 1)


@triton.jit
def _decay(x, factor):  # type: ignore[no-untyped-def]
    magnitude = tl.abs(x)
    product = (magnitude >> 12) * factor + (((magnitude & 4095) * factor) >> 12)
    return tl.where(x < 0, -product, product)


@triton.jit
def _saturate(x):  # type: ignore[no-untyped-def]
    return tl.minimum(tl.maximum(x, -_MAX), _MAX)


@triton.jit
def _of_neurons(table, row, neurons, columns, other):  # type: ignore[no-untyped-def]
    """A row of a table ``(parameter, neuron)``, to be broadcast over samples."""
    return tl.load(table + row * neurons + columns, mask=columns < neurons, other=other)[None, :]


@triton.jit
def _square(weights, neurons, size: tl.constexpr, transposed: tl.constexpr, operand: tl.constexpr):  # type: ignore[no-untyped-def]
    """Recurrent weights ``(target, source)``, or their transpose, padded by zeros."""
    down, right = tl.arange(0, size)[:, None], tl.arange(0, size)[None, :]
    place = right * neurons + down if transposed else down * neurons + right
    return tl.load(weights + place, mask=(down < neurons) & (right < neurons), other=0.0).to(operand)


@triton.jit(do_not_specialize=["samples", "steps"])
def advance(  # type: ignore[no-untyped-def]
    drive, recurrent, cells, before, after, voltages, out, history, samples, neurons, steps,
    readout: tl.constexpr, operand: tl.constexpr, rows: tl.constexpr, size: tl.constexpr,
):  # fmt: skip
    """Run a stretch of steps.  What is not wanted is None.

    Args:
        drive: sums of weights that arrive from outside, ``(time, sample, neuron)``, ``float32`` or ``int32``.
        recurrent: weights ``bfloat16 (target, source)``.
        cells: threshold, factors of current, voltage and AHP current (4096 less the decay), AHP weight and gain,
            ``int32 (6, neuron)``.
        before: ``u``, ``a`` and ``v`` before its reset, ahead of the stretch, ``int32 (3, sample, neuron)``.
        after: the same behind the stretch, filled.
        voltages: before the reset, filled, ``int32 (time, sample, neuron)``.
        out: spikes or voltages after the reset, filled, ``float32 (time, sample, neuron)``.
        history: ``u`` and ``a`` before each step, filled, ``int32 (time, 2, sample, neuron)``.
        samples: number of samples.
        neurons: number of neurons.
        steps: length of the stretch.
        readout: whether the output is the voltage.
        operand: type in which matrices are multiplied; holds whole numbers up to 256.
        rows: samples of a tile.
        size: neurons of a tile.
    """
    sample = tl.program_id(0) * rows + tl.arange(0, rows)[:, None]
    columns = tl.program_id(1) * size + tl.arange(0, size)
    inside = (sample < samples) & (columns[None, :] < neurons)
    place = sample * neurons + columns[None, :]
    plane = samples * neurons
    threshold = _of_neurons(cells, 0, neurons, columns, _MAX)
    current_factor = _of_neurons(cells, 1, neurons, columns, 0)
    voltage_factor = _of_neurons(cells, 2, neurons, columns, 0)
    ahp_factor = _of_neurons(cells, 3, neurons, columns, 0)
    ahp_weight = _of_neurons(cells, 4, neurons, columns, 0)
    gain = _of_neurons(cells, 5, neurons, columns, 0)
    if recurrent is not None:
        weights = _square(recurrent, neurons, size, True, operand)
    u = tl.load(before + place, mask=inside, other=0)
    a = tl.load(before + plane + place, mask=inside, other=0)
    v = tl.load(before + 2 * plane + place, mask=inside, other=0)
    fired = v > threshold
    coming = tl.load(drive + place, mask=inside, other=0)
    for t in range(steps):
        at = t * plane + place
        arriving = coming.to(tl.int32)
        # Asked for a step ahead, so that memory answers while this step is computed.
        coming = tl.load(drive + plane + at, mask=inside & (t + 1 < steps), other=0)
        if recurrent is not None:
            arriving += tl.dot(fired.to(tl.float32).to(operand), weights).to(tl.int32)
        if history is not None:
            tl.store(history + t * plane + at, u, mask=inside)
            tl.store(history + (t + 1) * plane + at, a, mask=inside)
        u = _decay(u, current_factor) + arriving * gain
        u = ((u + _MAX) & _MASK) - _MAX
        a = _saturate(_decay(a, ahp_factor) - tl.where(fired, ahp_weight, 0))
        v = _saturate(_decay(tl.where(fired, 0, v), voltage_factor) + u + a)
        fired = v > threshold
        if voltages is not None:
            tl.store(voltages + at, v, mask=inside)
        if out is not None:
            answer = tl.where(fired, 0, v) if readout else fired
            tl.store(out + at, answer.to(tl.float32), mask=inside)
    tl.store(after + place, u, mask=inside)
    tl.store(after + plane + place, a, mask=inside)
    tl.store(after + 2 * plane + place, v, mask=inside)


@triton.jit(do_not_specialize=["samples", "steps", "sample_stride", "neuron_stride", "time_stride"])
def retreat(  # type: ignore[no-untyped-def]
    gradient, sample_stride, neuron_stride, time_stride, voltages, slopes, recurrent, relayed, cells, tangents,
    carried, history, sums, by_drive, samples, neurons, steps,
    readout: tl.constexpr, operand: tl.constexpr, rows: tl.constexpr, size: tl.constexpr,
):  # fmt: skip
    """Propagate back through a stretch of steps, the last one first.  What is not there or not wanted is None.

    Args:
        gradient: by the output of :func:`advance`, ``float32``.
        sample_stride: distance in memory from one sample to the next there.
        neuron_stride: likewise for neurons.
        time_stride: likewise for steps.
        voltages: before the reset, from the step ahead of the stretch on, ``int32 (time + 1, sample, neuron)``.
        slopes: derivative of the spike by the voltage, ``float32 (time, sample, neuron)``; None for a triangle.
        recurrent: as in :func:`advance`.
        relayed: gradient by the spikes of a stretch of one step through recurrent weights, where those do not fit a
            program, ``float32 (sample, neuron)``.
        cells: as in :func:`advance`.
        tangents: factors of current, voltage and AHP current as fractions, half of the base of the triangle, and its
            height by half of its base, ``float32 (5, neuron)``.
        carried: gradients by ``v``, ``u``, ``a`` and what arrives of the step behind the stretch; those of its first
            step are left there, ``float32 (4, sample, neuron)``.
        history: as in :func:`advance`; where it is None, the sums of current and AHP decay stay as they are.
        sums: gradients by threshold, decays of current, voltage and AHP current as fractions, and AHP weight, added
            to, ``float64 (5, sample, neuron)``.
        by_drive: gradient by what arrives, filled, ``float32 (time, sample, neuron)``.
        samples: as in :func:`advance`.
        neurons: as in :func:`advance`.
        steps: as in :func:`advance`.
        readout: as in :func:`advance`.
        operand: as in :func:`advance`.
        rows: as in :func:`advance`.
        size: as in :func:`advance`.
    """
    sample = tl.program_id(0) * rows + tl.arange(0, rows)[:, None]
    columns = tl.program_id(1) * size + tl.arange(0, size)
    inside = (sample < samples) & (columns[None, :] < neurons)
    place = sample * neurons + columns[None, :]
    plane = samples * neurons
    outside = gradient + sample.to(tl.int64) * sample_stride + columns[None, :].to(tl.int64) * neuron_stride
    threshold = _of_neurons(cells, 0, neurons, columns, _MAX)
    ahp_weight = _of_neurons(cells, 4, neurons, columns, 0).to(tl.float32)
    gain = _of_neurons(cells, 5, neurons, columns, 0).to(tl.float32)
    current_factor = _of_neurons(tangents, 0, neurons, columns, 0.0)
    voltage_factor = _of_neurons(tangents, 1, neurons, columns, 0.0)
    ahp_factor = _of_neurons(tangents, 2, neurons, columns, 0.0)
    if slopes is None:
        reach = _of_neurons(tangents, 3, neurons, columns, 0.0)
        steepness = _of_neurons(tangents, 4, neurons, columns, 0.0)
    if recurrent is not None:
        weights = _square(recurrent, neurons, size, False, operand)
    by_v = tl.load(carried + place, mask=inside, other=0.0)
    by_u = tl.load(carried + plane + place, mask=inside, other=0.0)
    by_a = tl.load(carried + 2 * plane + place, mask=inside, other=0.0)
    by_arriving = tl.load(carried + 3 * plane + place, mask=inside, other=0.0)
    if sums is not None:
        nothing = tl.full((rows, size), 0.0, tl.float32)
        of_threshold, of_current, of_voltage, of_ahp, of_weight = nothing, nothing, nothing, nothing, nothing
    now = tl.load(voltages + steps * plane + place, mask=inside, other=0)
    for back in range(steps):
        t = steps - 1 - back
        at = t * plane + place
        before = tl.load(voltages + at, mask=inside, other=0)
        given = tl.load(outside + t * time_stride, mask=inside, other=0.0)
        fired = now > threshold
        if slopes is None:
            slope = tl.maximum(reach - tl.abs(now - threshold).to(tl.float32), 0.0) * steepness
        else:
            slope = tl.load(slopes + at, mask=inside, other=0.0)
        by_s = -ahp_weight * by_a
        if not readout:
            by_s += given
        if relayed is not None:
            by_s += tl.load(relayed + place, mask=inside, other=0.0)
        if recurrent is not None:
            # The gradient as two bfloat16 has 16 bits; the weights are exact in one.
            coarse = by_arriving.to(tl.bfloat16)
            fine = (by_arriving - coarse.to(tl.float32)).to(tl.bfloat16)
            by_s += tl.dot(fine.to(operand), weights, tl.dot(coarse.to(operand), weights))
        if sums is not None:
            of_threshold -= by_s * slope
            of_weight -= tl.where(fired, by_a, 0.0)
        through_reset = voltage_factor * by_v
        if readout:
            through_reset += given
        by_v = by_s * slope + tl.where(fired, 0.0, through_reset)
        by_a = by_v + ahp_factor * by_a
        by_u = by_v + current_factor * by_u
        by_arriving = by_u * gain
        if sums is not None:
            of_voltage -= by_v * tl.where(before > threshold, 0, before).to(tl.float32)
        if sums is not None and history is not None:
            of_current -= by_u * tl.load(history + t * plane + at, mask=inside, other=0).to(tl.float32)
            of_ahp -= by_a * tl.load(history + (t + 1) * plane + at, mask=inside, other=0).to(tl.float32)
        tl.store(by_drive + at, by_arriving, mask=inside)
        now = before
    tl.store(carried + place, by_v, mask=inside)
    tl.store(carried + plane + place, by_u, mask=inside)
    tl.store(carried + 2 * plane + place, by_a, mask=inside)
    tl.store(carried + 3 * plane + place, by_arriving, mask=inside)
    if sums is not None:
        _add(sums, place, of_threshold, inside)
        _add(sums + plane, place, of_current, inside)
        _add(sums + 2 * plane, place, of_voltage, inside)
        _add(sums + 3 * plane, place, of_ahp, inside)
        _add(sums + 4 * plane, place, of_weight, inside)


@triton.jit
def _add(sums, place, part, inside):  # type: ignore[no-untyped-def]
    tl.store(sums + place, tl.load(sums + place, mask=inside, other=0.0) + part.to(tl.float64), mask=inside)
