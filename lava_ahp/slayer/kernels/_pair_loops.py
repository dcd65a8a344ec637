"""The compiled loops of the pair layers, forward, in integers; :mod:`_pair_backward` holds the backward pass.

A story is computed pair by pair and, within a pair, layer by layer.  The drive of the first layer is a sum of two
parts, one for each sentence of the pair, which are computed once per sentence.

The neurons of all layers stand one after another in every array with an axis of neurons; ``bounds`` tells where each
layer begins.  A layer has a multiple of 64 neurons.  The weights of all layers but the first, ``(source, target)``
each, stand one after another too.  A spike arrives one step later, so nothing arrives at layer ``k`` before step
``k + 1``, and earlier steps are left out.

Loops over neurons write one array each: the compiler then needs few checks for overlap before it uses vectors.
"""

from __future__ import annotations

import numpy as np

from lava_ahp.slayer.kernels._compile import compiled

# Numba does not see a change of these functions: remove its cache after one.
from lava_ahp.slayer.kernels._lists import add_rows, list_spikes, zeros
from lava_ahp.slayer.kernels._states import above, decayed, saturated, wrapped, zero_above
from lava_ahp.slayer.kernels._vectors import LANES, add, load, multiply, no_integers, store


@compiled()
def matrix_onto(flat, bounds, layer):
    """The weights ``(source, target)`` from the layer before onto a layer, out of those of all layers."""
    start = 0
    for k in range(1, layer):
        start += (bounds[k] - bounds[k - 1]) * (bounds[k + 1] - bounds[k])
    rows, columns = bounds[layer] - bounds[layer - 1], bounds[layer + 1] - bounds[layer]
    return flat[start : start + rows * columns].reshape((rows, columns))


@compiled()
def _integrate(constants, memory, lo, hi, begin, end, left, right, v):
    """Fill ``v (time, neuron)`` for the steps ``begin..end - 1``; sums of weights arrive in two parts alike."""
    for first in range(lo, hi, LANES):
        threshold, gain = load(constants.threshold, first), load(constants.gain, first)
        current_factor, voltage_factor = load(constants.current_factor, first), load(constants.voltage_factor, first)
        column = first - lo
        u = voltage = no_integers()
        for t in range(begin, end):
            arriving = multiply(add(load(left, (t, column)), load(right, (t, column))), gain)
            u = wrapped(add(decayed(u, current_factor), arriving) if memory else arriving)
            after = zero_above(voltage, voltage, threshold)
            voltage = saturated(add(decayed(after, voltage_factor), u))
            store(voltage, v, (t, first))


@compiled()
def run_pair(constants, bounds, weights, of_i, of_j, ends, buffers):
    """Fill voltages before the reset up to the end of each layer and, for all but the last, the lists of spikes."""
    v, arriving, nothing, fired, offsets, memory = buffers
    layers = bounds.size - 1
    for layer in range(layers):
        lo, hi, end = bounds[layer], bounds[layer + 1], ends[layer]
        if layer == 0:
            _integrate(constants, memory[layer], lo, hi, 1, end, of_i, of_j, v)
        else:
            matrix = matrix_onto(weights, bounds, layer)
            arriving[layer + 1 :] = 0
            for t in range(layer + 1, end):
                add_rows(matrix, fired, offsets[layer - 1, t - 1], offsets[layer - 1, t], arriving, t)
            _integrate(constants, memory[layer], lo, hi, layer + 1, end, arriving, nothing, v)
        if layer + 1 < layers:
            count = offsets[layer - 1, -1] if layer > 0 else 0
            offsets[layer, : layer + 2] = count
            for t in range(layer + 1, end):
                count = list_spikes(constants.threshold, lo, hi, v, t, fired, count)
                offsets[layer, t + 1] = count
            offsets[layer, end + 1 :] = count


@compiled()
def pair_buffers(constants, bounds, steps):
    """Arrays for :func:`run_pair`; rows of voltages that it leaves out stay zero.

    Spikes of a layer in step ``t`` are ``fired[offsets[layer, t] : offsets[layer, t + 1]]``.
    """
    layers, most = bounds.size - 1, 0
    memory = np.zeros(layers, np.bool_)
    for layer in range(layers):
        lo, hi = bounds[layer], bounds[layer + 1]
        most = max(most, hi - lo)
        memory[layer] = np.any(constants.current_factor[lo:hi] != 0)
    v, arriving, nothing = zeros(steps, bounds[-1]), zeros(steps, most), zeros(steps, most)
    fired, offsets = np.zeros(steps * bounds[-1], np.int32), np.zeros((layers, steps + 1), np.int64)
    return v, arriving, nothing, fired, offsets, memory


