"""The trials of a sweep as a table, as JSON and as a picture."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lava_ahp import files
from lava_ahp.errors import printable
from lava_ahp.workflow.sweep_trial import FOLDER, SETUP, shown

if TYPE_CHECKING:
    from optuna import Study

#: Trials that :meth:`Sweep.lines` shows.
_SHOWN = 10


@dataclass(frozen=True, eq=False, repr=False)
class Sweep:
    """Result of a sweep.

    Attributes:
        folder: the folder of the study.
        measure: what is best: ``accuracy`` or ``loss``, on the validation split.
        trials: one table for each trial in the order of their numbers, with ``number``, ``state`` (``complete``,
            ``pruned``, ``running``, ``waiting`` or ``fail``), ``folder`` of the run or None, ``value`` or None,
            ``epochs`` reported, ``seconds`` or None, and ``settings``.
        study: Optuna's study, for everything else.
    """

    folder: Path
    measure: str
    trials: tuple[dict[str, Any], ...]
    study: Study

    @classmethod
    def of(cls, study: Study, folder: Path) -> Sweep:
        """The trials of a study so far."""
        trials = tuple(
            {
                "number": trial.number,
                "state": trial.state.name.lower(),
                "folder": trial.user_attrs.get(FOLDER),
                "value": trial.value,
                "epochs": max(trial.intermediate_values, default=0),
                "seconds": None if trial.duration is None else trial.duration.total_seconds(),
                "settings": dict(trial.params),
            }
            for trial in study.get_trials(deepcopy=False)
        )
        return cls(folder, study.user_attrs[SETUP]["measure"], trials, study)

    @property
    def ranked(self) -> list[dict[str, Any]]:
        """The complete trials, the best first."""
        complete = [trial for trial in self.trials if trial["state"] == "complete"]
        return sorted(complete, key=lambda trial: trial["value"], reverse=self.measure == "accuracy")

    @property
    def best(self) -> dict[str, Any] | None:
        """The best complete trial; None if there is none."""
        return next(iter(self.ranked), None)

    def lines(self) -> Iterator[str]:
        """The summary for a terminal."""
        states = [trial["state"] for trial in self.trials]
        counts = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
        yield f"trials       {counts}"
        for trial in self.ranked[:_SHOWN]:
            values = "  ".join(f"{key} {shown(value)}" for key, value in trial["settings"].items())
            yield f"{trial['value']:<12.4f} {trial['folder']}  {values}"
        yield f"written      {self.folder / 'sweep.json'}"

    def __repr__(self) -> str:
        return "\n".join(map(printable, self.lines()))

    def to_json(self) -> dict[str, Any]:
        """``setup``, ``best`` and ``trials``."""
        return {"setup": self.study.user_attrs[SETUP], "best": self.best, "trials": list(self.trials)}

    def write(self) -> None:
        """Write ``sweep.json``, and once a trial is complete ``sweep_history.png`` and ``sweep_settings.png``."""
        files.write_json(self.folder / "sweep.json", self.to_json())
        if self.best is not None:
            self._draw()

    def _draw(self) -> None:
        """Optuna's pictures: the measure over the trials, and over each setting."""
        from matplotlib import pyplot
        from optuna.exceptions import ExperimentalWarning
        from optuna.visualization.matplotlib import plot_optimization_history, plot_slice

        name = f"validation {self.measure}"
        # Optuna changes the style of all figures of the program; the context takes that back.
        with warnings.catch_warnings(), pyplot.style.context("default"):
            warnings.simplefilter("ignore", ExperimentalWarning)
            for draw, file in ((plot_optimization_history, "sweep_history.png"), (plot_slice, "sweep_settings.png")):
                content, axes = io.BytesIO(), np.asarray(draw(self.study, target_name=name))
                axes.flat[0].figure.savefig(content, dpi=120, bbox_inches="tight")
                files.write_bytes(self.folder / file, content.getvalue())
                pyplot.close("all")
