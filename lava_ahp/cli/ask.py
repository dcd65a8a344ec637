"""``lava-ahp ask``: a question about a story."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.backends import BACKENDS
from lava_ahp.cli import _options as options


@click.command()
@click.argument("network", type=options.NETWORK)
@click.argument("story", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.argument("question")
@click.option("--backend", default="fast", show_default=True, type=click.Choice(list(BACKENDS)),
              help="Engine that runs the network.")  # fmt: skip
@click.option("--top", default=3, show_default=True, type=click.IntRange(1), metavar="N", help="Answers to print.")
@options.json_out
@click.option("--html", type=options.OUT_FILE, help="Write a page that shows how the network came to its answer.")
def ask(
    network: Path, story: Path, question: str, backend: str, top: int, json_path: Path | None, html: Path | None
) -> None:
    """Ask a network a question about a story.

    NETWORK is a network file, or a run folder with an exported network, trained for stories.  STORY is a text file with
    one sentence per line, with or without the line numbers of bAbI's files; - reads it from stdin.

    \b
    Example:
      lava-ahp ask runs/qa story.txt "Where is Mary?"
      printf 'Mary ran to the attic.\\nJohn ran to the cellar.\\n' | lava-ahp ask qa.net - "Where is Mary?"
      lava-ahp ask runs/qa story.txt "Where is Mary?" --top 5 --html answer.html --json -
    """
    options.check_outputs({"--json": json_path, "--html": html}, [network, None if str(story) == "-" else story])
    import lava_ahp
    from lava_ahp.files.parsing import read_stdin
    from lava_ahp.tasks.babi.told import MAX_BYTES

    told = read_stdin(MAX_BYTES) if str(story) == "-" else story
    found = lava_ahp.ask(network, told, question, backend=backend, command=options.typed())
    options.write_json(json_path, found.to_json())
    if html is not None:
        found.save(html_path=html)
    if not options.is_stdout(json_path):
        for line in found.lines(top):
            options.echo(line)
        if html is not None:
            options.echo(f"report  {html}")
