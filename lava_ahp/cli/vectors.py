"""``lava-ahp vectors``: inputs and expected states, for an implementation elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.cli import _options as options


@click.command()
@click.argument("network", type=options.NETWORK)
@options.task("Task of the samples; by default the one that the file was trained for.")
@options.data
@click.option("--samples", type=click.IntRange(1), metavar="N", help="The first N test samples; by default 2.")
@options.indices
@click.option("-o", "--out", "out", required=True, type=options.OUT_FILE, help="HDF5 file to write.")
def vectors(
    network: Path, task_name: str | None, data: Path | None, samples: int | None, indices: Path | None, out: Path
) -> None:
    """Write test vectors for those who implement AHP neurons in microcode.

    NETWORK is a network file, or a run folder with an exported network.

    The file holds input spikes and every u, a, v and s that is expected, and single neurons that go to the limits of
    the arithmetic: wrapping, saturation, ties at the threshold, rounding.  Without the task's data, golden samples
    inside the network file are used.

    \b
    Example:
      lava-ahp vectors runs/demo/network.net -o vectors.h5 --samples 1
    """
    if samples is not None and indices is not None:
        raise click.UsageError("--samples and --indices exclude each other")
    options.check_outputs({"--out": out}, [network, data, indices])
    import lava_ahp

    found = lava_ahp.write_vectors(network, out, task=task_name, data=data, samples=samples, indices=indices)
    for line in found.lines():
        options.echo(line)
