"""A profile as tables in the terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from lava_ahp.report.units import joules, js, seconds, times


def show(summary: dict[str, Any]) -> None:
    """Print what a reader needs first; all of it stands in JSON and HTML."""
    console = Console(highlight=False)
    network, activity = summary["network"], summary["activity"]
    accuracy = "" if network["accuracy"] is None else f", {100 * network['accuracy']:.2f} % right"
    console.print(f"network      {network['file']}: {network['neurons']} neurons, {network['synapses']} synapses")
    console.print(f"run on       {network['stimulus']}{accuracy}")
    console.print(
        f"activity     per sample {activity['steps']:.0f} steps, {activity['spikes']['mean']:,.0f} spikes, "
        f"{activity['synops']['mean']:,.0f} synaptic operations (exact)",
        soft_wrap=True,
    )
    for chip in summary["hardware"]:
        if chip["warning"]:
            console.print(f"[bold]{chip['name']}[/bold]: {chip['warning']}", soft_wrap=True)
        names = sorted({f"{row['operation']} ({row['quantity']})" for row in chip["unpriced"]})
        console.print(f"{chip['name']}: no price for {', '.join(names)}; bound by {chip['bound']}", soft_wrap=True)
    console.print(_energy(summary))
    if summary["baseline"]:
        console.print(_baselines(summary))
    if summary["ratios"]:
        console.print(_ratios(summary))
    for row in summary["crossings"]:
        where = f"from batch {row['batch']:.0f} on" if row["batch"] else f"{row['cheaper']} takes less at every batch"
        upto = "" if row["batch"] else f" up to {row['largest_batch']}"
        who = "the baseline takes less energy " if row["batch"] else "the "
        console.print(f"{row['chip']} / {row['baseline']}: {who}{where}{upto}", soft_wrap=True)
    console.print("What is measured, modelled and unknown: --html, or standing in --json.")


def _table(title: str, *columns: str) -> Table:
    # The first column folds, so that figures stay whole on a narrow terminal.
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for k, column in enumerate(columns):
        table.add_column(column, justify="left" if k == 0 else "right", no_wrap=k > 0, min_width=0 if k else 17)
    return table


def _energy(summary: dict[str, Any]) -> Table:
    columns = ("dynamic", "static", "host I/O", "total", "latency", "EDP", "cores")
    table = _table("one sample at a time on a chip (cores and chips in use)", "chip", *columns)
    rows = [(row, "") for row in summary["hardware"]] + [(row, " *") for row in summary["chip"]]
    for row, mark in rows:
        energy = row["energy_j"]
        table.add_row(
            row["name"] + mark,
            *(joules(energy[name]) for name in ("neurocore_dynamic", "neurocore_static", "host_io", "total")),
            seconds(row["latency_s"]),
            js(row["edp_js"]),
            f"{row.get('cores', '?')} / {row['chips']}",
        )
    if summary["chip"]:
        table.caption = "* measured on the chip; all others are modelled"
    return table


def _baselines(summary: dict[str, Any]) -> Table:
    table = _table("beside: latency of a batch, energy per sample", "network", "kind", "batch", "latency", "energy")
    for row in summary["baseline"]:
        energy = "not measured" if row["energy_j"] is None else joules(row["energy_j"])
        table.add_row(row["name"], row["kind"], str(row["batch"]), seconds(row["latency_s"]), energy)
    return table


def _ratios(summary: dict[str, Any]) -> Table:
    columns = ("energy", "latency", "edp")
    table = _table("how many times more than the chip, at that batch", "network / chip", "batch", *columns)
    for row in summary["ratios"]:
        cells = (times(row[name]) for name in columns)
        table.add_row(f"{row['baseline']} / {row['chip']}", str(row["batch"]), *cells)
    return table
