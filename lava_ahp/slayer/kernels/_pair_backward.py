"""The compiled loops of the pair layers, backward, in ``float32``; arrays are as in :mod:`_pair_loops`.

The states of a pair are computed again rather than kept: they fit the nearest cache.  The gradient of the drive is
added up per sentence before it is multiplied by weights, once for each distinct sentence.
"""

from __future__ import annotations

import numpy as np

from lava_ahp.slayer.kernels._compile import compiled

# Numba does not see a change of these functions: remove its cache after one.
from lava_ahp.slayer.kernels._lists import add_row, zeros
from lava_ahp.slayer.kernels._pair_loops import drive_of_story, matrix_onto, most_sentences, pair_buffers, run_pair
from lava_ahp.slayer.kernels._product import PANEL, TILE, buffers, product
from lava_ahp.slayer.kernels._states import below, zero_above
from lava_ahp.slayer.kernels._vectors import LANES, load, multiply, multiply_add, store

_i32, _f32 = np.int32, np.float32


@compiled()
def _back_in_time(factors, memory, threshold, lo, hi, begin, v, grad_s, grad):
    """Fill ``grad (time, neuron)``, the gradients of ``u``, from the step ``begin`` on; ``grad[len(v)]`` is 0."""
    end = len(v)
    for first in range(lo, hi, LANES):
        limit, kept = load(threshold, first), load(factors.voltage_factor, first)
        reach, steepness = load(factors.reach, first), load(factors.steepness, first)
        column = first - lo
        after = load(grad, (end, column))
        for t in range(end - 1, begin - 1, -1):
            now = load(v, (t, first))
            slope = multiply(below(reach, now, limit), steepness)
            from_next = multiply(kept, zero_above(after, now, limit))
            after = multiply_add(slope, load(grad_s, (t, column)), from_next)
            store(after, grad, (t, column))
    current_factor = factors.current_factor[lo:hi]
    if memory:
        for t in range(end - 2, begin - 1, -1):
            following, row = grad[t + 1], grad[t]
            for i in range(hi - lo):
                row[i] += current_factor[i] * following[i]


