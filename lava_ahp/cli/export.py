"""``lava-ahp export``: a trained run as a network file."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.cli import _options as options


@click.command()
@click.argument("run", type=options.FOLDER)
@click.option("-o", "--out", type=options.OUT_FILE, help="File to write; by default network.net in the run folder.")
@options.data
def export(run: Path, out: Path | None, data: Path | None) -> None:
    """Export the best weights of a run as a network file.

    The NetX HDF5 file includes golden samples, and a manifest is written next to it.

    \b
    Example:
      lava-ahp export runs/demo -o demo.net
    """
    import lava_ahp

    path = out or run / "network.net"
    network = lava_ahp.export(run, path, data=data, command=options.typed())
    options.echo(f"{path}: {network.neurons} neurons, {network.synapses} synapses, golden samples inside")
