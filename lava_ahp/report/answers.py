"""The part of a page on the answers of a network: what stands there depends on what was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

from lava_ahp.report import deploy_figures as figures
from lava_ahp.targets import ClassScores, Scores, StepScores, ValueScores

#: Rows in the table of classes or values: with more, those that are found worst.
MAX_ROWS = 30


@dataclass(frozen=True)
class Answers:
    """Texts, a picture and a table.

    Attributes:
        title: heading.
        text: what the picture and the table are of.
        picture: as SVG.
        reading: how the readout voltages of a sample answer, in a sentence.
        rows: of the table.
        note: what the table leaves out; empty if nothing.
        curve: name and unit of the score in the picture of the training, and the factor from scores to the unit.
        loss: name of the loss.
    """

    title: str
    text: str
    picture: str
    reading: str
    rows: Sequence[Mapping[str, Any]]
    note: str = ""
    curve: tuple[str, str, float] = field(default=("Validation accuracy", "%", 100))
    loss: str = "cross-entropy"


@singledispatch
def answers(scores: Scores) -> Answers:
    """What a page shows of the answers to all test samples."""
    raise TypeError(f"scores: found {type(scores).__name__}")


_CLASSES = "Rows of the matrix are true classes, columns are the classes that the network found."


@answers.register
def _of_classes(scores: ClassScores) -> Answers:
    rows, note = class_table(scores.counts.rows())
    return Answers(
        title="Accuracy by class",
        text=f"All {len(scores.labels)} test samples; training used none of them. {_CLASSES}",
        picture=figures.confusion(scores.labels, scores.predictions, scores.names),
        reading="The readout voltages are summed over the shaded steps at the end, and the class with the largest sum "
        "is the answer.",
        rows=rows,
        note=note,
    )


@answers.register
def _of_steps(scores: StepScores) -> Answers:
    rows, note = class_table(scores.counts.rows())
    known = scores.known
    return Answers(
        title="Accuracy by class",
        text=f"All {scores.answers} labelled steps of all {len(scores.labels)} test samples; training used none of "
        f"them. {_CLASSES}",
        picture=figures.confusion(scores.labels[known], scores.predictions[known], scores.names, "Test steps"),
        reading="At every step, the class with the largest readout voltage is the answer. The picture at the bottom "
        "has the true class of every labelled step and the class found, both at the step of the answer.",
        rows=rows,
        note=note,
    )


@answers.register
def _of_values(scores: ValueScores) -> Answers:
    found = scores.rows()
    worst = sorted(found, key=lambda row: 1.0 if row["r2"] is None else row["r2"])[:MAX_ROWS]
    rows = [_value_row(row) for row in (worst if len(found) > MAX_ROWS else found)]
    return Answers(
        title="Predicted values",
        text=f"All {len(scores.labels)} test samples; training used none of them. On the line, a prediction is the "
        "true value. RMSE and MAE are in the unit of the data; beside them, those of always predicting the mean of "
        "the training samples.",
        picture=figures.scatter(scores.labels, scores.predictions, scores.names),
        reading="The mean of each readout voltage over the shaded steps at the end, times a scale and plus an offset "
        "in the network file, is the answer. The dashed lines are the voltages that would give the true values.",
        rows=rows,
        note="" if len(rows) == len(found) else f"The {len(rows)} of {len(found)} values with the lowest R2.",
        curve=("Validation R2", "", 1),
        loss="squared error / variance",
    )


def class_table(scores: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """Rows of the table of classes in percent, and what is said where it leaves classes out.

    Args:
        scores: one row for each class, with ``class``, ``samples``, ``f1``, and ``recall`` and ``precision``, which may
            be None.
    """
    worst = sorted(scores, key=lambda row: row["f1"])[:MAX_ROWS]
    shown = worst if len(scores) > MAX_ROWS else scores
    note = "" if len(shown) == len(scores) else f"The {len(shown)} of {len(scores)} classes with the lowest F1."
    return [_class_row(row) for row in shown], note


def _class_row(row: Mapping[str, Any]) -> dict[str, Any]:
    scores = {"recall": row["recall"], "precision": row["precision"], "F1": row["f1"]}
    shown = {name: "none" if score is None else f"{100 * score:.1f} %" for name, score in scores.items()}
    return {"class": row["class"], "samples": row["samples"], **shown}


def _value_row(row: Mapping[str, Any]) -> dict[str, Any]:
    def shown(key: str) -> str:
        return "unknown" if row[key] is None else f"{row[key]:.4g}"

    errors = {"R2": "r2", "RMSE": "rmse", "MAE": "mae", "RMSE of the mean": "mean_rmse", "MAE of the mean": "mean_mae"}
    return {"value": row["value"], **{name: shown(key) for name, key in errors.items()}}
