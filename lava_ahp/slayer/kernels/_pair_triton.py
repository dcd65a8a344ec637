"""The loops over time of the pair layers on a GPU: one program takes a tile of pairs through all layers and steps.

The states of all layers and the weights between them stay in the program.  All layers have the same number of neurons
here, a power of two: the caller pads their parameters with zeros.  Padding never spikes, and nor does a row without a
pair: its voltage stays 0, and no threshold is negative.

Parameters of neurons are read again in every step: they are in the nearest cache, and registers are scarce.

The integers are those of :mod:`_triton`.  Spikes are added up atomically as integers, in any order with the same sum.
"""

from __future__ import annotations

import triton
import triton.language as tl

from lava_ahp.slayer.kernels._triton import _MASK, _MAX, _decay, _saturate

#: Rows of the tables of constants and of factors, for each layer.
_CONSTANTS, _FACTORS = tl.constexpr(6), tl.constexpr(5)


@triton.jit
def _start(chosen, pair, pairs, steps, size: tl.constexpr):
    """Index of the first step of the row that is chosen for each pair, ``(pair, neuron)``."""
    row = tl.load(chosen + pair, mask=pair < pairs, other=0)
    return row * steps * size + tl.arange(0, size)[None, :]


@triton.jit
def _matrix(weights, below, size: tl.constexpr, operand: tl.constexpr):
    """The weights between the layer ``below`` and the next one."""
    index = tl.arange(0, size)[:, None] * size + tl.arange(0, size)[None, :]
    return tl.load(weights + below * size * size + index).to(operand)


@triton.jit
def _passed_up(below, v, matrix, constants, size: tl.constexpr, operand: tl.constexpr):
    """Sums of the weights of the spikes of the layer ``below``."""
    fired = v > tl.load(constants + below * _CONSTANTS * size)
    return tl.dot(fired.to(tl.float32).to(operand), matrix).to(tl.int32)


@triton.jit
def _advance(
    layer: tl.constexpr, u, v, tally, arriving, constants, counts, at_count, voltages, at_voltage, inside,
    layers: tl.constexpr, size: tl.constexpr,
):  # fmt: skip
    """``u``, the voltage before the reset and the number of spikes so far of a layer, one step later."""
    row = constants + layer * _CONSTANTS * size
    threshold = tl.load(row)
    u = _decay(u, tl.load(row + size)) + arriving * tl.load(row + 5 * size)
    u = ((u + _MAX) & _MASK) - _MAX
    v = _saturate(_decay(tl.where(v > threshold, 0, v), tl.load(row + 2 * size)) + u)
    fired = v > threshold
    if voltages is not None:
        tl.store(voltages + at_voltage, v, mask=inside)
    if counts is not None:
        tally += fired.to(tl.int32)
        if layer == layers - 1:
            # Few neurons spike, so few elements are added to.
            tl.atomic_add(counts + at_count, fired.to(tl.int32), mask=inside & fired)
    return u, v, tally


@triton.jit
def _add_total(total, layer, tally, columns, rows: tl.constexpr, size: tl.constexpr):
    row = tl.broadcast_to(total + layer * size + columns, (rows, size))
    tl.atomic_add(row, tally.to(tl.int64), mask=tally > 0)


