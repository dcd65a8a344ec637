"""The page: figures and numbers put into a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.report import figures


@dataclass(frozen=True, eq=False)
class Report:
    """What the page shows; every number in it was computed by the caller.

    Attributes:
        title: name of the task.
        headline: ``(label, value, remark)`` of the cards at the top.
        verdict: one sentence on whether training and Lava agree, and whether they do.
        history: one row per epoch with ``epoch``, ``loss``, ``accuracy`` and ``rate``.
        labels: true classes of the test samples, ``int64 (sample,)``.
        predictions: classes found, ``int64 (sample,)``.
        class_names: one for each class.
        example: rasters by population, the input first, ``bool (time, neuron)``.
        example_title: which sample that is.
        readout: voltage of every readout, ``int32 (time, class)``.
        readout_steps: steps at the end over which it is summed.
        populations: rows of the table of populations.
        connections: rows of the table of connections.
        checks: rows of the table of comparisons.
        costs: rows of the table of chips, with modelled energy and latency; none where the network fits none.
        cost_notes: what is to be said of them.
        provenance: what else is known, by name.
        command: the command that made the page.
    """

    title: str
    headline: Sequence[tuple[str, str, str]]
    verdict: tuple[bool, str]
    history: Sequence[Mapping[str, float]]
    labels: npt.NDArray[np.int64]
    predictions: npt.NDArray[np.int64]
    class_names: Sequence[str]
    example: Mapping[str, npt.NDArray[np.bool_]]
    example_title: str
    readout: npt.NDArray[np.int32]
    readout_steps: int
    populations: Sequence[Mapping[str, Any]]
    connections: Sequence[Mapping[str, Any]]
    checks: Sequence[Mapping[str, Any]]
    costs: Sequence[Mapping[str, Any]]
    cost_notes: Sequence[str]
    provenance: Mapping[str, Any]
    command: str


def render(report: Report) -> str:
    """The page as HTML, with its pictures inside."""
    return fill(
        "deploy.html.j2",
        report=report,
        curve=figures.training_curve(report.history),
        confusion=figures.confusion(report.labels, report.predictions, report.class_names),
        raster=figures.raster(report.example, report.readout, report.class_names, report.readout_steps),
    )


def fill(template: str, **values: Any) -> str:
    """A page from one of the templates of this package; a value that is missing is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("lava_ahp.report", "templates"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template(template).render(**values)
