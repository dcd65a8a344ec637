"""Named groups of arrays that the compiled loops read and fill."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]


class NeuronConstants(NamedTuple):
    """Parameters of the neurons, ``int32 (neuron,)`` each, as in :class:`lava_ahp.slayer.loop.Constants`.

    A factor is 4096 minus a decay.  The kernels take a multiple of 64 neurons in all arrays; those that fill them up
    have a threshold that no state exceeds, and zeros elsewhere.
    """

    threshold: Int32
    current_factor: Int32
    voltage_factor: Int32
    ahp_factor: Int32
    ahp_weight: Int32
    gain: Int32


class Synapses(NamedTuple):
    """Weights ``(source, target)``, with zero sources if there are no such synapses: ``int16`` if that holds them.

    ``autapse`` is that of :class:`lava_ahp.slayer.loop.PairedSynapses`, ``int32 (neuron,)``, or empty.  The late
    weights are those of :class:`lava_ahp.slayer.loop.Late`, both with zero sources if there are none.  ``delays`` are
    the steps from a neuron's spike to its arrival at the others, ``int32 (neuron,)``, or empty without such synapses.
    """

    feedforward: Int16 | Int32
    recurrent: Int16 | Int32
    autapse: Int32
    late_feedforward: Int16 | Int32
    late_recurrent: Int16 | Int32
    delays: Int32


class BackwardFactors(NamedTuple):
    """The numbers that the backward pass multiplies gradients by, ``float32``.

    Attributes:
        feedforward: weights ``(target, source)``.
        recurrent: weights ``(source, target)``.
        autapse: ``(neuron,)``, or empty.
        keep: what the second synapse of a pair takes of the first, ``(neuron,)``.
        current_factor: ``(neuron,)``, 1 minus the decay.
        voltage_factor: ``(neuron,)``, 1 minus the decay.
        ahp_factor: ``(neuron,)``, 1 minus the decay.
        minus_ahp_weight: ``(neuron,)``.
        gain: ``(neuron,)``.
        reach: half of the base of the triangular surrogate derivative, in units of the state, ``(neuron,)``.
        steepness: height of that triangle divided by half of its base, ``(neuron,)``.
        derivative: surrogate derivative of another shape, ``(sample, time, neuron)``; empty for a triangle.
    """

    feedforward: Float32
    recurrent: Float32
    autapse: Float32
    keep: Float32
    current_factor: Float32
    voltage_factor: Float32
    ahp_factor: Float32
    minus_ahp_weight: Float32
    gain: Float32
    reach: Float32
    steepness: Float32
    derivative: Float32


class Gradients(NamedTuple):
    """Gradients that the backward pass fills; each is empty if it is not needed.

    Attributes:
        feedforward: ``float32 (source, target)``, accumulated.
        recurrent: ``float32 (source, target)``, accumulated.
        spikes: ``float32 (sample, time, source)``.
        drive: ``float32 (sample, time, neuron)``.
        constants: of threshold, current decay, voltage decay, AHP decay, AHP weight, autapse and recurrent delay,
            ``float64 (7, neuron)``, accumulated.
    """

    feedforward: Float32
    recurrent: Float32
    spikes: Float32
    drive: Float32
    constants: npt.NDArray[np.float64]
