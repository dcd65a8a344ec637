"""``lava-ahp inspect``: what is in a network file."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.cli import _options as options


@click.command()
@click.argument("network", type=options.NETWORK)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def inspect(network: Path, as_json: bool) -> None:
    """Show what is in a network file.

    NETWORK is a network file, or a run folder with an exported network.

    Populations, connections, parameters, task and provenance.

    \b
    Example:
      lava-ahp inspect runs/demo/network.net
    """
    import lava_ahp
    from lava_ahp.network.summary import summarise

    found = lava_ahp.read(network)
    summary = summarise(found, lava_ahp.read_golden(network, found))
    if as_json:
        options.write_json(Path("-"), summary)
        return
    from lava_ahp.report.network_terminal import show_network

    show_network(summary, str(network))
