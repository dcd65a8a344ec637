"""The loops over time on a GPU: one program takes a tile of samples and neurons through a chunk of steps.

Arrays are ``(time, sample, neuron)`` and contiguous, so that a chunk of steps is one block of memory.  A tile is padded
to powers of two.  Padding never spikes, because its threshold is out of reach.  With recurrent weights, a tile spans
all neurons, and the weight matrix stays in the program for the whole chunk.

The integers are those of docs/numerics.md, in 32 bits.  A decay multiplies 12 of the state's 24 bits at a time.  Only
the sum for ``u`` can overflow, and it is taken modulo ``2**24`` anyway.  Sums of weights are matrix products with
``float32`` accumulators, in which whole numbers below ``2**24`` are exact.

Synapses in pairs (:class:`lava_ahp.slayer.loop.PairedSynapses`): the sums that arrive go through memory, since they
count again ``lag`` steps later.  A barrier follows each of them, because the thread that reads it may be another one.
"""

from __future__ import annotations

import triton
import triton.language as tl

_MAX = tl.constexpr(2**23 - 1)
_MASK = tl.constexpr(2**24 - 1)


@triton.jit
def _decay(x, factor):
    magnitude = tl.abs(x)
    product = (magnitude >> 12) * factor + (((magnitude & 4095) * factor) >> 12)
    return tl.where(x < 0, -product, product)


@triton.jit
def _saturate(x):
    return tl.minimum(tl.maximum(x, -_MAX), _MAX)


@triton.jit
def _row(table, row, neurons, columns, other):
    """A row of a table ``(parameter, neuron)``, broadcast over samples."""
    return tl.load(table + row * neurons + columns, mask=columns < neurons, other=other)[None, :]


@triton.jit
def _recurrent_weights(weights, neurons, size: tl.constexpr, transposed: tl.constexpr, operand: tl.constexpr):
    """Recurrent weights ``(target, source)``, or their transpose, padded with zeros."""
    down, right = tl.arange(0, size)[:, None], tl.arange(0, size)[None, :]
    index = right * neurons + down if transposed else down * neurons + right
    return tl.load(weights + index, mask=(down < neurons) & (right < neurons), other=0.0).to(operand)


@triton.jit(do_not_specialize=["samples", "steps"])
def forward(
    drive, recurrent, constants, before, after, voltages, out, history, past, samples, neurons, steps,
    readout: tl.constexpr, lag: tl.constexpr, operand: tl.constexpr, rows: tl.constexpr, size: tl.constexpr,
):  # fmt: skip
    """Run a chunk of steps.  Arrays that are not needed are None.

    Args:
        drive: input as sums of weights, ``(time, sample, neuron)``, ``float32`` or ``int32``.
        recurrent: weights ``bfloat16 (target, source)``.
        constants: threshold, factors of current, voltage and AHP current (4096 minus the decay), AHP weight and gain,
            ``int32 (6, neuron)``; with ``past`` also the autapse, ``(7, neuron)``.
        before: ``u``, ``a`` and the voltage before the reset, one step before the chunk, ``int32 (3, sample, neuron)``.
        after: the same at the last step of the chunk, filled.
        voltages: voltages before the reset, filled, ``int32 (time, sample, neuron)``.
        out: spikes or voltages after the reset, filled, ``float32 (time, sample, neuron)``.
        history: ``u`` and ``a`` before each step, filled, ``int32 (time, 2, sample, neuron)``.
        past: of synapses in pairs, sums that arrived in the ``lag`` steps before the chunk, and behind them those of
            the chunk, filled, ``int32 (lag + time, sample, neuron)``; None for single synapses.
        samples: number of samples.
        neurons: number of neurons.
        steps: length of the chunk.
        readout: whether the output is the voltages after the reset instead of the spikes.
        lag: steps between the synapses of a pair.
        operand: dtype of the factors of matrix products; it must hold whole numbers up to 256 exactly.
        rows: samples per tile.
        size: neurons per tile.
    """
    sample = tl.program_id(0) * rows + tl.arange(0, rows)[:, None]
    columns = tl.program_id(1) * size + tl.arange(0, size)
    inside = (sample < samples) & (columns[None, :] < neurons)
    index = sample * neurons + columns[None, :]
    plane = samples * neurons
    threshold = _row(constants, 0, neurons, columns, _MAX)
    current_factor = _row(constants, 1, neurons, columns, 0)
    voltage_factor = _row(constants, 2, neurons, columns, 0)
    ahp_factor = _row(constants, 3, neurons, columns, 0)
    ahp_weight = _row(constants, 4, neurons, columns, 0)
    gain = _row(constants, 5, neurons, columns, 0)
    if past is not None:
        autapse = _row(constants, 6, neurons, columns, 0)
    if recurrent is not None:
        weights = _recurrent_weights(recurrent, neurons, size, True, operand)
    u = tl.load(before + index, mask=inside, other=0)
    a = tl.load(before + plane + index, mask=inside, other=0)
    v = tl.load(before + 2 * plane + index, mask=inside, other=0)
    fired = v > threshold
    next_drive = tl.load(drive + index, mask=inside, other=0)
    for t in range(steps):
        at = t * plane + index
        arriving = next_drive.to(tl.int32)
        # Loaded one step early, to hide the latency of memory behind this step's arithmetic.
        next_drive = tl.load(drive + plane + at, mask=inside & (t + 1 < steps), other=0)
        if recurrent is not None:
            arriving += tl.dot(fired.to(tl.float32).to(operand), weights).to(tl.int32)
        if past is not None:
            earlier = tl.load(past + at, mask=inside, other=0)
            tl.store(past + lag * plane + at, arriving, mask=inside)
            tl.debug_barrier()
            arriving -= earlier + tl.where(fired, autapse, 0)
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
    tl.store(after + index, u, mask=inside)
    tl.store(after + plane + index, a, mask=inside)
    tl.store(after + 2 * plane + index, v, mask=inside)


