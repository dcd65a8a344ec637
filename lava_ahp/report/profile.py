"""The page about energy and latency: pictures and tables put into its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lava_ahp.report import energy_figures as figures
from lava_ahp.report.page import fill

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class ProfileReport:
    """What the page shows; every number in it was computed by the caller.

    Attributes:
        title: network and task.
        command: the command that made the page.
        headline: ``(label, value, remark)`` of the cards at the top.
        warnings: ``(chip, text)``: what to know before believing a figure.
        summary: the JSON of ``profile --json``, which the pictures are drawn from.
        tables: by name, the rows of ``chips``, ``steps``, ``baselines``, ``ratios``, ``operations``, ``spread``,
            ``populations``, ``connections``, ``neurobench``, ``accuracy``, ``unpriced``.
        crossings: sentences on where the lines of energy over batch size cross.
        standing: sentences under ``measured``, ``modelled`` and ``unknown``.
        provenance: by chip, the rows of its figures.
    """

    title: str
    command: str
    headline: Sequence[tuple[str, str, str]]
    warnings: Sequence[tuple[str, str]]
    summary: Mapping[str, Any]
    tables: Mapping[str, Rows]
    crossings: Sequence[str]
    standing: Mapping[str, Sequence[str]]
    provenance: Mapping[str, Rows]


def render(report: ProfileReport) -> str:
    """The page as HTML, with its pictures inside."""
    summary = report.summary
    return fill(
        "profile.html.j2",
        report=report,
        split=figures.energy_split(summary),
        beside=figures.side_by_side(summary),
        batches=figures.energy_over_batch(summary),
        activity=figures.activity(summary["activity"]["populations"]),
        placements=[
            (
                chip["name"],
                figures.placement(chip["placement"]),
                230 * (1 + max(c["tile"][0] for c in chip["placement"])),
            )
            for chip in summary["hardware"]
        ],
    )
