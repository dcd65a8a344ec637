"""Options that several commands share."""

from __future__ import annotations

import copy
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from lava_ahp import files
from lava_ahp.cli._group import COMMAND

F = TypeVar("F", bound=Callable[..., Any])


class NumberRange(click.FloatRange):
    """A range that not-a-number is outside of, as of every other range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{number} is not in the range {self._describe_range()}.", param, ctx)
        return number


class NetworkFile(click.Path):
    """A network file, or a run folder, which stands for its network.net."""

    def __init__(self) -> None:
        super().__init__(exists=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path of the file."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.is_dir():
            return path
        network = path / "network.net"
        if not network.is_file():
            self.fail(f"folder '{path}' holds no {network.name}; export it first (lava-ahp export {path})", param, ctx)
        return network


class TaskName(click.types.StringParamType):
    """The name of a task.  Tasks are imported, and unknown names are refused, only when they are needed."""

    name = "name"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """The names, shown where the option is missing."""
        return f"Choose from: {_task_names()}."


class TaskOption(click.Option):
    """An option whose help ends with the names of all tasks, those of other distributions included."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Option and help."""
        whole = copy.copy(self)
        whole.help = f"{self.help}  Tasks: {_task_names()}."
        return super(TaskOption, whole).get_help_record(ctx)


def _task_names() -> str:
    from lava_ahp import tasks

    return ", ".join(tasks.names())


def task(text: str, **options: Any) -> Callable[[F], F]:
    """The option ``--task``."""
    return click.option("--task", "task_name", cls=TaskOption, type=TaskName(), help=text, **options)


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NETWORK = NetworkFile()
OUT_FILE = click.Path(dir_okay=False, path_type=Path)
OUT_FOLDER = click.Path(file_okay=False, path_type=Path)

data = click.option(
    "--data",
    type=click.Path(exists=True, path_type=Path),
    help="The task's data: a directory with the original files; for timeseries, an .npz, .csv, .parquet or .h5 file, "
    "NAME_TRAIN.ts with NAME_TEST.ts beside it, or a folder of .wav files with one folder per class.",
)
spikes = click.option(
    "--spikes",
    type=FILE,
    metavar="FILE.npz",
    help="Run on the input spikes in this file instead of a task: spikes (sample, time, channel), or times, channels, "
    "steps and samples or offsets; optionally labels.",
)
indices = click.option(
    "--indices", type=FILE, help="Run only the samples listed in this file: a .npy array, or integers as text."
)
hardware = click.option(
    "--hardware",
    multiple=True,
    metavar="NAME|FILE.toml",
    help="Chip whose energy and latency to estimate; may be repeated.  Default: loihi1-davies2018 and loihi2.",
)
out_folder = click.option("--out", required=True, type=OUT_FOLDER, help="Folder for everything that the run writes.")
config = click.option("--config", type=FILE, help="TOML file with settings that replace the task's defaults.")
settings = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one setting, for example training.epochs=5; may be repeated.",
)
json_out = click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write the result as JSON to this file (- for stdout).",
)


def chip_host(command: F) -> F:
    """The options ``--partition`` and ``--board``, which stand before the environment."""
    for name, text in (("partition", "SLURM partition"), ("board", "SLURM node of the board")):
        command = click.option(
            f"--{name}",
            metavar="NAME",
            expose_value=False,
            callback=_to_environment,
            help=f"{text} for the backend loihi2; by default the environment's {name.upper()}.",
        )(command)
    return command


def _to_environment(_ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    # Lava's own tools take both from there.
    if value is not None and parameter.name is not None:
        os.environ[parameter.name.upper()] = value


def device(text: str) -> Callable[[F], F]:
    """The option ``--device``."""
    return click.option(
        "--device", default="auto", show_default=True, type=click.Choice(["cpu", "cuda", "auto"]), help=text
    )


def is_stdout(path: Path | None) -> bool:
    """Whether a result goes to stdout, which then holds nothing else."""
    return str(path) in ("-", "/dev/stdout")


def check_outputs(outputs: Mapping[str, Path | None], inputs: Iterable[str | Path | None]) -> None:
    """Check that no output replaces an input, another output, or the weights and records of a run.

    Args:
        outputs: files by option; None where the option is missing.
        inputs: files and folders that the command reads; None where an option is missing.

    Raises:
        DataError: an output that would.
    """
    from lava_ahp.workflow.runs import Run

    read = [Path(path) for path in inputs if path is not None]
    runs = [Run(path.parent) for path in read if path.name == "network.net"]
    kept = [file for run in runs if run.config.is_file() for file in run.files if file not in run.pages]
    files.check_outputs(
        {option: None if str(path) == "-" else path for option, path in outputs.items()}, [*read, *kept]
    )


def write_json(path: Path | None, result: dict[str, Any]) -> None:
    """Write a result where the user asked for it; nowhere for None."""
    if path is None:
        return
    text = json.dumps(result, indent=2) + "\n"
    if is_stdout(path):
        sys.stdout.write(text)
    else:
        files.write_text(path, text)


def echo(text: object, *, err: bool = False) -> None:
    """Print one line; the way of every text of a command, see :func:`lava_ahp.report.terminal.echo`."""
    from lava_ahp.report import terminal

    terminal.echo(text, err=err)


def typed() -> str:
    """The command as the user typed it, so that it can be typed again."""
    return str(click.get_current_context().find_root().meta[COMMAND])
