"""Tasks by name: the built-in ones, and those that installed distributions add by an entry point."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol

from lava_ahp.errors import DataError, shorten
from lava_ahp.settings import validate
from lava_ahp.tasks import babi, digits, psmnist, shd, smnist, ssc, timeseries
from lava_ahp.tasks.base import Described, Task, TaskSettings

#: Group of the entry points.  The entry point's name is the task's; its object has the attributes of a TaskModule.
GROUP = "lava_ahp.tasks"


class TaskModule(Protocol):
    """What defines a task: a module, or any object with the same attributes.

    One with a subclass ``Settings`` of :class:`lava_ahp.tasks.TaskSettings` gets it as third argument of ``load``.
    One with ``MODELS`` names the kinds of model that are trained on it: by default, and as the LSTM for comparison.
    For others they are ``ahp`` and ``lstm``.
    """

    NAME: str
    DESCRIPTION: str

    @property
    def load(self) -> Callable[..., Task]:
        """``load(data, described)`` or ``load(data, described, settings)``.

        It returns the task, with ``described`` taking precedence over what the data would give, and raises DataError
        for bad data.
        """


#: Kinds of model of a task that names none: by default, and as the LSTM for comparison.
_MODELS = ("ahp", "lstm")

_BUILT_IN: dict[str, TaskModule] = {m.NAME: m for m in (digits, smnist, psmnist, shd, ssc, timeseries, babi)}


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


def model_for(name: str, model: str | None) -> str:
    """The kind of model that is trained on a task.

    Args:
        name: of a task; one that is not in :func:`names` has the kinds of other tasks.
        model: what a user asks for: None for the default, ``lstm`` for the LSTM of the task, or a kind.
    """
    spiking, lstm = getattr(_module(name), "MODELS", _MODELS) if name in names() else _MODELS
    if model is None:
        return str(spiking)
    return str(lstm) if model == "lstm" else model


def settings_of(name: str, values: Mapping[str, Any], where: str = "config") -> TaskSettings:
    """The settings of a task, checked, with defaults for those that are missing.

    Args:
        name: one of :func:`names`.
        values: by key; the name of the task may be among them.
        where: origin of the values, for messages.

    Raises:
        DataError: an unknown task, an unknown key, or a value that is not allowed.
    """
    return _settings_of(_module(name), values, where)


def load_task(
    name: str,
    data: Path | None = None,
    description: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Task:
    """A task by name.

    Args:
        name: one of :func:`names`.
        data: directory or file of its data, for a task that does not bring its own.
        description: what a network file keeps of its task (:meth:`Task.describe`).  Encoder, readout steps and
            classes are then those of the file, and nothing is fitted to the data.
        settings: values by key, for a task that has settings; None for those of the description, else the defaults.

    Raises:
        DataError: an unknown task, one that another distribution adds but that cannot be loaded, missing data, settings
            that are not allowed, or data or a description that the task cannot use.
    """
    module = _module(name)
    described = None if description is None else Described.read(description)
    if settings is None and described is not None and described.settings is not None:
        found = _settings_of(module, described.settings, "network")
    else:
        found = _settings_of(module, settings or {}, "config")
    if type(found) is TaskSettings:
        return module.load(data, described)
    task = module.load(data, described, found)
    return replace(task, settings=found.kept())


def _settings_of(module: TaskModule, values: Mapping[str, Any], where: str) -> TaskSettings:
    table: type[TaskSettings] = getattr(module, "Settings", TaskSettings)
    return validate({"name": module.NAME, **values}, table, where, ["task"])


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
    table = getattr(module, "Settings", TaskSettings)
    if not (inspect.isclass(table) and issubclass(table, TaskSettings)):
        raise DataError(f"{where}: found Settings {table!r:.80}, allowed a subclass of lava_ahp.tasks.TaskSettings")
    return module


def _distribution(entry: EntryPoint) -> str:
    return "an unknown distribution" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
