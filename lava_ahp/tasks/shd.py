"""Spiking Heidelberg Digits: the spoken digits 0 to 9 in English and German, as spikes of an artificial cochlea."""

from __future__ import annotations

from pathlib import Path

from lava_ahp.tasks import heidelberg
from lava_ahp.tasks.base import Described, Task

NAME = "shd"
DESCRIPTION = "spoken digits as spikes (give the directory of shd_train.h5 and shd_test.h5 with --data)"


class Settings(heidelberg.Settings):
    """Settings of the task shd."""

    name: str = NAME


def load(data: Path | None, described: Described | None = None, settings: Settings | None = None) -> Task:
    """As :func:`lava_ahp.tasks.heidelberg.load`."""
    return heidelberg.load(NAME, data, described, settings or Settings())
