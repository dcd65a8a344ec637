"""Data, encoding and readout of what a network is trained for: one file per task."""

from __future__ import annotations

from pathlib import Path

from lava_ahp.errors import DataError
from lava_ahp.tasks import digits, smnist
from lava_ahp.tasks.base import SPLITS, PixelTask

#: Every task by its name on the command line, with what it is.
TASKS = {digits.NAME: digits.DESCRIPTION, smnist.NAME: smnist.DESCRIPTION}

__all__ = ["SPLITS", "TASKS", "PixelTask", "load"]


def load(name: str, data: Path | None = None) -> PixelTask:
    """A task by name.

    Args:
        name: one of :data:`TASKS`.
        data: directory of its data, for a task that does not bring its own.

    Raises:
        DataError: an unknown task, data missing, or data that the task cannot use.
    """
    if name == digits.NAME:
        if data is not None:
            raise DataError("task digits: brings its own data; leave --data out")
        return digits.load()
    if name == smnist.NAME:
        if data is None:
            raise DataError("task smnist: needs --data DIR with MNIST's four IDX files (from their publisher)")
        return smnist.load(data)
    raise DataError(f"task: found {name!r}, allowed {', '.join(TASKS)}")
