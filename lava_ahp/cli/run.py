"""``lava-ahp run``: a network on a task, in one backend."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.backends import BACKENDS
from lava_ahp.cli import _options as options


@click.command()
@click.argument("network", type=options.FILE)
@click.option("--task", "task_name", help="Task to run on; by default the one that the file was trained for.")
@options.data
@click.option("--split", default="test", show_default=True, type=click.Choice(["train", "validation", "test"]))
@click.option("--samples", type=click.IntRange(1), help="Only the first so many samples of the split.")
@click.option("--indices", type=options.FILE, help="Only the samples of this file: .npy, or numbers as text.")
@click.option("--backend", default="fast", show_default=True, type=click.Choice(list(BACKENDS)))
@options.json_out
def run(
    network: Path,
    task_name: str | None,
    data: Path | None,
    split: str,
    samples: int | None,
    indices: Path | None,
    backend: str,
    json_path: Path | None,
) -> None:
    """Run a network file on a task and print its accuracy.

    \b
    Example:
      lava-ahp run runs/demo/network.net --backend fast
      lava-ahp run runs/demo/network.net --backend loihi2sim --samples 20 --json out.json
    """
    if samples is not None and indices is not None:
        raise click.UsageError("--samples and --indices exclude each other")
    import lava_ahp
    from lava_ahp.workflow.indices import read_indices

    chosen = None if indices is None else read_indices(indices)
    result = lava_ahp.evaluate(
        network, task=task_name, data=data, split=split, samples=samples, indices=chosen, backend=backend,
        progress=True,
    )  # fmt: skip
    if str(json_path) != "-":
        click.echo(repr(result))
    options.write_json(json_path, result.to_json())
