"""The page about a deployed network: accuracy, proof, an example and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.report import deploy_figures as figures
from lava_ahp.report import sample_figures
from lava_ahp.report.html import fill
from lava_ahp.report.profile_rows import small_chip_row
from lava_ahp.report.sample_figures import Sample

#: Classes in the table of the page: with more, those that are found worst.
MAX_CLASSES = 30


@dataclass(frozen=True, eq=False)
class Report:
    """What the page shows; the caller computes every number in it.

    Attributes:
        title: name of the task.
        headline: ``(label, value, remark)`` of the cards at the top.
        verdict: whether the engines agree with the training, and a sentence that says so.
        history: one row per epoch with ``epoch``, ``loss``, ``accuracy`` and ``rate``, and perhaps ``validation_loss``.
        labels: true classes of the test samples, ``int64 (sample,)``.
        predictions: classes found, ``int64 (sample,)``.
        class_names: one for each class.
        class_scores: one row for each class, with ``class``, ``samples``, ``f1``, and ``recall`` and ``precision``,
            which may be None.
        samples: the samples that are shown; the first one may have states of neurons.
        time_constants: of the AHP currents of all neurons, in steps, ``float64 (neuron,)``, NaN without one.
        readout_steps: steps at the end over which the voltages are summed.
        populations: rows of the table of populations.
        connections: rows of the table of connections.
        checks: rows of the table of comparisons.
        costs: rows of the table of chips, with modelled energy and latency; empty where the network does not fit.
        cost_notes: caveats of the costs.
        provenance: origin of the network, by name.
        command: the command that made the page.
    """

    title: str
    headline: Sequence[tuple[str, str, str]]
    verdict: tuple[bool, str]
    history: Sequence[Mapping[str, float]]
    labels: npt.NDArray[np.int64]
    predictions: npt.NDArray[np.int64]
    class_names: Sequence[str]
    class_scores: Sequence[Mapping[str, Any]]
    samples: Sequence[Sample]
    time_constants: npt.NDArray[np.float64]
    readout_steps: int
    populations: Sequence[Mapping[str, Any]]
    connections: Sequence[Mapping[str, Any]]
    checks: Sequence[Mapping[str, Any]]
    costs: Sequence[Mapping[str, Any]]
    cost_notes: Sequence[str]
    provenance: Mapping[str, Any]
    command: str


def render(report: Report) -> str:
    """The whole page as HTML, with its pictures inside."""
    worst = sorted(report.class_scores, key=lambda row: row["f1"])[:MAX_CLASSES]
    shown = worst if len(report.class_scores) > MAX_CLASSES else report.class_scores
    return fill(
        "deploy.html.j2",
        report=report,
        curves=figures.training_curves(report.history),
        confusion=figures.confusion(report.labels, report.predictions, report.class_names),
        classes=[_class_row(row) for row in shown],
        constants=sample_figures.time_constants(report.time_constants),
        neurons=[sample_figures.states(neuron) for sample in report.samples[:1] for neuron in sample.neurons],
        rasters=[
            (sample.title, sample_figures.raster(sample, report.class_names, report.readout_steps))
            for sample in report.samples
        ],
    )


def _class_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table of classes, in percent."""
    scores = {"recall": row["recall"], "precision": row["precision"], "F1": row["f1"]}
    shown = {name: "none" if score is None else f"{100 * score:.1f} %" for name, score in scores.items()}
    return {"class": row["class"], "samples": row["samples"], **shown}


def fragment(
    *,
    title: str,
    accuracy: float,
    samples: int,
    verdict: tuple[bool, str],
    chips: Sequence[Mapping[str, Any]],
    notes: Sequence[str] = (),
) -> str:
    """A short summary as HTML for a notebook cell.

    Args:
        title: heading, for example the name of the task.
        accuracy: share of correct answers, ``0..1``.
        samples: number of samples that the accuracy is of.
        verdict: whether the engines agree with the training, and a sentence that says so.
        chips: the ``hardware`` entries of ``profile --json``; empty where the network does not fit.
        notes: caveats of the costs.
    """
    return fill(
        "deploy_fragment.html.j2",
        title=title,
        accuracy=f"{100 * accuracy:.2f} % of {samples} held-out samples",
        verdict=verdict,
        chips=[small_chip_row(chip) for chip in chips],
        notes=notes,
    )
