"""``lava-ahp train``: train a network for a task."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from lava_ahp.cli import _options as options


@click.command()
@click.option("--task", help="digits, or with --data smnist, psmnist, timeseries; with --resume that of the run.")
@options.data
@click.option("--model", default="ahp", show_default=True, type=click.Choice(["ahp", "lstm"]),
              help="The spiking network, or the LSTM to stand beside it.")  # fmt: skip
@click.option("--density", type=options.NumberRange(0, 1, min_open=True),
              help="Share of the synapses that exist; short for --set model.density.")  # fmt: skip
@click.option("--config", type=options.FILE, help="TOML with what to change of the task's defaults.")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one value, e.g. training.epochs=5."
)
@click.option("--out", required=True, type=options.OUT_FOLDER, help="Run folder.")
@click.option("--init", type=options.FILE, help="Start from these weights, a model.safetensors, not random ones.")
@click.option("--resume", is_flag=True, help="Go on from what the run folder holds, or start if it holds nothing.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["cpu", "cuda", "auto"]))
@click.option("--devices", default=1, show_default=True, type=click.IntRange(1),
              help="Processes per node, each with a GPU or a share of the cores; they share each batch.")  # fmt: skip
@click.option("--num-nodes", default=1, show_default=True, type=click.IntRange(1), help="Computers, started by srun.")
def train(
    task: str | None,
    data: Path | None,
    model: Literal["ahp", "lstm"],
    density: float | None,
    config: Path | None,
    overrides: tuple[str, ...],
    out: Path,
    init: Path | None,
    resume: bool,
    device: Literal["cpu", "cuda", "auto"],
    devices: int,
    num_nodes: int,
) -> None:
    """Train a network into a run folder.

    It keeps the best and the last weights, and can be stopped at any moment and gone on from with --resume.

    \b
    Example:
      lava-ahp train --task digits --out runs/digits --set training.epochs=20
      lava-ahp train --out runs/digits --resume
      lava-ahp train --task digits --out runs/sparse --density 0.2
      lava-ahp train --task digits --out runs/lstm --model lstm
      srun lava-ahp train --task digits --out runs/digits --devices 4 --num-nodes 2
    """
    import lava_ahp

    if density is not None:
        overrides = (*overrides, f"model.density={density}")
    if task is None and not (resume and (out / "config.toml").is_file()):
        raise click.UsageError("Missing option '--task' (digits, smnist, psmnist or timeseries)")
    run = lava_ahp.train(
        task, data=data, model=model, config=config, settings=overrides, out=out, init=init, resume=resume,
        device=device, devices=devices, nodes=num_nodes, command=options.typed(), progress=True,
    )  # fmt: skip
    if not run.is_main:
        return
    metrics = run.read_metrics()
    click.echo(
        f"{out}: validation accuracy {100 * metrics['validation_accuracy']:.2f} % in epoch {metrics['best_epoch']}"
        + (f", stopped early after epoch {metrics['epochs']}" if metrics["stopped_early"] else "")
        + (f", test accuracy {100 * metrics['test_accuracy']:.2f} %" if model == "lstm" else "")
    )
