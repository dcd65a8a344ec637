"""What a user can set of the task timeseries."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from lava_ahp.tasks.base import TaskSettings


class Settings(TaskSettings):
    """Settings of the task timeseries.

    A network file keeps only those that differ from these defaults, which therefore never change.

    Attributes:
        target: what a network is asked for: a ``class`` of each sample, a class of each of its ``steps``, or ``value``;
            ``auto`` for ``steps`` where ``y`` is ``(sample, time)``, else ``class``.
        unlabelled: what stands for no label in a step, with ``steps``.
        label_shift: time steps of the network from a step to the answer to it, with ``steps``; 0 for the default.
        missing: what is done with missing values: ``refuse`` them, ``hold`` the last value, or take ``zero``.
        audio_bands: frequency bands into which ``.wav`` files are divided; 0 leaves the sound as it is.
        audio_step_ms: milliseconds of sound in one time step, with bands.
        event_units: number of units of the sensor of an event file.
        event_joined: neighbouring units that one channel counts.
        event_step_ms: milliseconds of events in one time step.
    """

    name: str = "timeseries"
    target: Literal["auto", "class", "steps", "value"] = "auto"
    unlabelled: int | str = -1
    label_shift: int = Field(default=0, ge=0, le=65535)
    missing: Literal["refuse", "hold", "zero"] = "refuse"
    audio_bands: int = Field(default=20, ge=0, le=256)
    audio_step_ms: float = Field(default=10, ge=0.1, le=10_000)
    event_units: int = Field(default=700, ge=1, le=2**20)
    event_joined: int = Field(default=10, ge=1, le=2**20)
    event_step_ms: float = Field(default=10, ge=0.001, le=10_000)

    def kept(self) -> dict[str, Any]:
        """What a network file keeps of them, as JSON values: those that differ from the defaults."""
        return self.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)
