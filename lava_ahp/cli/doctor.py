"""``lava-ahp doctor``: what is installed, what is missing, what to do."""

from __future__ import annotations

import sys

import click


@click.command()
def doctor() -> None:
    """Say what is installed, and what is missing.

    \b
    Example:
      lava-ahp doctor
    """
    from lava_ahp import backends
    from lava_ahp.errors import BackendUnavailable
    from lava_ahp.workflow.devices import describe_devices
    from lava_ahp.workflow.versions import versions

    for package, version in versions().items():
        click.echo(f"{package:14} {version or 'not installed'}")
    for name, device in describe_devices().items():
        click.echo(f"{name:14} {device}")
    for name in backends.BACKENDS:
        try:
            backends.get(name)
            state = "ready"
        except BackendUnavailable as error:
            state = str(error).partition(": ")[2]
        click.echo(f"backend {name:10} {state}")
    if sys.version_info[:2] != (3, 10):
        click.echo(
            "Lava and lava-dl need Python 3.10: run `make setup`, or install this package into a 3.10 environment"
        )
