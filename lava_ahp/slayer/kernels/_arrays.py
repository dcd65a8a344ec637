"""What the compiled loops read and fill, under names."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]


class Cells(NamedTuple):
    """Parameters of the neurons, ``int32 (neuron,)`` each; a factor is 4096 less a decay."""

    threshold: Int32
    current_factor: Int32
    voltage_factor: Int32
    ahp_factor: Int32
    ahp_weight: Int32
    gain: Int32


class Synapses(NamedTuple):
    """Weights ``int32 (source, target)``; without source where there are none."""

    feedforward: Int32
    recurrent: Int32


class Tangents(NamedTuple):
    """What the way back multiplies by, ``float32``.

    Attributes:
        feedforward: weights ``(target, source)``.
        recurrent: weights ``(source, target)``.
        current_factor: ``(neuron,)``, a fraction, as the other factors.
        voltage_factor: ``(neuron,)``.
        ahp_factor: ``(neuron,)``.
        ahp_weight: ``(neuron,)``.
        gain: ``(neuron,)``.
        reach: half of the base of the triangle that is the derivative of the spike by the voltage, ``(neuron,)``.
        steepness: height of that triangle by half of its base, ``(neuron,)``.
        derivative: that derivative where it is no triangle, ``(sample, time, neuron)``; else empty.
    """

    feedforward: Float32
    recurrent: Float32
    current_factor: Float32
    voltage_factor: Float32
    ahp_factor: Float32
    ahp_weight: Float32
    gain: Float32
    reach: Float32
    steepness: Float32
    derivative: Float32


class Gradients(NamedTuple):
    """What the way back fills, ``float32`` but for the last; empty where it is not wanted.

    Attributes:
        feedforward: ``(source, target)``, added to.
        recurrent: ``(source, target)``, added to.
        spikes: ``(sample, time, source)``.
        drive: ``(sample, time, neuron)``.
        constants: by threshold, current decay, voltage decay, AHP decay and AHP weight, ``float64 (5, neuron)``,
            added to.
    """

    feedforward: Float32
    recurrent: Float32
    spikes: Float32
    drive: Float32
    constants: npt.NDArray[np.float64]
