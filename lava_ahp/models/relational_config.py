"""The settings of relational networks."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from lava_ahp.encoders import Encoder, StoryCode
from lava_ahp.errors import DataError
from lava_ahp.models.base_config import ChargeRange, ModelConfig, Sizes, TauRange

if TYPE_CHECKING:
    import torch

    from lava_ahp.models.protocol import Model


def _ascending(levels: tuple[int, ...]) -> tuple[int, ...]:
    if any(a >= b for a, b in pairwise(levels)):
        raise ValueError(f"the numbers must ascend, found {list(levels)}")
    return levels


SumLevels = Annotated[
    tuple[Annotated[int, Field(ge=1, le=2047)], ...],
    AfterValidator(_ascending),
    Field(max_length=16, strict=False),
]


class _OfStories(ModelConfig):
    """Sizes of a relational network, spiking or not.

    Attributes:
        encoder: number of neurons or cells of the encoder of sentences, and of that of questions.
        g: number of neurons of each layer that reads a pair of sentences.
        f: number of neurons of each layer after the sum over all pairs.
    """

    reads = "stories"

    encoder: int = Field(default=200, ge=1, le=8192)
    g: Sizes = Field(default=(128, 128), min_length=1, max_length=4, strict=False)
    f: Sizes = Field(default=(128, 128), min_length=1, max_length=4, strict=False)

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

    def least_values(self, channels: int, classes: int, encoder: Encoder | None = None) -> int:
        """A lower bound of the number of weights; see :meth:`ModelConfig.least_values`."""
        words = len(encoder.vocabulary) if isinstance(encoder, StoryCode) else 0
        of_encoders = 2 * self.encoder * (words + self.encoder)
        behind = (*self.g, *self.f, classes)
        return of_encoders + 3 * self.encoder * self.g[0] + sum(a * b for a, b in pairwise(behind))


class RelationalConfig(_OfStories):
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
        sum_levels: for each neuron of the last layer of ``g``, an intermediate neuron for each of these numbers, which
            spikes if at least so many copies of the neuron spike in a step.  ``f`` then reads these instead of every
            pair, which takes few enough axons for Loihi 1.  Empty for none.
        input_gain: standard deviation of the initial weights of a word in the encoders, in thresholds.
        recurrent_gain: standard deviation of the summed initial recurrent weights of a neuron of an encoder, in
            thresholds.
        g_gain: the same for each of the matrices of ``g``.
        age_gain: standard deviation of the initial weights of an age, in thresholds.
        f_gain: as ``g_gain``, for ``f``.
        readout_gain: the same for the readout weights, in SLAYER's unit.
        dampening: height of the triangular surrogate derivative in the encoders.
        relation_dampening: the same in ``g`` and ``f``.
        dropout: fraction of the relays of each sentence and question that stay silent in a step of training, drawn
            anew in every step.
    """

    kind: Literal["relational"] = "relational"
    on_chip = True
    model = "lava_ahp.models.relational:RelationalNetwork"

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
    sum_levels: SumLevels = ()
    input_gain: float = Field(default=0.5, ge=0, le=100)
    recurrent_gain: float = Field(default=0.5, ge=0, le=100)
    g_gain: float = Field(default=1.5, ge=0, le=100)
    age_gain: float = Field(default=0.5, ge=0, le=100)
    f_gain: float = Field(default=1.0, ge=0, le=100)
    readout_gain: float = Field(default=2.0, ge=0, le=100)
    dampening: float = Field(default=0.3, gt=0, le=10)
    relation_dampening: float = Field(default=0.5, gt=0, le=10)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class LSTMRelationalConfig(_OfStories):
    """Settings of the relational network of LSTMs, for comparison.

    Attributes:
        kind: name of the model type, ``lstm-relational``.
        encoder: number of cells of the LSTM of sentences, and of that of questions.
        g: number of units of each layer that reads a pair of sentences.
        f: number of units of each layer after the sum over all pairs.
    """

    kind: Literal["lstm-relational"] = "lstm-relational"
    on_chip = False
    model = "lava_ahp.models.lstm_relational:LSTMRelationalNetwork"

    @property
    def title(self) -> str:
        """Name with the number of cells."""
        return f"relational network of LSTM-{self.encoder}"
