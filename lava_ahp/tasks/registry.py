"""Tasks by name: the built-in ones, and those that installed distributions add by an entry point."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol

from lava_ahp.errors import DataError, shorten
from lava_ahp.tasks import digits, psmnist, smnist, timeseries
from lava_ahp.tasks.base import Described, Task

#: Group of the entry points.  The entry point's name is the task's; its object has the attributes of a TaskModule.
GROUP = "lava_ahp.tasks"


class TaskModule(Protocol):
    """What defines a task: a module, or any object with the same attributes."""

    NAME: str
    DESCRIPTION: str

    def load(self, data: Path | None, described: Described | None) -> Task:
        """The task, with ``described`` taking precedence over what the data would give; DataError for bad data."""


_BUILT_IN: dict[str, TaskModule] = {m.NAME: m for m in (digits, smnist, psmnist, timeseries)}


def names() -> tuple[str, ...]:
    """Every task: the built-in ones, then those of other distributions in alphabetical order."""
    return (*_BUILT_IN, *sorted(set(_plug_ins()) - set(_BUILT_IN)))


def descriptions() -> dict[str, str]:
    """What each task is, in one line; for one that cannot be loaded, why."""
    found = {}
    for name in names():
        try:
            found[name] = _module(name).DESCRIPTION
        except DataError as error:
            found[name] = str(error)
    return found


def load_task(name: str, data: Path | None = None, description: Mapping[str, Any] | None = None) -> Task:
    """A task by name.

    Args:
        name: one of :func:`names`.
        data: directory or file of its data, for a task that does not bring its own.
        description: what a network file keeps of its task (:meth:`Task.describe`).  Encoder, readout steps and
            classes are then those of the file, and nothing is fitted to the data.

    Raises:
        DataError: an unknown task, one that another distribution adds but that cannot be loaded, missing data, or data
            or a description that the task cannot use.
    """
    module = _module(name)
    return module.load(data, None if description is None else Described.read(description))


def _plug_ins() -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, []).append(entry)
    return found


def _module(name: str) -> TaskModule:
    entries = _plug_ins().get(name, [])
    sources = sorted(_distribution(entry) for entry in entries)
    if name in _BUILT_IN:
        if entries:
            warnings.warn(
                f"task {name}: lava-ahp has a task of this name and uses its own; "
                f"{' and '.join(sources)} must rename theirs",
                stacklevel=3,
            )
        return _BUILT_IN[name]
    if not entries:
        raise DataError(f"task: found {shorten(name)}, allowed {', '.join(names())}")
    if len(entries) > 1:
        raise DataError(f"task {name}: found in {' and in '.join(sources)}, allowed one; uninstall the others")
    return _loaded(entries[0])


def _loaded(entry: EntryPoint) -> TaskModule:
    where = f"task {entry.name} of {_distribution(entry)} ({entry.value})"
    try:
        module: TaskModule = entry.load()
    # Whatever another distribution raises when it is imported.
    except Exception as error:
        raise DataError(f"{where}: cannot be loaded ({type(error).__name__}: {error}); update or remove it") from error
    missing = [key for key in ("NAME", "DESCRIPTION", "load") if not hasattr(module, key)]
    if missing:
        raise DataError(f"{where}: has no {', '.join(missing)}; a task needs NAME, DESCRIPTION and load")
    if entry.name != module.NAME:
        raise DataError(f"{where}: found NAME {module.NAME!r}, allowed the name of its entry point, {entry.name!r}")
    return module


def _distribution(entry: EntryPoint) -> str:
    return "an unknown distribution" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
