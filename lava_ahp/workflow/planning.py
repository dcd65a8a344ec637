"""What to train, on what: from a task name or arrays, a configuration file and single settings."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lava_ahp import tasks
from lava_ahp.encoders import StoryCode
from lava_ahp.encoders.lengths import own_steps
from lava_ahp.errors import DataError, DataWarning
from lava_ahp.report.progress import Reporter
from lava_ahp.targets import Target
from lava_ahp.tasks import SPLITS, Task, timeseries
from lava_ahp.workflow import fitted_defaults
from lava_ahp.workflow.runs import Run

if TYPE_CHECKING:
    from lava_ahp.training import TrainConfig
    from lava_ahp.training.batches import Draw, Split

#: Settings as ``{"training.epochs": 5}`` or as ``["training.epochs=5"]``.
Settings = Mapping[str, Any] | Iterable[str]


@dataclass(frozen=True, eq=False)
class Plan:
    """A configuration and the task to train on."""

    config: TrainConfig
    task: Task


def plan(
    source: Any,
    labels: Any = None,
    data: str | os.PathLike[str] | None = None,
    *,
    model: str | None = None,
    config: str | os.PathLike[str] | None = None,
    settings: Settings = (),
) -> Plan:
    """A task, and the defaults of this task and a kind of model, changed by a TOML file and then by single settings.

    Args:
        source: the name of a task, a task, or an array ``(sample, time, channel)``.
        labels: ``(sample,)``, with an array.
        data: directory or file of the data, with a name.
        model: kind of model; None for the task's default, ``lstm`` for the LSTM of the task.
        config: the TOML file.
        settings: the single settings.

    Raises:
        DataError: an unknown task, data missing, arrays that do not fit, or a configuration that is not valid.
    """
    from lava_ahp.training import TrainConfig

    file = None if config is None else Path(config)
    settings = settings if isinstance(settings, Mapping) else tuple(settings)
    if isinstance(source, str):
        kind = tasks.model_for(source, model)
        first = _checked(TrainConfig.make(source, model=kind, file=file, overrides=settings))
        task = _load(first, data)
        fitted = fitted_defaults.fitted(task, kind)
        found = _checked(TrainConfig.make(source, model=kind, file=file, overrides=settings, fitted=fitted))
        fitted_defaults.check(task, found.training)
        return Plan(found, task)
    task = source if isinstance(source, Task) else _of_arrays(source, labels, model, file, settings)
    model = tasks.model_for(task.name, model)
    fitted = fitted_defaults.fitted(task, model)
    found = TrainConfig.make(
        task.name, model=model, file=file, overrides=settings, settings=task.settings, fitted=fitted
    )
    if different := found.differences(found.with_task({"name": task.name, **task.settings})):
        raise DataError(f"config {different[0]} in the task that is loaded already; load it with this setting")
    fitted_defaults.check(task, found.training)
    return Plan(found, task)


def _of_arrays(source: Any, labels: Any, model: str | None, file: Path | None, settings: Settings) -> Task:
    """A task from arrays, with the settings of ``timeseries`` that concern arrays."""
    from lava_ahp.training import TrainConfig

    if labels is None:
        raise DataError("y: missing; give the class of every sample, or the name of a task instead of an array")
    kind = tasks.model_for(timeseries.NAME, model)
    asked = _checked(TrainConfig.make(timeseries.NAME, model=kind, file=file, overrides=settings)).task.settings
    of_arrays = ("missing", "target", "unlabelled", "label_shift")
    return tasks.from_arrays(source, labels, **{key: asked[key] for key in of_arrays})


def _checked(config: TrainConfig) -> TrainConfig:
    """The configuration with every setting of its task, checked."""
    return config.with_task(tasks.settings_of(config.task.name, config.task.settings).model_dump(mode="json"))


def _load(
    config: TrainConfig, data: str | os.PathLike[str] | None, description: Mapping[str, Any] | None = None
) -> Task:
    """The task of a configuration."""
    return tasks.load_task(
        config.task.name, None if data is None else Path(data), description, settings=config.task.settings
    )


def announce(task: Task, report: Reporter) -> None:
    """Say what the data are: how the axes of time series are read, how large stories are, and the task's notes.

    Warns with a :class:`lava_ahp.errors.DataWarning` if a time series has more channels than steps.

    Args:
        task: what will be trained on.
        report: gets the lines; none for images.
    """
    for note in task.notes:
        report.say(note)
    code = task.encoder
    if isinstance(code, StoryCode):
        report.say(
            f"data: {task.size('train')} training questions, {task.classes} answers, {len(code.vocabulary)} words, "
            f"up to {code.sentences} sentences of {code.words} words"
        )
        return
    signals = task.signals["train"]
    if signals.ndim != 3:
        return
    _, longest, channels = signals.shape
    steps = np.concatenate([own_steps(task.signals[split]) for split in SPLITS if task.size(split)])
    lengths = f"{longest}" if steps.min() == longest else f"{steps.min()} to {steps.max()}"
    report.say(f"data: {len(steps)} samples x {lengths} steps x {channels} channels")
    if channels > longest:
        warnings.warn(
            f"x: found {longest} steps of {channels} channels; the axes are (sample, time, channel), "
            "transpose them if yours are (sample, channel, time)",
            DataWarning,
            stacklevel=3,
        )


def plan_of_run(
    run: Run,
    data: Path | None,
    task: str | None = None,
    *,
    model: str | None = None,
    config: str | os.PathLike[str] | None = None,
    settings: Settings = (),
) -> Plan:
    """The plan that a run folder was made with.

    Args:
        run: its folder.
        data: directory or file of the task's data.
        task: if given, it must be the task of the run.
        model: if given, it must be the kind of model of the run.
        config: a TOML file whose values must be those of the run.
        settings: single values that must be those of the run.

    Raises:
        DataError: the folder holds no run, or one of another task or configuration.
    """
    found = config_of(run)
    if task is not None and task != found.task.name:
        raise DataError(f"task: found {task}, {run.folder} was trained for {found.task.name}")
    if model is not None and tasks.model_for(found.task.name, model) != found.model.kind:
        raise DataError(f"model: found {model}, {run.folder} holds one of kind {found.model.kind}")
    asked = _checked(found.changed(None if config is None else Path(config), settings))
    different = asked.differences(found)
    if different:
        raise DataError(
            f"{run.folder}: a resumed run keeps its configuration ({different[0]}); "
            "resume without changes, or train into another folder"
        )
    return Plan(found, _load(found, data))


def task_of_run(run: Run, data: str | os.PathLike[str] | None) -> Task:
    """The task of a trained run, with the encoder that it was trained with.

    Args:
        run: its folder.
        data: directory or file of the task's data.

    Raises:
        DataError: the folder holds no run, or the data do not fit it.
    """
    if run.data is not None:
        return run.data
    return _load(config_of(run), data, run.read_task())


def config_of(run: Run) -> TrainConfig:
    """The configuration that a run folder was made with.

    Raises:
        DataError: the folder holds no run.
    """
    if not run.config.is_file():
        raise DataError(f"{run.folder}: holds no {run.config.name}; train first (lava-ahp train --out {run.folder})")
    from lava_ahp.training import TrainConfig

    return _checked(TrainConfig.read(run.config))


#: Gives the samples of a split; a generator augments them as in one epoch of training.
Read = Callable[[str, "np.random.Generator | None"], "Split"]


def splits(plan: Plan) -> tuple[Read, int]:
    """How the model of a plan reads the splits of its task, and over how many readout steps it is judged.

    Labels are as the target of the model takes them in training, see :func:`target_of`.
    """
    from lava_ahp.training import SignalSplit, SpikeSplit, StorySplit

    task, target = fitted_defaults.augmented(plan.task, plan.config.training), target_of(plan)
    on_chip = plan.config.model.on_chip
    every = target.every_step and not on_chip
    readout_steps = task.signals["test"].shape[1] if every else task.readout_steps if on_chip else 1

    def placed(labels: npt.NDArray[Any], steps: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        return target.for_training(labels, steps, readout_steps)

    def spikes(split: str, rng: np.random.Generator | None) -> Split:
        found = task.split(split) if rng is None else task.training(rng)
        return SpikeSplit(found.events, placed(found.labels, found.events.steps))

    def signals(split: str, rng: np.random.Generator | None) -> Split:
        found, labels = task.drawn(split, rng)
        scaled = task.scaled(found)
        return SignalSplit(scaled, placed(labels, own_steps(scaled)))

    def stories(split: str, rng: np.random.Generator | None) -> Split:
        return StorySplit(*task.drawn(split, rng), task.encoder)

    readers: dict[str, Read] = {"spikes": spikes, "signals": signals, "stories": stories}
    return readers[plan.config.model.reads], readout_steps


def target_of(plan: Plan) -> Target:
    """What the model of a plan is asked for."""
    target = plan.task.target
    return target if plan.config.model.on_chip else target.of_signals()


def material(plan: Plan) -> dict[str, Any]:
    """The data that a model is trained on, as arguments of :func:`lava_ahp.training.fit`."""
    read, readout_steps = splits(plan)
    varies = plan.task.varies or bool(plan.config.training.distortion)
    return {
        "train": _drawn(varies, lambda rng: read("train", rng)),
        "validation": read("validation", None),
        "readout_steps": readout_steps,
        "classes": plan.task.classes,
        "class_weights": plan.task.class_weights,
        "target": target_of(plan),
        "encoder": plan.task.encoder,
    }


def _drawn(varies: bool, draw: Draw) -> Draw:
    """``draw``, but called once if every epoch would be the same."""
    if varies:
        return draw
    made: list[Split] = []

    def once(rng: np.random.Generator) -> Split:
        if not made:
            made.append(draw(rng))
        return made[0]

    return once
