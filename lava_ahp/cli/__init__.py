"""The command line: it parses, calls and prints; what it calls does the work."""

from __future__ import annotations

import click

import lava_ahp
from lava_ahp.cli._group import Group
from lava_ahp.cli.bench import bench
from lava_ahp.cli.deploy import deploy
from lava_ahp.cli.doctor import doctor
from lava_ahp.cli.export import export
from lava_ahp.cli.import_lsnn import import_lsnn
from lava_ahp.cli.inspect import inspect
from lava_ahp.cli.profile import profile
from lava_ahp.cli.run import run
from lava_ahp.cli.train import train
from lava_ahp.cli.verify import verify


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(lava_ahp.__version__, prog_name="lava-ahp")
def main() -> None:
    """Train recurrent spiking networks with AHP neurons, export them, and run them bit for bit as Loihi would.

    Exit codes: 0 done, 1 the check failed, 2 wrong use or input, 3 a backend or device is missing.

    \b
    Example:
      lava-ahp deploy --task digits --out runs/demo
    """


for command in (deploy, train, export, run, verify, profile, inspect, import_lsnn, bench, doctor):
    main.add_command(command)
