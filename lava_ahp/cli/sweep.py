"""``lava-ahp sweep``: search for good settings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from lava_ahp.cli import _options as options


@click.command()
@options.task("Task to train for.", required=True)
@options.data
@click.option("--model", type=click.Choice(["ahp", "relational", "lstm"]),
              help="Model to train.  [default: relational for babi, else ahp]")  # fmt: skip
@click.option("--vary", multiple=True, metavar="KEY=RANGE",
              help="A setting to vary: KEY=LOW..HIGH, KEY=log:LOW..HIGH or KEY=[A, B, C]; may be repeated.  "
              "Whole bounds give whole numbers.")  # fmt: skip
@click.option("--space", type=options.FILE, help="TOML file with a table [vary] of KEY = RANGE.")
@click.option("--trials", default=20, show_default=True, type=click.IntRange(1),
              help="Finished trials at which the study ends, over all processes.")  # fmt: skip
@click.option("--measure", default="accuracy", show_default=True, type=click.Choice(["accuracy", "loss"]),
              help="What is best, on the validation split.")  # fmt: skip
@click.option("--pruner", default="median", show_default=True, type=click.Choice(["median", "hyperband", "none"]),
              help="How Optuna stops unpromising trainings; none trains all to the end.")  # fmt: skip
@click.option("--storage", metavar="URL",
              help="Database of the study, such as sqlite:///sweep.db.  [default: a journal in --out]")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**32 - 1),
              help="Seed of the sampler, another one for each process.  [default: random]")  # fmt: skip
@options.config
@options.settings
@options.out_folder
@options.device("Where to train; auto uses a GPU if there is one.")
@options.json_out
def sweep(
    task_name: str,
    data: Path | None,
    model: Literal["ahp", "relational", "lstm"] | None,
    vary: tuple[str, ...],
    space: Path | None,
    trials: int,
    measure: Literal["accuracy", "loss"],
    pruner: Literal["median", "hyperband", "none"],
    storage: str | None,
    seed: int | None,
    config: Path | None,
    overrides: tuple[str, ...],
    out: Path,
    device: Literal["cpu", "cuda", "auto"],
    json_path: Path | None,
) -> None:
    """Train with settings that Optuna chooses, and find the best.

    Every trial is a run folder.  Start the same command several times, on any computers that share the folder, and they
    work on one study.  Start it again after an interruption, and it goes on.

    \b
    Example:
      lava-ahp sweep --task digits --out runs/sweep --vary training.learning_rate=log:1e-3..3e-2 --trials 20
      lava-ahp sweep --task timeseries --data mine.npz --out runs/sweep --vary "model.hidden=[[64], [120]]"
      srun lava-ahp sweep --task digits --space space.toml --out runs/sweep --trials 100
    """
    options.check_outputs({"--json": json_path}, [data, config, space])
    import lava_ahp

    result = lava_ahp.sweep(
        task_name, data=data, model=model, vary=vary, space=space, trials=trials, measure=measure, pruner=pruner,
        storage=storage, seed=seed, config=config, settings=overrides, out=out, device=device,
        command=options.typed(), progress=True,
    )  # fmt: skip
    options.write_json(json_path, result.to_json())
    if not options.is_stdout(json_path):
        for line in result.lines():
            options.echo(line)
