"""``lava-ahp ask``: a question about a story."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.backends import BACKENDS
from lava_ahp.cli import _options as options


@click.command()
@click.argument("network", type=options.NETWORK)
@click.argument("story", type=options.FILE)
@click.argument("question")
@click.option("--backend", default="fast", show_default=True, type=click.Choice(list(BACKENDS)),
              help="Engine that runs the network.")  # fmt: skip
@options.json_out
def ask(network: Path, story: Path, question: str, backend: str, json_path: Path | None) -> None:
    """Ask a network a question about a story.

    NETWORK is the file of a network for task babi, or a run folder with an exported one.  STORY is a text file with
    one sentence in a line.  The answer is printed, then the answers with the largest readouts.

    \b
    Example:
      lava-ahp ask runs/qa/network.net story.txt "Where is Mary?"
    """
    options.check_outputs({"--json": json_path}, [network, story])
    import lava_ahp

    found = lava_ahp.ask(network, story, question, backend=backend)
    options.write_json(json_path, found.to_json())
    if not options.is_stdout(json_path):
        for line in found.lines():
            options.echo(line)
