"""Train a network for a task into a run folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lava_ahp import files, tasks
from lava_ahp.errors import DataError
from lava_ahp.files import write_text
from lava_ahp.workflow.runs import Run, sha256, write_manifest
from lava_ahp.workflow.versions import versions

if TYPE_CHECKING:
    from lava_ahp.training import Progress, TrainConfig
    from lava_ahp.training.batches import Draw, Split


#: Figures that go from ``metrics.json`` into the manifest of the weights.
_KEPT = ("started_from", "epochs", "stopped_early", "best_epoch", "validation_accuracy")


@dataclass(frozen=True, eq=False)
class Plan:
    """What to train, on what."""

    config: TrainConfig
    task: tasks.Task

    @property
    def is_lstm(self) -> bool:
        """Whether it is the model beside, which reads signals and is neither exported nor run in a backend."""
        return self.config.model.kind == "lstm"


def plan(
    task: str,
    data: Path | None,
    *,
    model: Literal["ahp", "lstm"] = "ahp",
    config: Path | None = None,
    overrides: Iterable[str] = (),
) -> Plan:
    """The defaults of a task or of the LSTM, changed by a TOML file and then by ``section.key=value``.

    Raises:
        DataError: an unknown task, data missing, or a configuration that makes no sense.
    """
    if task not in tasks.TASKS:
        raise DataError(f"task: found {task!r}, allowed {', '.join(tasks.TASKS)}")
    from lava_ahp.training import TrainConfig

    return Plan(TrainConfig.make(task, model=model, file=config, overrides=overrides), tasks.load_task(task, data))


def plan_of_run(run: Run, data: Path | None, task: str | None = None) -> Plan:
    """What a run folder was made with.

    Args:
        run: its folder.
        data: directory or file of the task's data.
        task: if given, it must be the one of the run.

    Raises:
        DataError: no run there, or of another task.
    """
    config = _config_of(run)
    if task is not None and task != config.task.name:
        raise DataError(f"task: found {task}, {run.folder} was trained for {config.task.name}")
    return Plan(config, tasks.load_task(config.task.name, data))


def task_of_run(run: Run, data: Path | None) -> tasks.Task:
    """The task of a trained run, in the code that it was trained in.

    Args:
        run: its folder.
        data: directory or file of the task's data.

    Raises:
        DataError: no run there, or data that do not fit.
    """
    return tasks.load_task(_config_of(run).task.name, data, run.read_task())


def _config_of(run: Run) -> TrainConfig:
    if not run.config.is_file():
        raise DataError(f"{run.folder}: holds no {run.config.name}; train first (lava-ahp train --out {run.folder})")
    from lava_ahp.training import TrainConfig

    return TrainConfig.read(run.config)


def train(
    plan: Plan,
    run: Run,
    *,
    resume: bool,
    init: Path | None = None,
    device: Literal["cpu", "cuda", "auto"] = "auto",
    devices: int = 1,
    nodes: int = 1,
    command: str,
    progress: Progress | None = None,
) -> None:
    """Train, and leave best and last weights, history, curves, metrics and a manifest in the run folder.

    Args:
        plan: what to train.
        run: where.
        init: weights that a new run starts from, a ``model.safetensors``; None for random ones.
        resume: go on from what the folder holds, or start where it holds nothing.
        device: where to compute; ``auto`` takes a GPU where there is one.
        devices: processes per node.
        nodes: computers, each of which runs this.
        command: what the user typed, for the manifest; a run that is gone on from keeps the one that began it too.
        progress: what follows the training.

    Raises:
        DataError: a folder that holds a run while ``resume`` is not set, or another run while it is.
        BackendUnavailable: the devices are not there, or a process has ended.
    """
    if not resume and run.model.exists():
        raise DataError(f"{run.folder}: holds a trained run; go on from it with --resume, or choose another --out")
    described = plan.task.describe()
    if resume and run.config.is_file() and run.read_task() not in (None, described):
        raise DataError(f"{run.folder}: its run has other thresholds or classes than this data gives; give it its own")
    from lava_ahp import training

    first = None if init is None else training.read_model(init)
    if training.is_main():
        if not run.model.exists():
            origin = init and {"file": init.name, "sha256": sha256(init)}
            run.add_metrics({"started_by": command, "started_from": origin})
        write_text(run.task, json.dumps(described) + "\n")
    training.fit(
        plan.config,
        **_material(plan),
        classes=plan.task.classes,
        out=run.folder,
        first=first,
        class_weights=plan.task.class_weights,
        resume=resume,
        device=device,
        devices=devices,
        nodes=nodes,
        progress=progress,
    )
    # A manifest is written when training is over: what is there already tells how these weights came to be.
    if not training.is_main() or files.read_json(run.manifest).get("sha256") == sha256(run.model):
        return
    if plan.is_lstm:
        _test(plan.task, run)
    metrics = run.read_metrics()
    begun = metrics.get("started_by", command)
    write_manifest(
        run.manifest,
        run.model,
        {
            "command": begun,
            **({} if begun == command else {"resumed_by": command}),
            "config": plan.config.model_dump(mode="json"),
            "seed": plan.config.training.seed,
            "versions": versions(),
            **{key: metrics[key] for key in _KEPT if metrics.get(key) is not None},
            **({key: metrics[key] for key in ("test_accuracy", "test_samples")} if plan.is_lstm else {}),
        },
    )


def _material(plan: Plan) -> dict[str, Any]:
    """What a model learns from: the task's spikes, or its signals."""
    task = plan.task
    if not plan.is_lstm:
        return {
            "train": _drawn(task, task.training),
            "validation": task.split("validation"),
            "readout_steps": task.readout_steps,
        }
    from lava_ahp.training import Sequences

    def signals(split: str, rng: np.random.Generator | None = None) -> Sequences:
        return Sequences(task.sequences(split, rng), task.labels[split])

    return {
        "train": _drawn(task, lambda rng: signals("train", rng)),
        "validation": signals("validation"),
        "readout_steps": 1,
    }


def _drawn(task: tasks.Task, draw: Draw) -> Draw:
    """``draw``, but made once where every epoch would be the same."""
    if task.augment is not None:
        return draw
    made: list[Split] = []

    def once(rng: np.random.Generator) -> Split:
        if not made:
            made.append(draw(rng))
        return made[0]

    return once


def _test(task: tasks.Task, run: Run) -> None:
    """Accuracy of an LSTM's best epoch on the test split."""
    from lava_ahp import training

    labels = task.labels["test"]
    found = training.correct(training.load_model(run.folder), training.Sequences(task.sequences("test"), labels))
    run.add_metrics(
        {"tested_weights": sha256(run.model), "test_accuracy": found / len(labels), "test_samples": len(labels)}
    )
