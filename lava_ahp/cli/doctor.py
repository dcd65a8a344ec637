"""``lava-ahp doctor``: what is installed, what is missing, what to do."""

from __future__ import annotations

import click

from lava_ahp.cli import _options as options


@click.command()
def doctor() -> None:
    """Show what is installed and what is missing.

    \b
    Example:
      lava-ahp doctor
    """
    import lava_ahp

    for line in lava_ahp.doctor().lines():
        options.echo(line)
