"""The settings of each kind of model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from lava_ahp.errors import DataError, shorten
from lava_ahp.models.base_config import ChargeRange, DelayRange, ModelConfig, Sizes, TauRange
from lava_ahp.models.relational_config import LSTMRelationalConfig, RelationalConfig

Learnable = Literal[
    "threshold", "current_decay", "voltage_decay", "ahp_decay", "ahp_strength", "recurrent_delay", "input_delay"
]


class AHPConfig(ModelConfig):
    """Settings of the AHP classifier.

    A time constant of ``tau`` steps becomes a decay of ``1 / tau`` per step.  Each neuron draws its own time constants,
    log-uniform in the given range, because a spread of time constants serves memory better than a single value.

    Attributes:
        kind: name of the model type, ``ahp``.
        hidden: number of neurons of each recurrent layer.
        threshold: threshold of the hidden neurons, in SLAYER's unit (1.0 is 64 on the chip).
        membrane_tau: range of the membrane time constants, in steps.
        current_tau: time constant of the synaptic current, in steps; 1 keeps nothing.
        ahp_tau: range of the time constants of the AHP currents, in steps.
        ahp_charge: range of the total effect of one spike's AHP current on the voltage, without the membrane leak, in
            thresholds: ``ahp_strength * tau / threshold``.  Each neuron draws its own value, uniformly.
        ahp_fraction: fraction of the hidden neurons that have an AHP current; the others are LIF neurons.
        readout_tau: membrane time constant of the readout, in steps.
        input_gain: standard deviation of the summed initial input weights of a neuron, in thresholds.
        recurrent_gain: the same for the recurrent weights.
        readout_gain: the same for the readout weights, in SLAYER's unit.
        recurrent_delay: range of the delays, in steps, from a neuron's spike to its arrival at the neurons of its own
            layer.  Each neuron draws its own, uniformly.
        input_delay: range of the delays, in steps, from a spike of the input, or of the layer below, to its arrival.
            Each channel or neuron of these draws its own, uniformly.  Spikes reach the readout after one step.
        density: fraction of the synapses that exist in each weight matrix.  Training moves them, see
            :mod:`lava_ahp.training.rewiring`; the other weights are exactly zero.
        dampening: height of the triangular surrogate derivative.
        learn: parameters of the hidden neurons that are trained in addition to the weights.
        form: ``native`` for AHP neurons, or ``paired`` for LIF neurons that Loihi 2 has in stock, whose synapses come
            in pairs; these have no synaptic current of their own, so ``current_tau`` is that of the readout alone.
        lag: steps for which a spike acts in the paired form.
        corrected: whether the second synapse of a pair takes away just what has not decayed of the first, as after
            ``lava-ahp lower``, which a start from a native model needs.
        scale: weights of corrected pairs count ``2**scale`` times, so that the second synapse has finer steps.
        even: whether the second weights of corrected pairs are even.  With a scale of 0, a network is then fewer
            Processes, and takes back what is left less exactly.
        groups: most LIF Processes of a hidden layer in the paired form: groups of neurons with equal threshold,
            membrane and AHP time constants.
    """

    kind: Literal["ahp"] = "ahp"
    reads = "spikes"
    on_chip = True
    model = "lava_ahp.models.classifier:AHPClassifier"

    hidden: Sizes = Field(default=(120,), min_length=1, strict=False)
    threshold: float = Field(default=508 / 64, gt=0, le=2047)
    membrane_tau: TauRange = (8.0, 40.0)
    current_tau: float = Field(default=1.0, ge=1, le=4096)
    ahp_tau: TauRange = (40.0, 1000.0)
    ahp_charge: ChargeRange = (2.0, 10.0)
    ahp_fraction: float = Field(default=1.0, ge=0, le=1)
    readout_tau: float = Field(default=20.0, ge=1, le=4096)
    input_gain: float = Field(default=1.0, ge=0, le=100)
    recurrent_gain: float = Field(default=0.3, ge=0, le=100)
    readout_gain: float = Field(default=1.0, ge=0, le=100)
    recurrent_delay: DelayRange = (1, 1)
    input_delay: DelayRange = (1, 1)
    density: float = Field(default=1.0, gt=0, le=1)
    dampening: float = Field(default=0.3, gt=0, le=10)
    learn: tuple[Learnable, ...] = Field(default=(), strict=False)
    form: Literal["native", "paired"] = "native"
    lag: int = Field(default=3, ge=1, le=62)
    corrected: bool = False
    scale: int = Field(default=1, ge=0, le=7)
    even: bool = False
    groups: int = Field(default=16, ge=1, le=8192)

    @property
    def layers(self) -> tuple[int, ...]:
        """Sizes of the recurrent layers."""
        return self.hidden


class LSTMConfig(ModelConfig):
    """Settings of the LSTM classifier, for comparison.

    Attributes:
        kind: name of the model type, ``lstm``.
        hidden: number of cells.
        every_step: whether it answers after every step, not only after the last.
    """

    kind: Literal["lstm"] = "lstm"
    reads = "signals"
    on_chip = False
    model = "lava_ahp.models.lstm:LSTMClassifier"

    hidden: int = Field(default=128, ge=1, le=8192)
    every_step: bool = False

    @property
    def layers(self) -> tuple[int, ...]:
        """The one layer of cells."""
        return (self.hidden,)

    @property
    def title(self) -> str:
        """Name with the number of cells."""
        return f"LSTM-{self.hidden}"


#: Settings class of each kind of model.
KINDS: dict[str, type[ModelConfig]] = {
    "ahp": AHPConfig,
    "lstm": LSTMConfig,
    "relational": RelationalConfig,
    "lstm-relational": LSTMRelationalConfig,
}


def kind_of(values: Mapping[str, Any], where: str) -> type[ModelConfig]:
    """Settings class for the table ``model`` of a configuration; older files have no kind and mean ``ahp``.

    Raises:
        DataError: an unknown kind.
    """
    kind = values.get("kind", "ahp")
    if not isinstance(kind, str) or kind not in KINDS:
        raise DataError(f"{where}.kind: found {shorten(kind)}, allowed {', '.join(KINDS)}")
    return KINDS[kind]
