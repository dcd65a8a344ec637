"""One trial of a sweep: a training in its own run folder, reported and pruned epoch by epoch."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lava_ahp.errors import Diverged
from lava_ahp.files.locking import try_lock
from lava_ahp.report.progress import Reporter
from lava_ahp.workflow.planning import Settings
from lava_ahp.workflow.search_space import Space
from lava_ahp.workflow.sweep_worker import is_gone
from lava_ahp.workflow.training_run import train

if TYPE_CHECKING:
    from optuna import Study, Trial

    from lava_ahp.training import Epoch, Progress

Measure = Literal["accuracy", "loss"]

#: Attributes that are kept with a trial (its run folder and its process), and with the study (what it varies on what).
FOLDER, WORKER, SETUP = "folder", "worker", "setup"


class RunTrial:
    """The objective of a study.

    Args:
        task: the name of the task.
        space: what is varied.
        settings: settings of every trial.
        out: the folder of the study.
        worker: name of this process in the study.
        measure: what is returned and reported, of the validation split.
        report: gets one line per trial.
        options: further arguments of :func:`lava_ahp.train`.
    """

    def __init__(
        self,
        task: str,
        space: Space,
        settings: Settings,
        *,
        out: Path,
        worker: str,
        measure: Measure,
        report: Reporter,
        **options: Any,
    ) -> None:
        self._task, self._space, self._settings = task, space, settings
        self._out, self._worker, self._measure, self._report, self._options = out, worker, measure, report, options

    def __call__(self, trial: Trial) -> float:
        """Train, and return the measure of the weights that the run keeps.

        Raises:
            optuna.TrialPruned: the pruner stops the training; its run folder stays and could be resumed.
        """
        chosen = {key: entry.draw(trial, key) for key, entry in self._space.items()}
        folder = trial.user_attrs.get(FOLDER, f"trials/{trial.number:04}")
        trial.set_user_attr(FOLDER, folder)
        trial.set_user_attr(WORKER, self._worker)
        values = "  ".join(f"{key.rpartition('.')[2]} {shown(value)}" for key, value in chosen.items())
        self._report.say(f"trial {trial.number}: {values}")
        from optuna import TrialPruned

        try:
            run = train(
                self._task,
                out=self._out / folder,
                settings=_joined(self._settings, chosen),
                resume=True,
                progress=_Follow(trial, self._measure),
                **self._options,
            )
        except Diverged as error:
            self._report.say(f"trial {trial.number}: {error}")
            raise TrialPruned(str(error)) from None
        except TrialPruned as error:
            self._report.say(f"trial {trial.number}: pruned {error}")
            raise
        value = float(run.read_metrics()[f"validation_{self._measure}"])
        self._report.say(f"trial {trial.number}: validation {self._measure} {value:.4f}")
        return value


class _Follow:
    """Reports the epochs of one trial to its study.  It is reporter and follower of the training in one."""

    def __init__(self, trial: Trial, measure: Measure) -> None:
        self._trial, self._measure = trial, measure

    def counting(self, *_: object, **__: object) -> AbstractContextManager[Callable[[int], None]]:
        """Not used by training."""
        raise NotImplementedError

    @contextmanager
    def training(self) -> Iterator[Progress]:
        """Yields itself."""
        yield self

    def say(self, text: str) -> None:
        """Nothing: the data are the same in every trial."""

    def start(self, epochs: int, done: int) -> None:
        """Nothing."""

    def batch(self, done: int, batches: int) -> None:
        """Nothing."""

    def epoch(self, epoch: Epoch) -> None:
        """Report the epoch, and end the trial if the pruner says so."""
        from optuna import TrialPruned

        value = epoch.validation_accuracy if self._measure == "accuracy" else epoch.validation_loss
        self._trial.report(value, epoch.epoch)
        if self._trial.should_prune():
            raise TrialPruned(f"after epoch {epoch.epoch}")

    def stopped(self, epochs: int, best: int) -> None:
        """Nothing."""


def continue_interrupted(study: Study, out: Path, report: Reporter) -> None:
    """Queue the trials that failed or whose process is gone, with the values and run folders that they had.

    Nothing is queued while another process does so, or where the file system cannot tell who holds a lock.

    Args:
        study: the study.
        out: its folder.
        report: gets a line for each.
    """
    from optuna.trial import TrialState

    descriptor = os.open(out / ".continuing", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not try_lock(descriptor):
            return
        # Of the trials of a run folder, the last one counts: it continues the others.
        last = {t.user_attrs[FOLDER]: t for t in study.get_trials(deepcopy=False) if FOLDER in t.user_attrs}
        for folder, trial in last.items():
            # A trial without a process has just been taken from the queue.
            worker = trial.user_attrs.get(WORKER)
            gone = trial.state == TrialState.RUNNING and worker is not None and is_gone(out, worker)
            if gone:
                study.tell(trial.number, state=TrialState.FAIL)
            if gone or trial.state == TrialState.FAIL:
                study.enqueue_trial(trial.params, user_attrs={FOLDER: folder})
                report.say(f"trial {trial.number}: interrupted, will be continued in {folder}")
    finally:
        os.close(descriptor)


def _joined(settings: Settings, chosen: Mapping[str, Any]) -> dict[str, Any] | list[str]:
    """Settings of every trial and those of one, in the form of the former."""
    if isinstance(settings, Mapping):
        return {**settings, **chosen}
    # What JSON writes for a number, a truth value, a text or a list of them is TOML too.
    return [*settings, *(f"{key}={json.dumps(value)}" for key, value in chosen.items())]


def shown(value: Any) -> str:
    """A value as a table shows it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