@triton.jit(do_not_specialize=["pairs", "steps"])
def forward(
    left, right, i, j, story, weights, constants, counts, total, voltages, pairs, steps,
    layers: tl.constexpr, operand: tl.constexpr, rows: tl.constexpr, size: tl.constexpr,
):  # fmt: skip
    """Run pairs from an all-zero state.  Either ``voltages``, or both ``counts`` and ``total`` are None.

    Args:
        left: what arrives at the first layer from each sentence as sentence i, ``float32 (sentence, time, neuron)``.
        right: the same from each sentence as sentence j.
        i: sentence i of each pair, ``int64 (pair,)``.
        j: sentence j of each pair.
        story: story of each pair.
        weights: from each layer onto the next, ``bfloat16 (layer - 1, source, target)``.
        constants: as :func:`_triton.forward` takes them, for each layer, ``int32 (layer, 6, neuron)``.
        counts: spikes of the last layer summed over pairs, added to, ``int32 (story, time, neuron)``.
        total: spikes summed over pairs and steps, added to, ``int64 (layer, neuron)``.
        voltages: voltages before the reset, filled, ``int32 (layer, pair, time, neuron)``.
        pairs: number of pairs.
        steps: number of steps.
        layers: number of layers, 1 to 4.
        operand: dtype of the factors of matrix products; it must hold whole numbers up to 256 exactly.
        rows: pairs per tile.
        size: neurons of a layer.
    """
    pair = tl.program_id(0) * rows + tl.arange(0, rows)[:, None]
    columns = tl.arange(0, size)[None, :]
    inside = (pair < pairs) & (columns < size)
    from_i, from_j = _start(i, pair, pairs, steps, size), _start(j, pair, pairs, steps, size)
    to_story = _start(story, pair, pairs, steps, size)
    at = pair.to(tl.int64) * steps * size + columns
    plane = tl.cast(pairs, tl.int64) * steps * size
    constants += columns
    if layers > 1:
        matrix_2 = _matrix(weights, 0, size, operand)
    if layers > 2:
        matrix_3 = _matrix(weights, 1, size, operand)
    if layers > 3:
        matrix_4 = _matrix(weights, 2, size, operand)
    zero = tl.full((rows, size), 0, tl.int32)
    u_1, u_2, u_3, u_4 = zero, zero, zero, zero
    v_1, v_2, v_3, v_4 = zero, zero, zero, zero
    tally_1, tally_2, tally_3, tally_4 = zero, zero, zero, zero
    for t in range(steps):
        now = t * size
        arriving = tl.load(left + now + from_i, mask=inside, other=0.0)
        arriving += tl.load(right + now + from_j, mask=inside, other=0.0)
        # The last layer first, because a spike arrives one step later.
        if layers > 3:
            from_below = _passed_up(2, v_3, matrix_4, constants, size, operand)
            u_4, v_4, tally_4 = _advance(
                3, u_4, v_4, tally_4, from_below, constants, counts, now + to_story, voltages, 3 * plane + now + at,
                inside, layers, size,
            )  # fmt: skip
        if layers > 2:
            from_below = _passed_up(1, v_2, matrix_3, constants, size, operand)
            u_3, v_3, tally_3 = _advance(
                2, u_3, v_3, tally_3, from_below, constants, counts, now + to_story, voltages, 2 * plane + now + at,
                inside, layers, size,
            )  # fmt: skip
        if layers > 1:
            from_below = _passed_up(0, v_1, matrix_2, constants, size, operand)
            u_2, v_2, tally_2 = _advance(
                1, u_2, v_2, tally_2, from_below, constants, counts, now + to_story, voltages, plane + now + at,
                inside, layers, size,
            )  # fmt: skip
        u_1, v_1, tally_1 = _advance(
            0, u_1, v_1, tally_1, arriving.to(tl.int32), constants, counts, now + to_story, voltages, now + at,
            inside, layers, size,
        )  # fmt: skip
    if total is not None:
        _add_total(total, 0, tally_1, columns, rows, size)
        if layers > 1:
            _add_total(total, 1, tally_2, columns, rows, size)
        if layers > 2:
            _add_total(total, 2, tally_3, columns, rows, size)
        if layers > 3:
            _add_total(total, 3, tally_4, columns, rows, size)


@triton.jit
def _passed_down(grad, matrix, operand: tl.constexpr):
    """The gradient of the spikes of the layer below, through the weights ``(target, source)``.

    Three bfloat16 hold the 24 bits of a gradient; one holds a weight exactly.
    """
    coarse = grad.to(tl.bfloat16)
    rest = grad - coarse.to(tl.float32)
    middle = rest.to(tl.bfloat16)
    fine = (rest - middle.to(tl.float32)).to(tl.bfloat16)
    some = tl.dot(middle.to(operand), matrix, tl.dot(fine.to(operand), matrix))
    return tl.dot(coarse.to(operand), matrix, some)


