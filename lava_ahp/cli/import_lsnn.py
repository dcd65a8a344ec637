"""``lava-ahp import-lsnn``: Intel's Loihi-1 weights as one of our files."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.cli import _options as options


@click.command("import-lsnn")
@click.argument("directory", type=options.FOLDER)
@click.option("-o", "--out", "out", required=True, type=options.OUT_FILE, help="Network file to write.")
def import_lsnn(directory: Path, out: Path) -> None:
    """Turn Intel's LSNN weights into a network file.

    DIRECTORY holds w_in.npy, w_rec.npy and w_out.npy of the published Loihi-1 network.

    \b
    Example:
      lava-ahp import-lsnn lsnn_loihi1 -o lsnn.net
      lava-ahp run lsnn.net --data mnist --indices images.txt
    """
    import lava_ahp
    from lava_ahp.formats.lsnn import SHAPES

    options.check_outputs({"--out": out}, [directory / f"{name}.npy" for name in SHAPES])
    network = lava_ahp.import_lsnn(directory)
    lava_ahp.write(network, out)
    options.echo(f"{out}: {network.neurons} neurons, {network.synapses} synapses")
