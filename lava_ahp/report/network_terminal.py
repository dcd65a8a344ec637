"""A network as tables in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from lava_ahp.network.summary import grouped
from lava_ahp.report.terminal import literal, screen


def show_network(summary: Mapping[str, Any], title: str) -> None:
    """Print populations, connections, totals, task and provenance; copies of a population are one row.

    Args:
        summary: as :func:`lava_ahp.network.summary.summarise` gives it.
        title: heading, for example the name of the file.
    """
    with screen() as console:
        console.print(literal(title, "bold"))
        for part in ("populations", "connections"):
            table = Table(title=part, title_justify="left", box=None, pad_edge=False)
            for key in summary[part][0] if summary[part] else ():
                table.add_column(key, overflow="fold")
            for row in grouped(summary[part]):
                table.add_row(*(literal(value) for value in row.values()))
            console.print(table)
        for part in ("totals", "task", "provenance"):
            for key, value in summary[part].items():
                console.print(literal(f"{part} {key}: {value}"), soft_wrap=True)
