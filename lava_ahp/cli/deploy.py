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
@options.task("Task to train for.  Of the built-in ones, digits and babi need no --data.", required=True)
@options.data
@options.out_folder
@click.option("--backend", type=click.Choice(list(BACKENDS)),
              help="Backend of the samples that are compared with training.  Default: Lava, if installed.")  # fmt: skip
@click.option(
    "--samples",
    default=30,
    show_default=True,
    type=click.IntRange(1),
    help="Number of test samples to compare with training.",
)
@options.hardware
@options.config
@options.settings
@click.option("--resume", is_flag=True, help="Continue the run in the folder.")
@options.device("Where to train; auto uses a GPU if there is one.")
def deploy(
    task_name: str,
    data: Path | None,
    out: Path,
    backend: str | None,
    samples: int,
    hardware: tuple[str, ...],
    config: Path | None,
    overrides: tuple[str, ...],
    resume: bool,
    device: Literal["cpu", "cuda", "auto"],
) -> None:
    """Train, export, run, profile and report.

    The whole test set runs in the fast simulator, and some samples also run in Lava.  Their spikes and readout voltages
    must equal the forward pass of training: exit code 1 if anything differs.  Energy and latency on a chip are modelled
    from the exact activity.

    \b
    Example:
      lava-ahp deploy --task digits --out runs/demo
    """
    import lava_ahp

    chosen = {"hardware": hardware} if hardware else {}
    result = lava_ahp.deploy(
        task_name, data=data, out=out, config=config, settings=overrides, backend=backend, samples=samples,
        resume=resume, device=device, command=options.typed(), progress=True, **chosen,
    )  # fmt: skip
    for line in result.lines():
        options.echo(line)
    if not result.exact:
        options.echo(f"lava-ahp: {result.first_difference}", err=True)
        sys.exit(CHECK_FAILED)
