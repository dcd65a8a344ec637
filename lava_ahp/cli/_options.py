"""Options that several commands share."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import click

from lava_ahp.cli._group import COMMAND
from lava_ahp.files import write_text


class NumberRange(click.FloatRange):
    """A range that not-a-number is outside of, as of every other range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{number} is not in the range {self._describe_range()}.", param, ctx)
        return number


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
OUT_FILE = click.Path(dir_okay=False, path_type=Path)
OUT_FOLDER = click.Path(file_okay=False, path_type=Path)

data = click.option(
    "--data",
    type=click.Path(exists=True, path_type=Path),
    help="The task's data: a directory with the original files, or one .npz file for timeseries.",
)
spikes = click.option(
    "--spikes",
    type=FILE,
    metavar="FILE.npz",
    help="Run on the input spikes in this file instead of a task: spikes (sample, time, channel), or times, channels, "
    "steps and samples or offsets; optionally labels.",
)
json_out = click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write the result as JSON to this file (- for stdout).",
)


def write_json(path: Path | None, result: dict[str, Any]) -> None:
    """Write a result where the user asked for it; nowhere for None."""
    if path is None:
        return
    text = json.dumps(result, indent=2) + "\n"
    if str(path) == "-":
        sys.stdout.write(text)
    else:
        write_text(path, text)


def typed() -> str:
    """The command as the user typed it, so that it can be typed again."""
    return str(click.get_current_context().find_root().meta[COMMAND])
