"""Train a model into a run folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from lava_ahp import files
from lava_ahp.errors import DataError
from lava_ahp.report.progress import Reporter, reporter
from lava_ahp.workflow import fitted_defaults
from lava_ahp.workflow.calls import as_typed
from lava_ahp.workflow.planning import Plan, Settings, announce, material, plan, plan_of_run, splits, target_of
from lava_ahp.workflow.run_lock import writing
from lava_ahp.workflow.runs import TESTED, Run, write_manifest
from lava_ahp.workflow.versions import versions

#: Figures that go from ``metrics.json`` into the manifest of the weights.
_KEPT = ("started_from", "epochs", "stopped_early", "best_epoch", "validation_accuracy", "validation_r2")

Device = Literal["cpu", "cuda", "auto"]


def train(
    task: Any = None,
    y: Any = None,
    *,
    out: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    model: str | None = None,
    config: str | os.PathLike[str] | None = None,
    settings: Settings = (),
    init: str | os.PathLike[str] | None = None,
    resume: bool = False,
    device: Device = "auto",
    devices: int = 1,
    nodes: int = 1,
    command: str | None = None,
    progress: bool | Reporter = False,
) -> Run:
    """Train a model into a run folder, which keeps best and last weights, history, curves, metrics and a manifest.

    Args:
        task: the name of a task, a :class:`lava_ahp.tasks.Task`, or an array ``(sample, time, channel)``, which is cut
            into stratified splits of about 70, 10 and 20 %.  May be left out to resume a run.
        y: class of every sample, ``(sample,)``, with an array.
        out: the run folder.
        data: directory or file of the task's data, with a name.
        model: kind of model: ``ahp``, ``relational``, or ``lstm`` for the LSTM of the task; None for the task's
            default, or for that of the run that is resumed.
        config: TOML file that changes the task's defaults.
        settings: single values to change, ``{"training.epochs": 5}``.
        init: weights to start from, a ``model.safetensors``; None for random ones.
        resume: continue the run in the folder, or start one if the folder is empty.
        device: where to train; ``auto`` takes a GPU if there is one.
        devices: processes per node.
        nodes: computers, each of which runs this call.
        command: for the manifest; by default this call.
        progress: True shows progress on stderr.

    Returns:
        The run.

    Raises:
        DataError: data or a configuration that is not valid, a folder that holds a run while ``resume`` is not set,
            one that holds another run while it is, or one that another process writes.
        BackendUnavailable: the devices are not there, or a process has ended.

    Example:
        >>> run = lava_ahp.train("digits", out="runs/digits", settings={"training.epochs": 20})  # doctest: +SKIP
    """
    run = Run(Path(out))
    command = command or as_typed("train", task, y, out=out, data=data, model=model,
                                  settings=settings, resume=resume)  # fmt: skip
    named = task if isinstance(task, str) else None
    known = y is None and (task is None or named is not None)
    files.check_outputs({file.name: file for file in run.files}, [init, data, None if resume else config])
    if resume and known and run.config.is_file():
        path = None if data is None else Path(data)
        planned = plan_of_run(run, path, named, model=model, config=config, settings=settings)
    elif task is None:
        raise DataError("task: missing; give the name of a task, or arrays")
    else:
        planned = plan(task, y, data, model=model, config=config, settings=settings)
    report = reporter(progress)
    # Of several processes of one run, the main one locks the folder for all.
    with writing(run, command) if run.is_main else nullcontext():
        return train_plan(planned, run, init=None if init is None else Path(init), resume=resume, command=command,
                          report=report, device=device, devices=devices, nodes=nodes)  # fmt: skip


def train_plan(
    plan: Plan,
    run: Run,
    *,
    command: str,
    report: Reporter,
    resume: bool = False,
    init: Path | None = None,
    device: Device = "auto",
    devices: int = 1,
    nodes: int = 1,
) -> Run:
    """Train into a run folder whose lock the caller holds; see :func:`train` for the arguments."""
    if run.is_main:
        announce(plan.task, report)
        for line in fitted_defaults.lines(plan.task, plan.config.training):
            report.say(line)
    with report.training() as follow, _explaining_an_interruption(run):
        _train(plan, run, init=init, resume=resume, command=command, device=device, devices=devices, nodes=nodes,
               progress=follow)  # fmt: skip
    return replace(run, data=plan.task)


@contextmanager
def _explaining_an_interruption(run: Run) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if not run.state.is_file():
            raise
        raise KeyboardInterrupt("completed epochs are saved, continue with train --resume") from None


def _train(plan: Plan, run: Run, *, resume: bool, init: Path | None, command: str, **how: Any) -> None:
    if not resume and run.model.exists():
        raise DataError(
            f"{run.folder}: already holds a trained run; continue it with --resume, or choose another --out"
        )
    described = plan.task.describe()
    if resume and run.config.is_file() and run.read_task() not in (None, described):
        raise DataError(
            f"{run.folder}: these data give other thresholds or classes than the run was trained with; "
            "use the run's own data"
        )
    from lava_ahp import training

    first = None if init is None else training.read_model(init)
    if run.is_main:
        if not run.model.exists():
            origin = init and {"file": init.name, "sha256": files.sha256(init)}
            run.add_metrics({"started_by": command, "started_from": origin})
        files.write_json(run.task, described)
    training.fit(
        plan.config,
        **material(plan),
        out=run.folder,
        first=first,
        resume=resume,
        **how,
    )
    # The manifest is written when training is over; one that is already there belongs to these weights.
    if not run.is_main or files.read_json(run.manifest).get("sha256") == files.sha256(run.model):
        return
    tested = {} if plan.config.model.on_chip else _test(plan, run)
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
            **tested,
        },
    )


def _test(plan: Plan, run: Run) -> dict[str, Any]:
    """Test scores of a model that no chip runs, and so no backend either."""
    from lava_ahp import training

    (read, readout_steps), target = splits(plan), target_of(plan)
    test = read("test", None)
    readout = training.readouts(training.load_model(run.folder), test, readout_steps)
    scores = target.scores(plan.task.labels["test"], target.answers(readout, test.steps), plan.task.class_names)
    found = {f"test_{key}": value for key, value in scores.metrics().items()}
    run.add_metrics({"tested_weights": files.sha256(run.model), **found})
    return {key: found[key] for key in TESTED if key in found}
