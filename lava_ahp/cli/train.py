"""``lava-ahp train``: train a network for a task."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from lava_ahp.cli import _options as options


@click.command()
@options.task(
    "Task to train for.  Of the built-in ones, digits and babi need no --data.  "
    "With --resume, the run's task is the default."
)
@options.data
@click.option("--model", type=click.Choice(["ahp", "relational", "lstm"]),
              help="Model to train: a spiking classifier, a spiking relational network, or an LSTM for comparison.  "
              "[default: relational for babi, else ahp; with --resume, the run's]")  # fmt: skip
@click.option("--density", type=options.NumberRange(0, 1, min_open=True),
              help="Fraction of possible synapses that exist; short for --set model.density=...")  # fmt: skip
@options.config
@options.settings
@options.out_folder
@click.option(
    "--init", type=options.FILE, help="Start from the weights in this model.safetensors instead of random weights."
)
@click.option("--resume", is_flag=True, help="Continue the run in the folder; start a new run if the folder is empty.")
@options.device("Where to train; auto uses a GPU if there is one.")
@click.option("--devices", default=1, show_default=True, type=click.IntRange(1),
              help="Processes per node.  Each has its own GPU or some of the cores; all share each batch.")  # fmt: skip
@click.option(
    "--num-nodes",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Number of computers; start them with srun.",
)
def train(
    task_name: str | None,
    data: Path | None,
    model: Literal["ahp", "relational", "lstm"] | None,
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

    The folder keeps the best and the last weights.  You can stop training at any time and continue with --resume.

    \b
    Example:
      lava-ahp train --task digits --out runs/digits --set training.epochs=20
      lava-ahp train --out runs/digits --resume
      lava-ahp train --task digits --out runs/sparse --density 0.2
      lava-ahp train --task digits --out runs/lstm --model lstm
      lava-ahp train --task timeseries --data JapaneseVowels_TRAIN.ts --out runs/vowels
      lava-ahp train --task timeseries --data walks.csv --out runs/walks --set task.missing=hold
      lava-ahp train --task timeseries --data forces.npz --out runs/forces --set task.target=value
      lava-ahp train --task babi --data DIR --out runs/qa --set task.tasks=[1,6,15] --set task.steps_per_word=3
      srun lava-ahp train --task digits --out runs/digits --devices 4 --num-nodes 2
    """
    import lava_ahp
    from lava_ahp.workflow.runs import score_of

    if density is not None:
        overrides = (*overrides, f"model.density={density}")
    if task_name is None and not (resume and (out / "config.toml").is_file()):
        context = click.get_current_context()
        parameter = next(p for p in context.command.params if p.name == "task_name")
        raise click.MissingParameter(ctx=context, param=parameter)
    run = lava_ahp.train(
        task_name, data=data, model=model, config=config, settings=overrides, out=out, init=init, resume=resume,
        device=device, devices=devices, nodes=num_nodes, command=options.typed(), progress=True,
    )  # fmt: skip
    if not run.is_main:
        return
    metrics, tested = run.read_metrics(), score_of(run.tested(), "test")
    options.echo(
        f"{out}: {score_of(metrics, 'validation')} in epoch {metrics['best_epoch']}"
        + (f", stopped early after epoch {metrics['epochs']}" if metrics["stopped_early"] else "")
        + (f", {tested}" if tested else "")
    )
