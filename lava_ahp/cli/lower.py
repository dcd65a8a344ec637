"""``lava-ahp lower``: a network with AHP neurons becomes one of LIF neurons."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.cli import _options as options


@click.command()
@click.argument("network", type=options.NETWORK)
@click.option("-o", "--out", "out", required=True, type=options.OUT_FILE, help="Network file to write.")
@click.option(
    "--target",
    default="loihi2-stock",
    show_default=True,
    type=click.Choice(["loihi2-stock"]),
    help="What the network may consist of: LIF, Dense and DelayDense of Lava.",
)
@options.task("Task of the samples; by default the one that the file was trained for.")
@options.data
@click.option("--samples", type=click.IntRange(1), metavar="N", help="The first N test samples; by default 200.")
@options.indices
@click.option(
    "--lag",
    type=click.IntRange(1),
    metavar="STEPS",
    help="Steps for which an input acts.  Default: from the decay of the network's synaptic current.",
)
@click.option(
    "--scale",
    type=click.IntRange(0, 7),
    metavar="K",
    help="Weights and thresholds of AHP neurons count 2^K times.  Default: the largest K at which u keeps a quarter of "
    "its range free on the samples.",
)
@click.option(
    "--groups",
    type=click.IntRange(1),
    default=16,
    show_default=True,
    metavar="N",
    help="Most LIF processes of a population.  Each has one current decay, voltage decay and threshold.",
)
@click.option(
    "--finetune",
    type=click.IntRange(1),
    metavar="EPOCHS",
    help="Train the result for so many epochs.  NETWORK must be a run folder.  The run is kept in a folder named as "
    "--out without its suffix, and an interrupted one goes on.",
)
@options.json_out
def lower(
    network: Path,
    out: Path,
    target: str,
    task_name: str | None,
    data: Path | None,
    samples: int | None,
    indices: Path | None,
    lag: int | None,
    scale: int | None,
    groups: int,
    finetune: int | None,
    json_path: Path | None,
) -> None:
    """Turn AHP neurons into LIF neurons, which Loihi 2 runs without microcode of your own.

    NETWORK is a network file, or a run folder with an exported network.

    Every synapse of an AHP neuron becomes a pair, and the neuron's own current becomes the AHP current.  Samples of the
    task show how far weights can be scaled and what the change costs in accuracy; without data, golden samples inside
    the file show the first of these.

    \b
    Example:
      lava-ahp lower runs/demo/network.net -o demo_lif.net
      lava-ahp run demo_lif.net
      lava-ahp lower runs/smnist -o smnist_lif.net --data mnist --finetune 5
    """
    if samples is not None and indices is not None:
        raise click.UsageError("--samples and --indices exclude each other")
    options.check_outputs({"--out": out, "--json": json_path}, [network, data, indices])
    import lava_ahp

    result = lava_ahp.lower(
        network, out, target=target, task=task_name, data=data, samples=samples, indices=indices, lag=lag, scale=scale,
        groups=groups, finetune=finetune, command=options.typed(), progress=True,
    )  # fmt: skip
    options.write_json(json_path, result.to_json())
    if not options.is_stdout(json_path):
        for line in (f"{out}: written", *result.lines()):
            options.echo(line)
