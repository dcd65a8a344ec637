"""A profile as tables in the terminal, from the JSON of ``profile --json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from lava_ahp.report.profile_rows import TERMS, accuracy_of, crossing_sentence, energy_term, measured_sentence, score
from lava_ahp.report.terminal import literal, screen
from lava_ahp.report.units import joules, js, seconds, times


def show_profile(summary: Mapping[str, Any]) -> None:
    """Print the main figures; JSON and HTML have the rest.

    Args:
        summary: the JSON of ``profile --json``.
    """
    with screen() as console:
        _show(summary, console)


def _show(summary: Mapping[str, Any], console: Console) -> None:
    network, activity = summary["network"], summary["activity"]
    size = f"{network['neurons']} neurons, {network['synapses']} synapses"
    console.print(literal(f"network      {network['file']}: {size}"))
    console.print(literal(f"run on       {network['stimulus']}"))
    if (found := score(network)) is not None:
        console.print(literal(f"{found[0]:12} {found[1]} of {accuracy_of(network)}"))
    console.print(
        f"activity     per sample {activity['steps']:.0f} steps, {activity['spikes']['mean']:,.0f} spikes, "
        f"{activity['synops']['mean']:,.0f} synaptic operations (exact)",
        soft_wrap=True,
    )
    for chip in summary["hardware"]:
        if chip["warning"]:
            console.print(literal(chip["name"], "bold") + literal(f": {chip['warning']}"), soft_wrap=True)
        names = sorted({f"{row['operation']} ({row['quantity']})" for row in chip["unpriced"]})
        without = f"{chip['name']}: no price for {', '.join(names)}; bound by {chip['bound']}"
        console.print(literal(without), soft_wrap=True)
    console.print(_energy(summary))
    for row in summary["chip"]:
        console.print(literal(measured_sentence(row)), soft_wrap=True)
    if summary["baseline"]:
        console.print(_baselines(summary))
    if summary["ratios"]:
        console.print(_ratios(summary))
    for row in summary["crossings"]:
        console.print(literal(crossing_sentence(row)), soft_wrap=True)
    console.print("--html and --json say what is measured, modelled and unknown.")


def _table(title: str, *columns: str) -> Table:
    # Only the first column folds, so that figures stay whole on a narrow terminal.
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for k, column in enumerate(columns):
        table.add_column(column, justify="left" if k == 0 else "right", no_wrap=k > 0, min_width=0 if k else 17)
    return table


def _energy(summary: Mapping[str, Any]) -> Table:
    columns = ("dynamic", "static", "host I/O", "total", "latency", "EDP", "cores")
    table = _table("chips, one sample at a time (cores and chips in use)", "chip", *columns)
    rows = [(row, "") for row in summary["hardware"]] + [(row, " *") for row in summary["chip"]]
    for row, mark in rows:
        table.add_row(
            literal(row["name"] + mark),
            *(energy_term(row, name) for name in TERMS),
            seconds(row["latency_s"]),
            js(row["edp_js"]),
            f"{row.get('cores', '?')} / {row['chips']}",
        )
    if summary["chip"]:
        table.caption = "* measured on the chip; all others are modelled"
    return table


def _baselines(summary: Mapping[str, Any]) -> Table:
    title = "baselines: latency of a batch, energy per sample"
    table = _table(title, "network", "kind", "batch", "latency", "energy")
    for row in summary["baseline"]:
        energy = "not measured" if row["energy_j"] is None else joules(row["energy_j"])
        table.add_row(literal(row["name"]), row["kind"], str(row["batch"]), seconds(row["latency_s"]), energy)
    return table


def _ratios(summary: Mapping[str, Any]) -> Table:
    title = "baselines relative to chips, at each batch size"
    table = _table(title, "network / chip", "batch", "energy", "latency", "EDP")
    for row in summary["ratios"]:
        cells = (times(row[name]) for name in ("energy", "latency", "edp"))
        table.add_row(literal(f"{row['baseline']} / {row['chip']}"), str(row["batch"]), *cells)
    return table
