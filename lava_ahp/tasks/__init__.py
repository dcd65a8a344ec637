"""Tasks: data, encoder and readout that a network is trained for.  One module per task, or a plug-in."""

from lava_ahp.tasks.base import SPLITS, Described, Task, TaskSettings
from lava_ahp.tasks.registry import descriptions, load_task, model_for, names, settings_of
from lava_ahp.tasks.timeseries import from_arrays

__all__ = [
    "SPLITS",
    "Described",
    "Task",
    "TaskSettings",
    "descriptions",
    "from_arrays",
    "load_task",
    "model_for",
    "names",
    "settings_of",
]
