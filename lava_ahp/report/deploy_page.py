"""The page about a deployed network: answers, proof, an example and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.report import deploy_figures as figures
from lava_ahp.report import sample_figures
from lava_ahp.report.answers import answers
from lava_ahp.report.html import fill
from lava_ahp.report.profile_rows import small_chip_row
from lava_ahp.report.sample_figures import Sample
from lava_ahp.targets import Scores


@dataclass(frozen=True, eq=False)
class Report:
    """What the page shows; the caller computes every number in it.

    Attributes:
        title: name of the task.
        headline: ``(label, value, remark)`` of the cards at the top.
        verdict: whether the engines agree with the training, and a sentence that says so.
        history: one row per epoch with ``epoch``, ``loss``, ``accuracy`` and ``rate``, and perhaps ``validation_loss``.
        scores: labels and answers of the test samples.
        class_names: one for each readout.
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
    scores: Scores
    class_names: Sequence[str]
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
    found = answers(report.scores)
    return fill(
        "deploy.html.j2",
        report=report,
        answers=found,
        curves=figures.training_curves(report.history, found.curve, found.loss),
        constants=sample_figures.time_constants(report.time_constants),
        neurons=[sample_figures.states(neuron) for sample in report.samples[:1] for neuron in sample.neurons],
        rasters=[
            (sample.title, sample_figures.raster(sample, report.class_names, report.readout_steps))
            for sample in report.samples
        ],
    )


def fragment(
    *,
    title: str,
    scores: str,
    verdict: tuple[bool, str],
    chips: Sequence[Mapping[str, Any]],
    notes: Sequence[str] = (),
) -> str:
    """A short summary as HTML for a notebook cell.

    Args:
        title: heading, for example the name of the task.
        scores: the main score and what it is of, in words.
        verdict: whether the engines agree with the training, and a sentence that says so.
        chips: the ``hardware`` entries of ``profile --json``; empty where the network does not fit.
        notes: caveats of the costs.
    """
    return fill(
        "deploy_fragment.html.j2",
        title=title,
        scores=scores,
        verdict=verdict,
        chips=[small_chip_row(chip) for chip in chips],
        notes=notes,
    )