@triton.jit(do_not_specialize=["samples", "steps", "sample_stride", "neuron_stride", "time_stride"])
def backward(
    grad_out, sample_stride, neuron_stride, time_stride, voltages, slopes, recurrent, grad_spikes, constants, factors,
    carried, history, sums, grad_drive, later, samples, neurons, steps,
    readout: tl.constexpr, lag: tl.constexpr, operand: tl.constexpr, rows: tl.constexpr, size: tl.constexpr,
):  # fmt: skip
    """Back-propagate through a chunk of steps, last step first.  Arrays that are absent or not needed are None.

    Args:
        grad_out: gradient of the output of :func:`forward`, ``float32``.
        sample_stride: stride of ``grad_out`` from sample to sample, in elements.
        neuron_stride: stride of ``grad_out`` from neuron to neuron.
        time_stride: stride of ``grad_out`` from step to step.
        voltages: voltages before the reset, from one step before the chunk on, ``int32 (time + 1, sample, neuron)``.
        slopes: surrogate derivative of the spike by the voltage, ``float32 (time, sample, neuron)``; None for the
            triangle.
        recurrent: as in :func:`forward`.
        grad_spikes: gradient of the spikes through the recurrent weights, ``float32 (sample, neuron)``; given for a
            chunk of one step, if the weights do not fit into a program.
        constants: as in :func:`forward`.
        factors: 1 minus the decays of current, voltage and AHP current, half of the base of the triangle, and its
            height divided by half of its base, ``float32 (5, neuron)``.
        carried: gradients of ``v``, ``u``, ``a`` and the arriving sum at one step past the chunk; replaced by those at
            the first step of the chunk, ``float32 (4, sample, neuron)``.
        history: as in :func:`forward`; if it is None, the gradients of current and AHP decay are left as they are.
        sums: gradients of threshold, decays of current, voltage and AHP current (as fractions), AHP weight and
            autapse, accumulated, ``float64 (6, sample, neuron)``.
        grad_drive: gradient of the arriving sums, filled, ``float32 (time, sample, neuron)``.
        later: of synapses in pairs, gradients of what they bring together, filled, and behind them those of the ``lag``
            steps after the chunk, ``float32 (time + lag, sample, neuron)``; None for single synapses.
        samples: as in :func:`forward`.
        neurons: as in :func:`forward`.
        steps: as in :func:`forward`.
        readout: as in :func:`forward`.
        lag: as in :func:`forward`.
        operand: as in :func:`forward`.
        rows: as in :func:`forward`.
        size: as in :func:`forward`.
    """
    sample = tl.program_id(0) * rows + tl.arange(0, rows)[:, None]
    columns = tl.program_id(1) * size + tl.arange(0, size)
    inside = (sample < samples) & (columns[None, :] < neurons)
    index = sample * neurons + columns[None, :]
    plane = samples * neurons
    out_start = grad_out + sample.to(tl.int64) * sample_stride + columns[None, :].to(tl.int64) * neuron_stride
    threshold = _row(constants, 0, neurons, columns, _MAX)
    ahp_weight = _row(constants, 4, neurons, columns, 0).to(tl.float32)
    gain = _row(constants, 5, neurons, columns, 0).to(tl.float32)
    if later is not None:
        autapse = _row(constants, 6, neurons, columns, 0).to(tl.float32)
    current_factor = _row(factors, 0, neurons, columns, 0.0)
    voltage_factor = _row(factors, 1, neurons, columns, 0.0)
    ahp_factor = _row(factors, 2, neurons, columns, 0.0)
    if slopes is None:
        reach = _row(factors, 3, neurons, columns, 0.0)
        steepness = _row(factors, 4, neurons, columns, 0.0)
    if recurrent is not None:
        weights = _recurrent_weights(recurrent, neurons, size, False, operand)
    grad_v = tl.load(carried + index, mask=inside, other=0.0)
    grad_u = tl.load(carried + plane + index, mask=inside, other=0.0)
    grad_a = tl.load(carried + 2 * plane + index, mask=inside, other=0.0)
    grad_arriving = tl.load(carried + 3 * plane + index, mask=inside, other=0.0)
    if sums is not None:
        nothing = tl.full((rows, size), 0.0, tl.float32)
        sum_threshold, sum_current, sum_voltage, sum_ahp, sum_weight = nothing, nothing, nothing, nothing, nothing
        sum_autapse = nothing
    now = tl.load(voltages + steps * plane + index, mask=inside, other=0)
    for back in range(steps):
        t = steps - 1 - back
        at = t * plane + index
        before = tl.load(voltages + at, mask=inside, other=0)
        from_output = tl.load(out_start + t * time_stride, mask=inside, other=0.0)
        fired = now > threshold
        if slopes is None:
            slope = tl.maximum(reach - tl.abs(now - threshold).to(tl.float32), 0.0) * steepness
        else:
            slope = tl.load(slopes + at, mask=inside, other=0.0)
        grad_s = -ahp_weight * grad_a
        if not readout:
            grad_s += from_output
        if grad_spikes is not None:
            grad_s += tl.load(grad_spikes + index, mask=inside, other=0.0)
        if recurrent is not None:
            # Two bfloat16 hold 16 bits of the gradient; one holds a weight exactly.
            coarse = grad_arriving.to(tl.bfloat16)
            fine = (grad_arriving - coarse.to(tl.float32)).to(tl.bfloat16)
            grad_s += tl.dot(fine.to(operand), weights, tl.dot(coarse.to(operand), weights))
        if later is not None:
            own = tl.load(later + plane + at, mask=inside, other=0.0)
            grad_s -= autapse * own
            if sums is not None:
                sum_autapse -= tl.where(fired, own, 0.0)
        if sums is not None:
            sum_threshold -= grad_s * slope
            sum_weight -= tl.where(fired, grad_a, 0.0)
        through_reset = voltage_factor * grad_v
        if readout:
            through_reset += from_output
        grad_v = grad_s * slope + tl.where(fired, 0.0, through_reset)
        grad_a = grad_v + ahp_factor * grad_a
        grad_u = grad_v + current_factor * grad_u
        grad_arriving = grad_u * gain
        if later is not None:
            tl.store(later + at, grad_arriving, mask=inside)
            grad_arriving -= tl.load(later + lag * plane + at, mask=inside, other=0.0)
            tl.debug_barrier()
        if sums is not None:
            sum_voltage -= grad_v * tl.where(before > threshold, 0, before).to(tl.float32)
        if sums is not None and history is not None:
            sum_current -= grad_u * tl.load(history + t * plane + at, mask=inside, other=0).to(tl.float32)
            sum_ahp -= grad_a * tl.load(history + (t + 1) * plane + at, mask=inside, other=0).to(tl.float32)
        tl.store(grad_drive + at, grad_arriving, mask=inside)
        now = before
    tl.store(carried + index, grad_v, mask=inside)
    tl.store(carried + plane + index, grad_u, mask=inside)
    tl.store(carried + 2 * plane + index, grad_a, mask=inside)
    tl.store(carried + 3 * plane + index, grad_arriving, mask=inside)
    if sums is not None:
        _add(sums, index, sum_threshold, inside)
        _add(sums + plane, index, sum_current, inside)
        _add(sums + 2 * plane, index, sum_voltage, inside)
        _add(sums + 3 * plane, index, sum_ahp, inside)
        _add(sums + 4 * plane, index, sum_weight, inside)
        _add(sums + 5 * plane, index, sum_autapse, inside)


@triton.jit
def _add(sums, index, part, inside):
    tl.store(sums + index, tl.load(sums + index, mask=inside, other=0.0) + part.to(tl.float64), mask=inside)
