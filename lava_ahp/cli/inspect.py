"""``lava-ahp inspect``: what is in a network file."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.cli import _options as options


@click.command()
@click.argument("network", type=options.FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def inspect(network: Path, as_json: bool) -> None:
    """Show what is in a network file.

    Populations, connections, parameters, task and provenance.

    \b
    Example:
      lava-ahp inspect runs/demo/network.net
    """
    import lava_ahp
    from lava_ahp.network.summary import summarise

    summary = summarise(lava_ahp.read(network), lava_ahp.read_golden(network))
    if as_json:
        options.write_json(Path("-"), summary)
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(f"[bold]{network}[/bold]", highlight=False)
    for title in ("populations", "connections"):
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for key in summary[title][0] if summary[title] else ():
            table.add_column(key, overflow="fold")
        for row in summary[title]:
            table.add_row(*(str(value) for value in row.values()))
        console.print(table)
    for title in ("totals", "task", "provenance"):
        for key, value in summary[title].items():
            console.print(f"{title} {key}: {value}", highlight=False, soft_wrap=True)
