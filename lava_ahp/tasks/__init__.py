"""Data, encoding and readout of what a network is trained for: one file per task."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lava_ahp.errors import DataError
from lava_ahp.tasks import digits, psmnist, smnist, timeseries
from lava_ahp.tasks.base import SPLITS, Described, Task

_MODULES = {module.NAME: module for module in (digits, smnist, psmnist, timeseries)}

#: Every task by its name on the command line, with what it is.
TASKS = {name: module.DESCRIPTION for name, module in _MODULES.items()}

__all__ = ["SPLITS", "TASKS", "Task", "load_task"]


def load_task(name: str, data: Path | None = None, description: Mapping[str, Any] | None = None) -> Task:
    """A task by name.

    Args:
        name: one of :data:`TASKS`.
        data: directory or file of its data, for a task that does not bring its own.
        description: what a network file keeps of the task that it was trained for (:meth:`Task.describe`): code,
            readout steps and classes are then those of the file, and nothing is fitted to the data.

    Raises:
        DataError: an unknown task, data missing, or data or a description that the task cannot use.
    """
    if name not in _MODULES:
        raise DataError(f"task: found {name!r}, allowed {', '.join(TASKS)}")
    return _MODULES[name].load(data, None if description is None else Described.read(description))
