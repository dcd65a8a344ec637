"""The settings of each kind of model."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from lava_ahp.encoders import Encoder, StoryCode
from lava_ahp.errors import DataError, shorten
from lava_ahp.settings import Table

if TYPE_CHECKING:
    import torch

    from lava_ahp.models.protocol import Model


def _ordered(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise ValueError(f"the first value must not exceed the second, found {value[0]} and {value[1]}")
    return value


#: Range of time constants, in steps.  A time constant of 1 keeps nothing.
TauRange = Annotated[
    tuple[Annotated[float, Field(ge=1, le=4096)], Annotated[float, Field(ge=1, le=4096)]],
    AfterValidator(_ordered),
    Field(strict=False),
]
ChargeRange = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1000)], Annotated[float, Field(ge=0, le=1000)]],
    AfterValidator(_ordered),
    Field(strict=False),
]
Sizes = tuple[Annotated[int, Field(ge=1, le=8192)], ...]
Learnable = Literal["threshold", "current_decay", "voltage_decay", "ahp_decay", "ahp_strength"]


class ModelConfig(Table):
    """Settings of a model.

    Attributes:
        kind: name of the model type, a key of :data:`KINDS`.
        reads: input of the model: spikes from the task's encoder, the signals as numbers, or stories as word numbers.
        on_chip: whether a chip can run the model, so that it can be exported.
        model: ``module:class`` of the model, imported by :meth:`build`.
    """

    kind: str
    reads: ClassVar[Literal["spikes", "signals", "stories"]]
    on_chip: ClassVar[bool]
    model: ClassVar[str]

    @property
    def layers(self) -> tuple[int, ...]:
        """Sizes of the hidden layers, if the model is a chain of recurrent layers; else empty."""
        return ()

    def build(
        self,
        channels: int,
        classes: int,
        generator: torch.Generator | None = None,
        encoder: Encoder | None = None,
    ) -> Model:
        """Build a model with random weights.

        Args:
            channels: number of input channels.
            classes: number of readouts.
            generator: random generator for the initial weights and time constants.
            encoder: the encoder of the task, for a model that reads stories; others ignore it.

        Raises:
            DataError: a model that reads stories, without an encoder of stories.
        """
        built: Model = self._model_class()(self, channels, classes, generator)
        return built

    def _model_class(self) -> Any:
        module, _, name = self.model.partition(":")
        return getattr(importlib.import_module(module), name)


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
        density: fraction of the synapses that exist in each weight matrix.  Training moves them, see
            :mod:`lava_ahp.training.rewiring`; the other weights are exactly zero.
        dampening: height of the triangular surrogate derivative.
        learn: neuron parameters of the hidden layers that are trained in addition to the weights.
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
    density: float = Field(default=1.0, gt=0, le=1)
    dampening: float = Field(default=0.3, gt=0, le=10)
    learn: tuple[Learnable, ...] = Field(default=(), strict=False)

    @property
    def layers(self) -> tuple[int, ...]:
        """Sizes of the recurrent layers."""
        return self.hidden


class RelationalConfig(ModelConfig):
    """Settings of the relational network: encoders, the relation of two sentences ``g``, and ``f`` on their sum.

    Attributes:
        kind: name of the model type, ``relational``.
        encoder: number of AHP neurons of the encoder of sentences, and of that of questions.
        g: number of neurons of each layer that reads a pair of sentences.
        f: number of neurons of each layer after the sum over all pairs.
        threshold: threshold of all neurons but the first layer of ``f`` and the readout, in SLAYER's unit.
        membrane_tau: range of the membrane time constants of the encoders, in steps.
        current_tau: time constant of the synaptic current in the encoders, in steps; 1 keeps nothing.
        ahp_tau: range of the time constants of the AHP currents of the encoders, in steps.
        ahp_charge: as in :class:`AHPConfig`.
        ahp_fraction: fraction of the neurons of the encoders that have an AHP current; the others are LIF neurons.
        relation_tau: membrane time constant of ``g`` and ``f``, in steps.
        relation_current_tau: time constant of the synaptic current in ``g``, ``f`` and the readout, in steps.
        readout_tau: membrane time constant of the readout, in steps.
        sum_threshold: threshold of the first layer of ``f``, in standard deviations of its input in the first batch.
            The input grows with the number of pairs, so that no fixed threshold suits all stories.
        input_gain: standard deviation of the initial weights of a word in the encoders, in thresholds.
        recurrent_gain: standard deviation of the summed initial recurrent weights of a neuron of an encoder, in
            thresholds.
        g_gain: the same for each of the matrices of ``g``.
        age_gain: standard deviation of the initial weights of an age, in thresholds.
        f_gain: as ``g_gain``, for ``f``.
        readout_gain: the same for the readout weights, in SLAYER's unit.
        dampening: height of the triangular surrogate derivative in the encoders.
        relation_dampening: the same in ``g`` and ``f``.
    """

    kind: Literal["relational"] = "relational"
    reads = "stories"
    on_chip = True
    model = "lava_ahp.models.relational:RelationalNetwork"

    encoder: int = Field(default=200, ge=1, le=8192)
    g: Sizes = Field(default=(128, 128), min_length=1, strict=False)
    f: Sizes = Field(default=(128, 128), min_length=1, strict=False)
    threshold: float = Field(default=508 / 64, gt=0, le=2047)
    membrane_tau: TauRange = (4.0, 20.0)
    current_tau: float = Field(default=3.0, ge=1, le=4096)
    ahp_tau: TauRange = (10.0, 120.0)
    ahp_charge: ChargeRange = (1.0, 3.0)
    ahp_fraction: float = Field(default=1.0, ge=0, le=1)
    relation_tau: float = Field(default=8.0, ge=1, le=4096)
    relation_current_tau: float = Field(default=1.0, ge=1, le=8)
    readout_tau: float = Field(default=10.0, ge=1, le=4096)
    sum_threshold: float = Field(default=0.6, gt=0, le=100)
    input_gain: float = Field(default=0.5, ge=0, le=100)
    recurrent_gain: float = Field(default=0.5, ge=0, le=100)
    g_gain: float = Field(default=1.5, ge=0, le=100)
    age_gain: float = Field(default=0.5, ge=0, le=100)
    f_gain: float = Field(default=1.0, ge=0, le=100)
    readout_gain: float = Field(default=2.0, ge=0, le=100)
    dampening: float = Field(default=0.3, gt=0, le=10)
    relation_dampening: float = Field(default=0.5, gt=0, le=10)

    def build(
        self,
        channels: int,
        classes: int,
        generator: torch.Generator | None = None,
        encoder: Encoder | None = None,
    ) -> Model:
        """Build a model with random weights; see :meth:`ModelConfig.build`."""
        if not isinstance(encoder, StoryCode):
            found = "none" if encoder is None else encoder.to_json()["name"]
            raise DataError(f"model {self.kind}: found encoder {found}, allowed story; choose a task of stories, babi")
        built: Model = self._model_class()(self, encoder, classes, generator)
        return built


class LSTMConfig(ModelConfig):
    """Settings of the LSTM classifier, for comparison.

    Attributes:
        kind: name of the model type, ``lstm``.
        hidden: number of cells.
    """

    kind: Literal["lstm"] = "lstm"
    reads = "signals"
    on_chip = False
    model = "lava_ahp.models.lstm:LSTMClassifier"

    hidden: int = Field(default=128, ge=1, le=8192)

    @property
    def layers(self) -> tuple[int, ...]:
        """The one layer of cells."""
        return (self.hidden,)


#: Settings class of each kind of model.
KINDS: dict[str, type[ModelConfig]] = {"ahp": AHPConfig, "relational": RelationalConfig, "lstm": LSTMConfig}


def kind_of(values: Mapping[str, Any], where: str) -> type[ModelConfig]:
    """Settings class for the table ``model`` of a configuration; older files have no kind and mean ``ahp``.

    Raises:
        DataError: an unknown kind.
    """
    kind = values.get("kind", "ahp")
    if not isinstance(kind, str) or kind not in KINDS:
        raise DataError(f"{where}.kind: found {shorten(kind)}, allowed {', '.join(KINDS)}")
    return KINDS[kind]
