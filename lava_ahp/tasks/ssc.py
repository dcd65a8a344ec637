"""Spiking Speech Commands: 35 spoken words as spikes of an artificial cochlea."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from lava_ahp.tasks import heidelberg
from lava_ahp.tasks.base import Described, Task

NAME = "ssc"
DESCRIPTION = "spoken words as spikes (--data with ssc_train.h5, ssc_valid.h5 and ssc_test.h5)"


class Settings(heidelberg.Settings):
    """Settings of the task ssc: with ten times the samples of shd, coarser bins, so that they fit into memory."""

    name: str = NAME
    joined: int = Field(default=10, ge=1, le=700)
    step_ms: float = Field(default=20, ge=0.1, le=1000)
    blend: float = Field(default=0.0, ge=0, le=1)


def load(data: Path | None, described: Described | None = None, settings: Settings | None = None) -> Task:
    """As :func:`lava_ahp.tasks.heidelberg.load`."""
    return heidelberg.load(NAME, data, described, settings or Settings())