@compiled()
def panels_onto(flat, bounds, layer):
    """The panels of the weights ``(target, source)`` onto a layer, out of those of all layers."""
    start = 0
    for k in range(1, layer):
        start += (bounds[k + 1] - bounds[k]) * (bounds[k] - bounds[k - 1])
    rows, columns = bounds[layer + 1] - bounds[layer], bounds[layer] - bounds[layer - 1]
    return flat[start : start + rows * columns].reshape((columns // PANEL, rows, PANEL))


@compiled()
def _add_to_weights(fired, offsets, below, begin, grad, grad_weights):
    """Add to ``grad_weights (source, target)`` for the spikes of the layer ``below`` from the step ``begin`` on."""
    for t in range(begin, offsets.shape[1] - 2):
        for e in range(offsets[below, t], offsets[below, t + 1]):
            add_row(grad, t + 1, grad_weights, fired[e])


@compiled()
def _add(x, total):
    for i in range(x.size):
        total[i] += x[i]


@compiled(nogil=True)
def backward(constants, factors, bounds, weights, ages, batch, first, last, grad_out, grad_total, gradients):
    """Back-propagate through :func:`_pair_loops.forward`, for the same stories.

    All gradients are those of ``u``: the gains are left to the caller, and are part of the weights in ``factors``.

    Args:
        constants: as in :func:`_pair_loops.forward`.
        factors: :class:`PairFactors`.
        bounds: as in :func:`_pair_loops.forward`.
        weights: as in :func:`_pair_loops.forward`.
        ages: as in :func:`_pair_loops.forward`.
        batch: as in :func:`_pair_loops.forward`.
        first: as in :func:`_pair_loops.forward`.
        last: as in :func:`_pair_loops.forward`.
        grad_out: gradient of the counts, ``float32 (story, time, neuron)``.
        grad_total: gradient of the spikes summed over pairs and steps, ``float32 (neuron,)``.
        gradients: :class:`PairGradients`.
    """
    steps, most, layers = grad_out.shape[1], most_sentences(batch, first, last), bounds.size - 1
    size = bounds[1]
    rows, shape = most * steps, (most, steps, size)
    of_i, of_j = zeros(rows, size).reshape(shape), zeros(rows, size).reshape(shape)
    grad_i, grad_j = zeros(rows, size).view(_f32).reshape(shape), zeros(rows, size).view(_f32).reshape(shape)
    pair = pair_buffers(constants, bounds, steps)
    v, arriving, _, fired, offsets, memory = pair
    width, ends = arriving.shape[1], np.full(layers, steps)
    work = buffers(steps, width)
    grad, grad_s = zeros(steps + TILE, width).view(_f32), zeros(steps + TILE, width).view(_f32)
    above = zeros(steps, width).view(_f32)
    # The part of the gradient of spikes that does not come from the layer above.
    start = zeros(layers, width).view(_f32)
    for layer in range(layers):
        start[layer, : bounds[layer + 1] - bounds[layer]] = grad_total[bounds[layer] : bounds[layer + 1]]
    for story in range(first, last):
        drive_of_story(story, batch, ages, of_i, of_j)
        present = batch.offsets[story + 1] - batch.offsets[story]
        grad_i[:present], grad_j[:present] = 0, 0
        for t in range(steps):
            for n in range(bounds[-1] - bounds[-2]):
                above[t, n] = grad_out[story, t, n] + grad_total[bounds[-2] + n]
        for j in range(present):
            for i in range(j + 1):
                run_pair(constants, bounds, weights, of_i[i], of_j[j], ends, pair)
                outside = above
                for layer in range(layers - 1, -1, -1):
                    lo, hi = bounds[layer], bounds[layer + 1]
                    _back_in_time(factors, memory[layer], constants.threshold, lo, hi, layer + 1, v, outside, grad)
                    if layer > 0:
                        grad_weights = matrix_onto(gradients.weights, bounds, layer)
                        _add_to_weights(fired, offsets, layer - 1, layer, grad, grad_weights)
                        matrix = panels_onto(factors.weights, bounds, layer)
                        product(grad, matrix, layer, steps, start[layer - 1], work, grad_s)
                        outside = grad_s
                for t in range(1, steps):
                    for n in range(size):
                        grad_i[i, t, n] += grad[t, n]
                    for n in range(size):
                        grad_j[j, t, n] += grad[t, n]
        _share_out(story, batch, grad_i, grad_j, gradients)


@compiled()
def _share_out(story, batch, grad_i, grad_j, gradients):
    """Add the gradients of the drives of a story's sentences to those of question and ages, and keep those of slots."""
    size = grad_i.shape[2]
    start = batch.offsets[story]
    gradients.question[story] = 0
    for k in range(batch.offsets[story + 1] - start):
        age = batch.ages[start + k]
        for t in range(1, grad_i.shape[1]):
            if batch.go[t - 1] != 0:
                _add(grad_i[k, t], gradients.age_i[age])
                _add(grad_j[k, t], gradients.age_j[age])
            if t < gradients.slots.shape[1]:
                gradients.slots[start + k, t, :size] = grad_i[k, t]
                gradients.slots[start + k, t, size:] = grad_j[k, t]
                _add(grad_i[k, t], gradients.question[story, t])


@compiled(nogil=True)
def backward_relay(events, matrix, order, starts, slots, first, grad_rows, grad_spikes):
    """Back-propagate through :func:`_pair_loops.relay` for a few samples, each of which may be used several times.

    Args:
        events: as in :func:`_pair_loops.relay`.
        matrix: panels of the weights ``(target, source)``.
        order: numbers of the uses, sample by sample.
        starts: index in ``order`` of the first use of each sample, and the number of uses.
        slots: gradient of each use, ``float32 (use, time, target)``.
        first: the first of the samples.
        grad_rows: ``float32 (source, target)``, added to.
        grad_spikes: ``float32 (sample, time, source)``, filled, as wide as the panels together, and with room for
            :func:`product`; empty if it is not needed.
    """
    offsets, sources = events
    steps, size = slots.shape[1:]
    total, work = zeros(steps + TILE, size).view(_f32), buffers(steps, size)
    nothing = zeros(1, len(matrix) * PANEL).view(_f32)[0]
    for k in range(len(offsets)):
        total[:] = 0
        for use in range(starts[first + k], starts[first + k + 1]):
            for t in range(1, steps):
                _add(slots[order[use], t], total[t])
        for t in range(1, steps):
            for e in range(offsets[k, t], offsets[k, t + 1]):
                add_row(total, t, grad_rows, sources[e])
        if grad_spikes.size > 0:
            product(total, matrix, 0, steps, nothing, work, grad_spikes[first + k])