@compiled(nogil=True)
def relay(events, rows, out):
    """Fill ``out (sample, time, target)`` with the sums of the rows ``(source, target)`` of the spikes that arrive."""
    offsets, sources = events
    samples, steps, targets = out.shape
    sums = out.reshape((samples * steps, targets))
    sums[:] = 0
    for k in range(samples):
        for t in range(steps):
            add_rows(rows, sources, offsets[k, t], offsets[k, t + 1], sums, k * steps + t)


@compiled()
def drive_of_story(story, batch, ages, of_i, of_j):
    """Fill the two parts ``(sentence, time, neuron)`` of the drive of the first layer, for the sentences of a story."""
    size = of_i.shape[2]
    start = batch.offsets[story]
    for k in range(batch.offsets[story + 1] - start):
        slot, age = batch.slots[start + k], batch.ages[start + k]
        for t in range(1, of_i.shape[1]):
            go = batch.go[t - 1]
            for i in range(size):
                of_i[k, t, i] = go * (ages.i[age, i] + ages.bias[0, i])
                of_j[k, t, i] = go * ages.j[age, i]
            if t < batch.sentences.shape[1]:
                for i in range(size):
                    of_i[k, t, i] += batch.sentences[slot, t, i] + batch.question[story, t, i]
                    of_j[k, t, i] += batch.sentences[slot, t, size + i]


@compiled()
def most_sentences(batch, first, last):
    most = 0
    for story in range(first, last):
        most = max(most, batch.offsets[story + 1] - batch.offsets[story])
    return most


@compiled()
def _last_spikes(batch, memory, steps):
    """One past the last step in which each layer may spike.

    A layer whose currents do not last is silent once nothing arrives: a voltage up to the threshold only decays.
    """
    ends = np.full(memory.size, steps)
    if not np.any(memory):
        end = batch.sentences.shape[1]
        for t in range(steps - 1):
            if batch.go[t] != 0:
                end = max(end, t + 2)
        for layer in range(memory.size):
            ends[layer] = min(end + layer, steps)
    return ends


@compiled()
def _count(threshold, v, summed):
    """Add the spikes of ``v (time, neuron)`` to ``summed (time, neuron)``."""
    for first in range(0, threshold.size, LANES):
        limit = load(threshold, first)
        for t in range(len(v)):
            store(add(load(summed, (t, first)), above(load(v, (t, first)), limit)), summed, (t, first))


@compiled(nogil=True)
def forward(constants, bounds, weights, ages, batch, first, last, out, total):
    """Run the stories ``first..last - 1``.

    Args:
        constants: :class:`NeuronConstants` of all layers.
        bounds: first neuron of each layer, and the number of neurons.
        weights: of all layers but the first, flat ``int16``.
        ages: :class:`AgeWeights`.
        batch: :class:`PairBatch`.
        first: first story.
        last: one past the last story.
        out: spikes of the last layer summed over pairs, ``float32 (story, time, neuron)``, filled.
        total: spikes of all neurons summed over pairs and steps, ``int64 (neuron,)``, added to.
    """
    steps, most = out.shape[1], most_sentences(batch, first, last)
    shape = most, steps, bounds[1]
    of_i, of_j = zeros(most * steps, bounds[1]).reshape(shape), zeros(most * steps, bounds[1]).reshape(shape)
    buffers = pair_buffers(constants, bounds, steps)
    ends = _last_spikes(batch, buffers[5], steps)
    lo, neurons = bounds[-2], bounds[-1]
    summed = zeros(steps, neurons)
    for story in range(first, last):
        drive_of_story(story, batch, ages, of_i, of_j)
        summed[:] = 0
        for j in range(batch.offsets[story + 1] - batch.offsets[story]):
            for i in range(j + 1):
                run_pair(constants, bounds, weights, of_i[i], of_j[j], ends, buffers)
                _count(constants.threshold, buffers[0], summed)
        for t in range(steps):
            for n in range(neurons):
                total[n] += summed[t, n]
            for n in range(lo, neurons):
                out[story, t, n - lo] = summed[t, n]
