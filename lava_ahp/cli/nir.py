"""``lava-ahp import-nir`` and ``export-nir``: networks from and to NIR."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.cli import _options as options

SECONDS = options.NumberRange(0, min_open=True)


@click.command("import-nir")
@click.argument("graph", type=options.FILE)
@click.option("-o", "--out", "out", required=True, type=options.OUT_FILE, help="Network file to write.")
@click.option(
    "--dt",
    type=SECONDS,
    metavar="SECONDS",
    help="One time step.  Default: that of an export of lava-ahp, else 1e-4.",
)
@click.option(
    "--reset",
    type=click.Choice(["zero", "subtract"]),
    default="zero",
    show_default=True,
    help="How neurons were reset in training: NIR does not say.  The chip resets to zero, and subtract is refused.",
)
@options.json_out
def import_nir(graph: Path, out: Path, dt: float | None, reset: str, json_path: Path | None) -> None:
    """Turn a NIR graph into a network file.

    GRAPH is a NIR file of snnTorch, Norse, Rockpool, Sinabs, ... or of export-nir.  Floats are rounded to the integers
    of the chip, and what that costs is printed.

    \b
    Example:
      lava-ahp import-nir other.nir -o other.net --dt 1e-4
      lava-ahp run other.net --spikes spikes.npz
    """
    options.check_outputs({"--out": out, "--json": json_path}, [graph])
    import lava_ahp

    result = lava_ahp.import_nir(graph, out, dt=dt, reset=reset)
    options.write_json(json_path, result.to_json())
    if not options.is_stdout(json_path):
        for line in (f"{out}: written", *result.lines()):
            options.echo(line)


@click.command("export-nir")
@click.argument("network", type=options.NETWORK)
@click.option("-o", "--out", "out", required=True, type=options.OUT_FILE, help="NIR file to write.")
@click.option(
    "--dt",
    type=SECONDS,
    default=1e-4,
    show_default=True,
    metavar="SECONDS",
    help="One time step of the graph; snnTorch reads 1e-4 alone.",
)
def export_nir(network: Path, out: Path, dt: float) -> None:
    """Write a network as a NIR graph, which other programs run.

    NETWORK is a network file, or a run folder with an exported network.  The file itself goes into the metadata of the
    graph, so that import-nir gives it back.

    \b
    Example:
      lava-ahp export-nir runs/demo -o demo.nir
    """
    options.check_outputs({"--out": out}, [network])
    import lava_ahp

    graph = lava_ahp.export_nir(network, out, dt=dt)
    options.echo(f"{out}: {len(graph.nodes)} nodes, {len(graph.edges)} edges, dt {dt:g} s")
