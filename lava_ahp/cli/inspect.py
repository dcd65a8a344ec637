"""``lava-ahp inspect``: what is in a network file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lava_ahp.cli import _options as options
from lava_ahp.cli._group import CHECK_FAILED


@click.command()
@click.argument("network", type=options.NETWORK)
@click.option(
    "--target",
    type=click.Choice(["loihi2"]),
    help="Show instead what this chip holds beside what the network asks for; exit code 1 if it asks for more.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def inspect(network: Path, target: str | None, as_json: bool) -> None:
    """Show what is in a network file.

    NETWORK is a network file, or a run folder with an exported network.

    Populations, connections, parameters, task and provenance.

    \b
    Example:
      lava-ahp inspect runs/demo/network.net
      lava-ahp inspect runs/demo/network.net --target loihi2
    """
    import lava_ahp

    if target is not None:
        report = lava_ahp.check_limits(network, target)
        if as_json:
            options.write_json(Path("-"), {"network": network.name, **report.to_json()})
        else:
            for line in report.lines():
                options.echo(line)
        if report.exceeded:
            sys.exit(CHECK_FAILED)
        return
    from lava_ahp.network.summary import summarise

    found = lava_ahp.read(network)
    summary = summarise(found, lava_ahp.read_golden(network, found))
    if as_json:
        options.write_json(Path("-"), summary)
        return
    from lava_ahp.report.network_terminal import show_network

    show_network(summary, str(network))
