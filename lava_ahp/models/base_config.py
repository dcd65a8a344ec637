"""What the settings of all kinds of model have in common."""

from __future__ import annotations

import importlib
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, Field

from lava_ahp.encoders import Encoder
from lava_ahp.network import fixedpoint as fx
from lava_ahp.settings import Table

if TYPE_CHECKING:
    import torch

    from lava_ahp.models.protocol import Model


_Pair = TypeVar("_Pair", tuple[float, float], tuple[int, int])


def _ordered(value: _Pair) -> _Pair:
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
#: Range of delays, in steps.
DelayRange = Annotated[
    tuple[
        Annotated[int, Field(ge=fx.DELAY_MIN, le=fx.DELAY_MAX)], Annotated[int, Field(ge=fx.DELAY_MIN, le=fx.DELAY_MAX)]
    ],
    AfterValidator(_ordered),
    Field(strict=False),
]
Sizes = tuple[Annotated[int, Field(ge=1, le=8192)], ...]


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

    @property
    def title(self) -> str:
        """What reports call the model."""
        return self.kind

    def least_values(self, channels: int, classes: int, encoder: Encoder | None = None) -> int:
        """A lower bound of the number of weights; arguments as in :meth:`build`."""
        sizes = (channels, *self.layers, classes)
        # From the layer before, and recurrent ones.
        return sum(before * after for before, after in pairwise(sizes)) + sum(size**2 for size in self.layers)

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
