"""Search for good settings with Optuna: any number of processes and computers join one study."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lava_ahp import files, tasks
from lava_ahp.errors import BackendUnavailable, DataError, brief, printable, shorten
from lava_ahp.report.progress import Reporter, reporter
from lava_ahp.workflow.calls import as_typed
from lava_ahp.workflow.planning import Settings, plan
from lava_ahp.workflow.search_space import Space, read_space
from lava_ahp.workflow.sweep_result import Sweep
from lava_ahp.workflow.sweep_trial import SETUP, Measure, RunTrial, continue_interrupted
from lava_ahp.workflow.sweep_worker import working

if TYPE_CHECKING:
    from optuna import Study
    from optuna.pruners import BasePruner
    from optuna.storages import BaseStorage

Device = Literal["cpu", "cuda", "auto"]
Pruner = Literal["median", "hyperband", "none"]

#: Name of the study in its storage, and the storage in its folder.
STUDY, JOURNAL = "lava-ahp", "journal.log"


def sweep(
    task: str,
    *,
    out: str | os.PathLike[str],
    vary: Mapping[str, Any] | Iterable[str] = (),
    space: str | os.PathLike[str] | None = None,
    trials: int = 20,
    data: str | os.PathLike[str] | None = None,
    model: str | None = None,
    config: str | os.PathLike[str] | None = None,
    settings: Settings = (),
    measure: Measure = "accuracy",
    pruner: Pruner = "median",
    storage: str | None = None,
    seed: int | None = None,
    device: Device = "auto",
    command: str | None = None,
    progress: bool | Reporter = False,
) -> Sweep:
    """Train with settings that Optuna chooses, and stop unpromising trainings early.

    Every trial is a run folder, ``OUT/trials/0000`` and so on.  A call joins the study that the folder holds: several
    processes, on several computers that share the folder, work on one study, and a study is continued by the same call.
    Trials whose process is gone are resumed first.

    Args:
        task: the name of a task.
        out: the folder of the study.
        vary: ranges and choices, ``{"training.learning_rate": "log:1e-3..3e-2", "model.hidden": [[64], [120]]}``.
        space: TOML file with a table ``[vary]`` of them.
        trials: finished trials at which the study ends, over all processes.
        data: as in :func:`lava_ahp.train`, as are model, config, settings and device.
        model: kind of model.
        config: TOML file with settings of every trial.
        settings: single settings of every trial.
        measure: what is best: the highest ``accuracy`` or the lowest ``loss``, on the validation split.
        pruner: Optuna's pruner, which reads the measure after every epoch; ``none`` trains every trial to the end.
        storage: URL of a database for Optuna (``sqlite:///...``, ``postgresql://...``); None for a journal in the
            folder, which needs no server.
        seed: seed of the sampler; None for a random one.  Processes of one study need different seeds.
        device: where to train.
        command: for the manifests; by default this call.
        progress: True shows progress on stderr.

    Returns:
        The trials of the study so far.

    Raises:
        DataError: a search space or settings that are not valid, or a folder with another study.
        BackendUnavailable: Optuna is not installed.
    """
    try:
        import optuna
    except ModuleNotFoundError:
        raise BackendUnavailable("sweep: optuna is not installed; pip install 'lava-ahp[sweep]'") from None
    found = read_space(None if space is None else Path(space), vary)
    settings = dict(settings) if isinstance(settings, Mapping) else tuple(settings)
    common = {"data": data, "model": model, "config": config}
    _check(task, found, settings, **common)
    out, report = Path(out), reporter(progress)
    out.mkdir(parents=True, exist_ok=True)
    study = _study(out, storage, measure, pruner, seed)
    _check_setup(study, out, {
        "task": task, "model": model, "settings": settings if isinstance(settings, dict) else list(settings),
        "config": None if config is None else files.sha256(Path(config)),
        "vary": {key: str(value) for key, value in found.items()}, "measure": measure,
    })  # fmt: skip
    continue_interrupted(study, out, report)
    ended = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    stop = optuna.study.MaxTrialsCallback(trials, states=ended)
    with working(out) as worker:
        objective = RunTrial(
            task, found, settings, out=out, worker=worker, measure=measure, device=device, report=report,
            command=command or as_typed("sweep", task, out=out, trials=trials, seed=seed), **common,
        )  # fmt: skip
        if len(study.get_trials(deepcopy=False, states=ended)) < trials:
            study.optimize(objective, callbacks=[stop])
    result = Sweep.of(study, out)
    result.write()
    return result


def _check(task: str, space: Space, settings: Settings, **common: Any) -> None:
    """Check both ends of every range, and every choice, before anything is trained."""
    first = plan(task, settings=settings, **common).config
    for key, entry in space.items():
        given = settings if isinstance(settings, Mapping) else [text.partition("=")[0].strip() for text in settings]
        if key in given:
            raise DataError(f"vary {brief(key)}: found it among the settings too, allowed once; leave one out")
        for value in entry.ends:
            try:
                changed = first.changed(None, {key: value})
                tasks.settings_of(changed.task.name, changed.task.settings)
            except DataError as error:
                raise DataError(f"vary {brief(key)}: {error}") from None


def _study(out: Path, storage: str | None, measure: Measure, pruner: Pruner, seed: int | None) -> Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    pruners: dict[str, type[BasePruner]] = {
        "median": optuna.pruners.MedianPruner,
        "hyperband": optuna.pruners.HyperbandPruner,
        "none": optuna.pruners.NopPruner,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # Several processes must not all try the same: trials that are running count as poor ones.
        sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    try:
        return optuna.create_study(
            storage=_storage(out, storage),
            sampler=sampler,
            pruner=pruners[pruner](),
            study_name=STUDY,
            direction="maximize" if measure == "accuracy" else "minimize",
            load_if_exists=True,
        )
    # Optuna passes on whatever a journal that is damaged, or the driver of a database, raises.
    except Exception as error:
        where = storage or out / JOURNAL
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]:.200}"
        raise DataError(f"{printable(where)}: cannot be used as storage ({printable(reason)})") from error


def _storage(out: Path, url: str | None) -> BaseStorage | str:
    if url is not None:
        return url
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    # The lock is a file made by O_EXCL, which network file systems know; links, Optuna's default, not all of them do.
    journal = str(out / JOURNAL)
    return JournalStorage(JournalFileBackend(journal, lock_obj=JournalFileOpenLock(journal)))


def _check_setup(study: Study, out: Path, setup: dict[str, Any]) -> None:
    """Check that the study, if it exists, is this one; the first process describes it."""
    found = study.user_attrs.get(SETUP)
    if found is None:
        study.set_user_attr(SETUP, setup)
        return
    for key, value in setup.items():
        if found.get(key) != value:
            raise DataError(
                f"{out}: holds a study with {key} {shorten(found.get(key))}, requested {shorten(value)}; "
                "repeat its options, or choose another --out"
            )
