"""``lava-ahp run``: a network on a task, in one backend."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.backends import BACKENDS
from lava_ahp.cli import _options as options


@click.command()
@click.argument("network", type=options.NETWORK)
@options.task("Task to run on; by default the one that the file was trained for.")
@options.data
@options.spikes
@click.option("--split", default="test", show_default=True, type=click.Choice(["train", "validation", "test"]),
              help="Split to run.")  # fmt: skip
@click.option("--samples", type=click.IntRange(1), metavar="N", help="Run only the first N samples of the split.")
@options.indices
@click.option("--backend", default="fast", show_default=True, type=click.Choice(list(BACKENDS)),
              help="Engine that runs the network.")  # fmt: skip
@options.chip_host
@options.json_out
def run(
    network: Path,
    task_name: str | None,
    data: Path | None,
    spikes: Path | None,
    split: str,
    samples: int | None,
    indices: Path | None,
    backend: str,
    json_path: Path | None,
) -> None:
    """Run a network file on a task and print its accuracy, or on spikes and print its classes.

    NETWORK is a network file, or a run folder with an exported network.

    \b
    Example:
      lava-ahp run runs/demo/network.net --backend fast
      lava-ahp run runs/demo/network.net --backend loihi2sim --samples 20 --json out.json
      lava-ahp run other.net --spikes spikes.npz
      lava-ahp run demo_lif.net --backend loihi2 --samples 20 --partition NAME
    """
    if samples is not None and indices is not None:
        raise click.UsageError("--samples and --indices exclude each other")
    if spikes is not None and (task_name is not None or data is not None or split != "test"):
        raise click.UsageError("--spikes excludes --task, --data and --split")
    options.check_outputs({"--json": json_path}, [network, indices, data, spikes])
    import lava_ahp
    from lava_ahp.workflow.spikes import SpikeRun, run_spikes

    result: lava_ahp.Evaluation | SpikeRun
    if spikes is not None:
        result = run_spikes(network, spikes, samples=samples, indices=indices, backend=backend, progress=True)
    else:
        result = lava_ahp.evaluate(
            network, task=task_name, data=data, split=split, samples=samples, indices=indices, backend=backend,
            progress=True,
        )  # fmt: skip
    options.write_json(json_path, result.to_json())
    if not options.is_stdout(json_path):
        for line in repr(result).splitlines():
            options.echo(line)
