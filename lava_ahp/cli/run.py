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
    from lava_ahp import backends, netx
    from lava_ahp.cli import _progress as progress
    from lava_ahp.workflow.evaluate import choose, evaluate, task_of
    from lava_ahp.workflow.indices import read_indices

    backends.get(backend)
    net = netx.read(network)
    task = task_of(net, task_name, data)
    index = choose(task, split, samples, None if indices is None else read_indices(indices))
    with progress.counting(f"{backend}", len(index)) as advance:
        result = evaluate(net, task, backend=backend, split=split, indices=index, progress=advance)
    if str(json_path) != "-":
        per_sample = result.seconds / len(index)
        click.echo(
            f"{result.task} {split}: {result.correct} of {len(index)} right, {100 * result.accuracy:.2f} % "
            f"({backend}, {result.seconds:.2f} s, {1e3 * per_sample:.3g} ms per sample)"
        )
    options.write_json(json_path, result.to_json())
