"""``lava-ahp deploy``: from data to a network that runs in Lava, in one command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from lava_ahp.backends import BACKENDS
from lava_ahp.cli import _options as options
from lava_ahp.cli._group import CHECK_FAILED


@click.command()
@click.option("--task", required=True, help="digits, or with --data smnist, psmnist, timeseries.")
@options.data
@click.option("--out", required=True, type=options.OUT_FOLDER, help="Run folder.")
@click.option("--backend", default="loihi2sim", show_default=True, type=click.Choice(list(BACKENDS)),
              help="Where the samples that prove the export run.")  # fmt: skip
@click.option("--samples", default=30, show_default=True, type=click.IntRange(1), help="How many of those.")
@click.option("--hardware", multiple=True, metavar="NAME|FILE.toml",
              help="Chip to estimate costs on, once or more; by default loihi1-davies2018 and loihi2.")  # fmt: skip
@click.option("--config", type=options.FILE, help="TOML with what to change of the task's defaults.")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one value, e.g. training.epochs=5."
)
@click.option("--resume", is_flag=True, help="Go on from what the run folder holds.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["cpu", "cuda", "auto"]))
def deploy(
    task: str,
    data: Path | None,
    out: Path,
    backend: str,
    samples: int,
    hardware: tuple[str, ...],
    config: Path | None,
    overrides: tuple[str, ...],
    resume: bool,
    device: Literal["cpu", "cuda", "auto"],
) -> None:
    """Train, export, run, profile and report.

    The whole test set runs in the fast simulator, some samples of it in Lava; for those, every spike and every readout
    voltage is compared with the training forward.  Exit code 1 if anything differs.  Energy and latency on a chip are
    modelled from exact activity.

    \b
    Example:
      lava-ahp deploy --task digits --out runs/demo
    """
    from lava_ahp import backends, profiler
    from lava_ahp.cli import _progress as progress
    from lava_ahp.workflow import deploy as steps
    from lava_ahp.workflow import train as training
    from lava_ahp.workflow.profile import DEFAULT_HARDWARE
    from lava_ahp.workflow.runs import Run

    for name in {"fast", backend}:
        backends.get(name)
    chips = [profiler.load_hardware(name) for name in hardware or DEFAULT_HARDWARE]
    run = Run(out)
    plan = training.plan(task, data, config=config, overrides=overrides)
    with progress.training() as follow:
        training.train(plan, run, resume=resume, device=device, command=options.typed(), progress=follow)
    result = steps.deploy(
        plan.task, run, backend=backend, samples=samples, hardware=chips, command=options.typed(),
        counting=progress.counting,
    )  # fmt: skip
    for line in result.lines():
        click.echo(line)
    if not result.exact:
        click.echo(f"lava-ahp: {result.first_difference}", err=True)
        sys.exit(CHECK_FAILED)
