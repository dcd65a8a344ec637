"""Tasks: data, encoder and readout that a network is trained for.  One file per task, or a plug-in."""

from lava_ahp.tasks.base import SPLITS, Described, Task
from lava_ahp.tasks.registry import descriptions, load_task, names
from lava_ahp.tasks.timeseries import from_arrays

__all__ = ["SPLITS", "Described", "Task", "descriptions", "from_arrays", "load_task", "names"]
