"""``lava-ahp verify``: the file against its own record, and the engines against one another."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lava_ahp.cli import _options as options
from lava_ahp.cli._group import CHECK_FAILED


@click.command()
@click.argument("network", type=options.FILE)
@click.option("--samples", type=click.IntRange(1), help="Only so many of the file's golden samples.")
@options.json_out
def verify(network: Path, samples: int | None, json_path: Path | None) -> None:
    """Compare a file with its record, in every engine.

    The golden samples in the file are replayed in the readable arithmetic, the fast simulator and Lava, and compared
    with the record; the engines are compared with one another on those and on random spikes.  Exit code 1 and the
    first difference (sample, step, population, neuron, state) if anything differs.

    \b
    Example:
      lava-ahp verify runs/demo/network.net
    """
    from lava_ahp import netx
    from lava_ahp.proof import verify as check
    from lava_ahp.report.progress import Terminal

    net = netx.read(network)
    golden = netx.read_golden(network)
    checks = check(net, golden, samples=samples, progress=Terminal().say).checks
    failed = [c for c in checks if not c.passed]
    if str(json_path) != "-":
        for c in checks:
            mark = "equal" if c.passed else "DIFFERENT"
            click.echo(f"{c.name:32} {mark:10} {c.samples} samples, {c.steps} steps, {c.values} values")
        if golden is None:
            click.echo("the file has no golden samples: only the engines were compared")
    options.write_json(
        json_path,
        {
            "passed": not failed,
            "golden": golden is not None,
            "checks": [
                {"name": c.name, "passed": c.passed, "samples": c.samples, "steps": c.steps, "values": c.values}
                | ({"difference": str(c.difference)} if c.difference else {})
                for c in checks
            ],
        },
    )
    if failed:
        click.echo(f"lava-ahp: {network}: {failed[0].name} fails at {failed[0].difference}", err=True)
        sys.exit(CHECK_FAILED)
