"""The page about energy and latency, from the JSON of ``profile --json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lava_ahp.report import profile_figures as figures
from lava_ahp.report import profile_rows as rows
from lava_ahp.report.html import fill
from lava_ahp.report.units import joules, seconds

#: Sections by the anchor of each, in the order of the page.
_SECTIONS = {
    "energy": "Energy of one sample on a chip, by part",
    "beside": "Chips and baselines",
    "batches": "Energy per sample by batch size",
    "accuracy": "Accuracy",
    "standing": "What is measured, what is modelled, what is not known",
    "baselines": "Baselines in figures",
    "ratios": "Baselines relative to chips, at each batch size",
    "steps": "Time of a step",
    "spread": "Spread over samples",
    "activity": "Activity of each layer",
    "neurobench": "NeuroBench metrics",
    "placement": "Placement on the chip",
    "operations": "Operations and their prices",
    "figures": "Where each figure is from",
}


def render(summary: Mapping[str, Any], command: str) -> str:
    """The whole page as HTML, with its pictures inside.

    Args:
        summary: the JSON of ``profile --json``, which holds everything that the page shows.
        command: the command that made the page.
    """
    chips, activity = summary["hardware"], summary["activity"]
    tables = {
        "chips": [rows.chip_row(row) for row in (*chips, *summary["chip"])],
        "steps": [rows.step_row(chip) for chip in chips],
        "baselines": [rows.baseline_row(row) for row in summary["baseline"]],
        "ratios": [rows.ratio_row(row) for row in summary["ratios"]],
        "operations": [rows.operation_row(name, chips) for name in chips[0]["operations"]],
        "unpriced": [row for chip in chips for row in rows.unpriced_rows(chip)],
        "spread": [row for chip in chips for row in rows.spread_rows(chip)],
        "populations": [rows.population_row(row) for row in activity["populations"]],
        "connections": [rows.connection_row(row) for row in activity["connections"]],
        "neurobench": [rows.neurobench_row(activity["neurobench"])],
        "accuracy": list(rows.accuracy_rows(summary)),
    }
    pictures = {"beside": figures.side_by_side(summary), "batches": figures.energy_over_batch(summary)}
    absent = {name for name in ("beside", "batches") if pictures[name] is None}
    absent |= {name for name in ("baselines", "ratios") if not tables[name]}
    return fill(
        "profile.html.j2",
        title=f"{summary['network']['file']}: energy and latency",
        command=command,
        stimulus=summary["network"]["stimulus"],
        headline=list(_headline(summary)),
        warnings=_warnings(summary),
        sections={anchor: title for anchor, title in _SECTIONS.items() if anchor not in absent},
        tables=tables,
        crossings=[rows.crossing_sentence(row) for row in summary["crossings"]],
        standing=summary["standing"],
        provenance=dict(rows.provenance_rows(summary)),
        split=figures.energy_split(summary),
        **pictures,
        activity=figures.activity(activity["populations"]),
        placements=[
            (chip["name"], figures.placement(chip["placement"]), 230 * figures.tile_columns(chip["placement"]))
            for chip in chips
        ],
    )


def fragment(summary: Mapping[str, Any]) -> str:
    """A short summary as HTML for a notebook cell: the network, and energy, latency and EDP on every chip.

    Args:
        summary: the JSON of ``profile --json``.
    """
    network = summary["network"]
    return fill(
        "profile_fragment.html.j2",
        network=network,
        score=rows.score(network),
        accuracy_of=rows.accuracy_of(network),
        chips=[rows.small_chip_row(row) for row in (*summary["hardware"], *summary["chip"])],
        warnings=_warnings(summary),
    )


def _warnings(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(chip["name"], chip["warning"]) for chip in summary["hardware"] if chip["warning"]]


def _headline(summary: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    chip, network = summary["hardware"][0], summary["network"]
    if (found := rows.score(network)) is not None:
        yield *found, rows.accuracy_of(network)
    yield "energy per sample", joules(chip["energy_j"]["total"]), f"{chip['name']}, modelled"
    dynamic = chip["energy_j"]["neurocore_dynamic"]
    share = f"{100 * dynamic / chip['energy_j']['total']:.0f} % of the energy"
    yield "neurocores, dynamic", joules(dynamic), share
    yield "latency", seconds(chip["latency_s"]), f"{summary['activity']['steps']:.0f} steps, bound by {chip['bound']}"
    cores = f"{chip['cores']} core{'s' * (chip['cores'] != 1)}"
    yield "size", cores, f"on {chip['chips']} chip{'s' * (chip['chips'] != 1)}, {network['neurons']} neurons"
