"""``lava-ahp verify``: the file against its own record, and the engines against one another."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lava_ahp.backends import BACKENDS
from lava_ahp.cli import _options as options
from lava_ahp.cli._group import CHECK_FAILED


@click.command()
@click.argument("network", type=options.NETWORK)
@click.option("--samples", type=click.IntRange(1), metavar="N", help="Replay only the last N golden samples.")
@click.option(
    "--backend",
    "backends",
    multiple=True,
    type=click.Choice(list(BACKENDS)),
    help="Engine to compare with the readable arithmetic; may be repeated.  Default: fast, and loihi2sim if installed.",
)
@options.chip_host
@options.json_out
def verify(network: Path, samples: int | None, backends: tuple[str, ...], json_path: Path | None) -> None:
    """Check that every engine computes what was recorded during training.

    NETWORK is a network file, or a run folder with an exported network.

    The golden samples in the file are replayed in the readable arithmetic, the fast simulator and Lava.  The engines
    are also compared with one another on random spikes.  If anything differs, the exit code is 1 and the first
    difference is printed: sample, step, population, neuron, state.

    \b
    Example:
      lava-ahp verify runs/demo/network.net
      lava-ahp verify lowered.net --backend loihi2stock --samples 1
    """
    options.check_outputs({"--json": json_path}, [network])
    import lava_ahp
    from lava_ahp.report.progress import Terminal

    found = lava_ahp.verify(network, engines=backends or None, samples=samples, progress=Terminal().say)
    options.write_json(json_path, found.to_json())
    if not options.is_stdout(json_path):
        for line in found.lines():
            options.echo(line)
    if not found.passed:
        options.echo(f"lava-ahp: {network}: {found.first_difference or found.verdict}", err=True)
        sys.exit(CHECK_FAILED)
