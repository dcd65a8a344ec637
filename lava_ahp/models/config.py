"""What an AHP classifier is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _ordered(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise ValueError(f"the first value must not exceed the second, found {value[0]} and {value[1]}")
    return value


#: Time constants in steps; at least 1, where nothing is kept.
TauRange = Annotated[
    tuple[Annotated[float, Field(ge=1, le=4096)], Annotated[float, Field(ge=1, le=4096)]], AfterValidator(_ordered)
]
ChargeRange = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1000)], Annotated[float, Field(ge=0, le=1000)]], AfterValidator(_ordered)
]
Learnable = Literal["threshold", "current_decay", "voltage_decay", "ahp_decay", "ahp_strength"]


class ModelConfig(BaseModel):
    """Recurrent layers of AHP neurons and a leaky readout.

    Time constants in steps become decays of ``1 / tau`` per step.  Each neuron draws its own, log-uniform in the given
    range: a spread serves memory better than one value for all.

    Attributes:
        kind: tells this model from the others.
        hidden: neurons of each recurrent layer.
        threshold: of the hidden neurons, in SLAYER's unit (1.0 is 64 on the chip).
        membrane_tau: range of the membrane time constants.
        current_tau: time constant of the synaptic current; 1 keeps none.
        ahp_tau: range of the AHP time constants.
        ahp_charge: range of what one spike takes off the voltage in all by its AHP current, in thresholds and before
            the leak: ``ahp_strength * tau / threshold``, drawn uniformly.
        ahp_fraction: share of the hidden neurons that have an AHP current; the others are LIF.
        readout_tau: membrane time constant of the readout.
        input_gain: standard deviation of a neuron's first input weights times the root of their number, in thresholds.
        recurrent_gain: the same of the recurrent weights.
        readout_gain: the same of the readout's weights, in SLAYER's unit.
        density: share of the synapses that exist, in every weight matrix; training moves them (see
            :mod:`lava_ahp.training.rewiring`), and the others are exactly zero.
        dampening: height of the triangular surrogate derivative.
        learn: neuron parameters of the hidden layers that are learned besides the weights.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: Literal["ahp"] = "ahp"
    hidden: tuple[Annotated[int, Field(ge=1, le=8192)], ...] = Field(default=(120,), min_length=1)
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
    density: float = Field(default=1.0, gt=0, le=1)
    dampening: float = Field(default=0.3, gt=0, le=10)
    learn: tuple[Learnable, ...] = ()


class LSTMConfig(BaseModel):
    """One layer of LSTM cells.

    Attributes:
        kind: tells this model from the others.
        hidden: number of cells.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["lstm"] = "lstm"
    hidden: int = Field(default=128, ge=1, le=8192)
