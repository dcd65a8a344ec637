"""What a user can set of the tasks shd and ssc."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lava_ahp.tasks.base import TaskSettings

#: Units of the artificial cochlea.
UNITS = 700

Speakers = tuple[Annotated[int, Field(ge=0, le=1_000_000)], ...]


class Settings(TaskSettings):
    """Settings of the tasks shd and ssc.

    Attributes:
        joined: neighbouring units of the cochlea that one channel counts.
        step_ms: milliseconds of one time step.
        validation_speakers: numbers of the speakers whose samples of the training file are for validation; none for a
            sixth of its speakers, those with the highest numbers.
        shift: in training, all events of a sample are moved by up to so many units, either way.
        blend: share of the training samples that are blended with another one of their class.
    """

    joined: int = Field(default=5, ge=1, le=UNITS)
    step_ms: float = Field(default=10, ge=0.1, le=1000)
    validation_speakers: Speakers = Field(default=(), strict=False)
    shift: int = Field(default=40, ge=0, le=UNITS)
    blend: float = Field(default=0.5, ge=0, le=1)
