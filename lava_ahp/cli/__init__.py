"""The command line: it parses options, calls the public functions and prints the result."""

from __future__ import annotations

import click

import lava_ahp
from lava_ahp.cli import (
    ask,
    bench,
    bundle,
    deploy,
    doctor,
    export,
    import_lsnn,
    inspect,
    lower,
    nir,
    profile,
    run,
    sweep,
    train,
    vectors,
    verify,
)
from lava_ahp.cli._group import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(lava_ahp.__version__, prog_name="lava-ahp")
def main() -> None:
    """Train recurrent spiking networks with AHP neurons, export them, and run them with exactly the
    integers that Loihi computes.

    Exit codes: 0 success; 1 a check failed; 2 wrong usage or input; 3 a backend or device is missing.

    \b
    Example:
      lava-ahp deploy --task digits --out runs/demo
    """


for command in (
    deploy.deploy,
    train.train,
    sweep.sweep,
    export.export,
    run.run,
    ask.ask,
    verify.verify,
    profile.profile,
    inspect.inspect,
    import_lsnn.import_lsnn,
    nir.import_nir,
    nir.export_nir,
    lower.lower,
    bundle.bundle,
    vectors.vectors,
    bench.bench,
    doctor.doctor,
):
    main.add_command(command)
