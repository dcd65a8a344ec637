"""``lava-ahp bundle``: a network that runs and checks itself where a chip is."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.cli import _options as options


@click.command()
@click.argument("network", type=options.NETWORK)
@options.task("Task of the samples; by default the one that the file was trained for.")
@options.data
@click.option(
    "--samples", type=click.IntRange(1), metavar="N", help="The first N test samples; by default 10, or all there are."
)
@options.indices
@click.option("-o", "--out", "out", required=True, type=options.OUT_FILE, help="Archive to write, a .zip file.")
def bundle(
    network: Path, task_name: str | None, data: Path | None, samples: int | None, indices: Path | None, out: Path
) -> None:
    """Pack a network with input and expected outputs for a machine with Loihi 2.

    NETWORK is a network file, or a run folder with an exported network; it consists of LIF neurons (lava-ahp lower).

    The archive holds a program that needs lava-nc, h5py and numpy, and lava-loihi for the chip.  It runs the samples,
    names the first spike or voltage that differs, measures time and power, and writes measurement.json, which
    lava-ahp profile --measured reads.  Without the task's data, golden samples inside the file are used.

    \b
    Example:
      lava-ahp bundle demo_lif.net --task digits --samples 5 -o demo.zip
      unzip demo.zip && python demo/run.py --sim
    """
    if samples is not None and indices is not None:
        raise click.UsageError("--samples and --indices exclude each other")
    options.check_outputs({"--out": out}, [network, data, indices])
    import lava_ahp

    result = lava_ahp.bundle(network, out, task=task_name, data=data, samples=samples, indices=indices, progress=True)
    for line in result.lines():
        options.echo(line)
