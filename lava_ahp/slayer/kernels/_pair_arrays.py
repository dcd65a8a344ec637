"""Named groups of arrays that the compiled loops of the pair layers read and fill."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.slayer.kernels._arrays import Float32, Int32

Int64 = npt.NDArray[np.int64]


class AgeWeights(NamedTuple):
    """Weights onto the first layer that ``go`` drives: ``int32 (age, neuron)``, and the bias ``(1, neuron)``."""

    i: Int32
    j: Int32
    bias: Int32


class PairBatch(NamedTuple):
    """The stories of a batch; the time axis of ``sentences`` and ``question`` may be shorter than that of ``go``.

    Attributes:
        sentences: weights of the spikes that arrive from each distinct sentence, ``int32 (distinct, time, neuron)``: as
            sentence i, and after these neurons once more as sentence j.
        question: weights of the spikes that arrive from each question, ``int32 (story, time, neuron)``.
        go: ``int32 (time,)``.
        slots: which distinct sentence each sentence of each story is, ``(present,)``.
        ages: age of each of them, ``(present,)``.
        offsets: where the sentences of each story begin, ``(story + 1,)``.
    """

    sentences: Int32
    question: Int32
    go: Int32
    slots: Int64
    ages: Int64
    offsets: Int64


class PairFactors(NamedTuple):
    """The numbers that the backward pass multiplies gradients by, ``float32``; see :class:`BackwardFactors`.

    Attributes:
        weights: times the gain of the target, of all layers but the first: the panels of ``(target, source)``, flat.
        current_factor: ``(neuron,)``.
        voltage_factor: ``(neuron,)``.
        reach: ``(neuron,)``.
        steepness: ``(neuron,)``.
    """

    weights: Float32
    current_factor: Float32
    voltage_factor: Float32
    reach: Float32
    steepness: Float32


class PairGradients(NamedTuple):
    """Gradients that the backward pass fills, ``float32``, of sums of weights before they are multiplied by the gain.

    Attributes:
        weights: of all layers but the first, flat, added to.
        age_i: ``(age, neuron)``, added to.
        age_j: ``(age, neuron)``, added to.
        slots: of each sentence of each story as sentence i and as sentence j, ``(present, time, 2 * neuron)``.
        question: ``(story, time, neuron)``.
    """

    weights: Float32
    age_i: Float32
    age_j: Float32
    slots: Float32
    question: Float32