@triton.jit
def _retreat(layer, grad_s, grad_v, grad, voltages, constants, factors, grad_total, grad_drive, at, inside,
             size: tl.constexpr):  # fmt: skip
    """The gradients of the voltage and of the arriving sum of a layer, one step earlier."""
    row, factor = constants + layer * _CONSTANTS * size, factors + layer * _FACTORS * size
    v, threshold = tl.load(voltages + at, mask=inside, other=0), tl.load(row)
    grad_s += tl.load(grad_total + layer * size)
    distance = tl.abs(v - threshold).to(tl.float32)
    slope = tl.maximum(tl.load(factor + 3 * size) - distance, 0.0) * tl.load(factor + 4 * size)
    grad_v = grad_s * slope + tl.where(v > threshold, 0.0, tl.load(factor + size) * grad_v)
    grad = tl.load(row + 5 * size).to(tl.float32) * grad_v + tl.load(factor) * grad
    tl.store(grad_drive + at, grad, mask=inside)
    return grad_v, grad


@triton.jit(do_not_specialize=["pairs", "steps"])
def backward(
    grad_counts, grad_total, story, voltages, weights, constants, factors, grad_drive, pairs, steps,
    layers: tl.constexpr, operand: tl.constexpr, rows: tl.constexpr, size: tl.constexpr,
):  # fmt: skip
    """Back-propagate through :func:`forward` for the same pairs, last step first.

    Args:
        grad_counts: gradient of the counts, ``float32 (story, time, neuron)``.
        grad_total: gradient of the spikes summed over pairs and steps, ``float32 (layer, neuron)``.
        story: as in :func:`forward`.
        voltages: as :func:`forward` fills them.
        weights: from each layer onto the next, ``bfloat16 (layer - 1, target, source)``.
        constants: as in :func:`forward`.
        factors: as :func:`_triton.backward` takes them, for each layer, ``float32 (layer, 5, neuron)``.
        grad_drive: gradient of the arriving sums, filled, ``float32 (layer, pair, time, neuron)``.
        pairs: as in :func:`forward`.
        steps: as in :func:`forward`.
        layers: as in :func:`forward`.
        operand: as in :func:`forward`.
        rows: as in :func:`forward`.
        size: as in :func:`forward`.
    """
    pair = tl.program_id(0) * rows + tl.arange(0, rows)[:, None]
    columns = tl.arange(0, size)[None, :]
    inside = (pair < pairs) & (columns < size)
    to_story = _start(story, pair, pairs, steps, size)
    at = pair.to(tl.int64) * steps * size + columns
    plane = tl.cast(pairs, tl.int64) * steps * size
    constants += columns
    factors += columns
    grad_total += columns
    if layers > 1:
        matrix_2 = _matrix(weights, 0, size, operand)
    if layers > 2:
        matrix_3 = _matrix(weights, 1, size, operand)
    if layers > 3:
        matrix_4 = _matrix(weights, 2, size, operand)
    zero = tl.full((rows, size), 0.0, tl.float32)
    grad_v_1, grad_v_2, grad_v_3, grad_v_4 = zero, zero, zero, zero
    grad_1, grad_2, grad_3, grad_4 = zero, zero, zero, zero
    for back in range(steps):
        now = (steps - 1 - back) * size
        outside = tl.load(grad_counts + now + to_story, mask=inside, other=0.0)
        # The first layer first, because its spikes arrive at the second one step later.
        from_above = _passed_down(grad_2, matrix_2, operand) if layers > 1 else outside
        grad_v_1, grad_1 = _retreat(
            0, from_above, grad_v_1, grad_1, voltages, constants, factors, grad_total, grad_drive, now + at, inside,
            size,
        )  # fmt: skip
        if layers > 1:
            from_above = _passed_down(grad_3, matrix_3, operand) if layers > 2 else outside
            grad_v_2, grad_2 = _retreat(
                1, from_above, grad_v_2, grad_2, voltages, constants, factors, grad_total, grad_drive,
                plane + now + at, inside, size,
            )  # fmt: skip
        if layers > 2:
            from_above = _passed_down(grad_4, matrix_4, operand) if layers > 3 else outside
            grad_v_3, grad_3 = _retreat(
                2, from_above, grad_v_3, grad_3, voltages, constants, factors, grad_total, grad_drive,
                2 * plane + now + at, inside, size,
            )  # fmt: skip
        if layers > 3:
            grad_v_4, grad_4 = _retreat(
                3, outside, grad_v_4, grad_4, voltages, constants, factors, grad_total, grad_drive,
                3 * plane + now + at, inside, size,
            )  # fmt: skip
