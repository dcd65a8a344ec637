"""``lava-ahp profile``: energy and latency on a chip, beside an LSTM."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from lava_ahp.cli import _options as options


def _sizes(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    try:
        sizes = tuple(sorted({int(word) for word in value.split(",")}))
    except ValueError:
        sizes = ()
    if not sizes or sizes[0] < 1:
        raise click.BadParameter(f"found {value!r}, allowed whole numbers from 1 with commas between them")
    return sizes


@click.command()
@click.argument("network", type=options.FILE)
@click.option("--task", "task_name", help="Task to run on; by default the one that the file was trained for.")
@options.data
@click.option("--samples", type=click.IntRange(1), help="The first so many test samples; by default 200, or all.")
@click.option("--indices", type=options.FILE, help="Only the samples of this file: .npy, or numbers as text.")
@click.option("--hardware", multiple=True, metavar="NAME|FILE.toml",
              help="Chip, once or more; by default loihi1-davies2018 and loihi2.")  # fmt: skip
@click.option("--baseline", default="none", show_default=True, type=click.Choice(["lstm", "none"]),
              help="Measure the LSTM of the task on this machine.")  # fmt: skip
@click.option("--batches", callback=_sizes, help="Batch sizes of the baseline, 1,8,64; by default 1,2,4 up to 1024.")
@click.option(
    "--seconds", default=2.0, show_default=True, type=options.NumberRange(0.01, 600), help="At each batch size."
)
@click.option("--baseline-run", type=options.OUT_FOLDER, metavar="RUN",
              help="Run folder of a trained LSTM; without, its accuracy stays unknown.")  # fmt: skip
@click.option("--epochs", type=click.IntRange(1), help="Train the LSTM into --baseline-run first, so many epochs.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["cpu", "cuda", "auto"]),
              help="Where the baseline runs.")  # fmt: skip
@click.option("--measured", multiple=True, metavar="NAME|FILE.json",
              help="Show this measurement too: a chip run or a saved baseline.")  # fmt: skip
@click.option("--save-baseline", type=options.OUT_FILE, help="Save the baseline measured here, for --measured.")
@options.json_out
@click.option("--html", type=options.OUT_FILE, help="Write the report as one HTML page.")
def profile(
    network: Path,
    task_name: str | None,
    data: Path | None,
    samples: int | None,
    indices: Path | None,
    hardware: tuple[str, ...],
    baseline: str,
    batches: tuple[int, ...] | None,
    seconds: float,
    baseline_run: Path | None,
    epochs: int | None,
    device: Literal["cpu", "cuda", "auto"],
    measured: tuple[str, ...],
    save_baseline: Path | None,
    json_path: Path | None,
    html: Path | None,
) -> None:
    """Estimate energy and latency on a chip.

    From exact activity, and shown beside measurements.

    Without the task's data, the golden samples inside the file are run.

    \b
    Example:
      lava-ahp profile runs/demo/network.net --html profile.html
      lava-ahp profile lsnn.net --data mnist --hardware loihi1-sanafe --measured loihi1-lsnn-smnist
      lava-ahp profile runs/demo/network.net --baseline lstm --batches 1,64 --save-baseline laptop.json
      lava-ahp profile runs/demo/network.net --baseline lstm --baseline-run runs/lstm --epochs 30
    """
    if samples is not None and indices is not None:
        raise click.UsageError("--samples and --indices exclude each other")
    if baseline == "none" and (save_baseline or baseline_run):
        raise click.UsageError(f"{'--save-baseline' if save_baseline else '--baseline-run'} needs --baseline lstm")
    if epochs is not None and baseline_run is None:
        raise click.UsageError("--epochs needs --baseline-run, the folder to train into")
    from lava_ahp import netx, profiler
    from lava_ahp.cli import _progress as progress
    from lava_ahp.files import write_text
    from lava_ahp.profiler import measurement
    from lava_ahp.report import profile_page, profile_tables
    from lava_ahp.workflow import comparison
    from lava_ahp.workflow import profile as steps
    from lava_ahp.workflow.baseline import measure_lstm, train_lstm
    from lava_ahp.workflow.indices import read_indices
    from lava_ahp.workflow.runs import Run

    chips = [profiler.load_hardware(name) for name in hardware or steps.DEFAULT_HARDWARE]
    beside = [measurement.read(name) for name in measured]
    net = netx.read(network)
    index = None if indices is None else read_indices(indices)
    found = steps.stimulus(net, network, task_name=task_name, data=data, count=samples, indices=index)
    with progress.counting("profile", len(found.events)) as advance:
        result = steps.profile(net, network, found, chips, progress=advance)
    if baseline == "lstm":
        trained = None if baseline_run is None else Run(baseline_run)
        if epochs is not None and trained is not None:
            with progress.training() as follow:
                train_lstm(found.task, trained, epochs=epochs, device=device, command=options.typed(), progress=follow)
        lstm = measure_lstm(
            found.task, command=options.typed(), run=trained, device=device, batches=batches, seconds=seconds,
            say=progress.say,
        )  # fmt: skip
        beside.append(lstm)
        if save_baseline is not None:
            measurement.write(lstm, save_baseline)
    result = steps.beside(result, beside)
    summary = comparison.to_json(result)
    if str(json_path) != "-":
        profile_tables.show(summary)
    options.write_json(json_path, summary)
    if html is not None:
        write_text(html, profile_page.render(summary, options.typed()))
        if str(json_path) != "-":
            click.echo(f"report       {html}")
