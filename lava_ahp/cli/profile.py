"""``lava-ahp profile``: energy and latency on a chip, beside an LSTM."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from lava_ahp.cli import _options as options
from lava_ahp.errors import shorten


def _sizes(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    try:
        sizes = tuple(sorted({int(word) for word in value.split(",")}))
    except ValueError:
        sizes = ()
    if not sizes or sizes[0] < 1:
        raise click.BadParameter(f"found {shorten(value)}, allowed whole numbers from 1 with commas between them")
    return sizes


def _files_of(run: Path | None) -> tuple[Path, ...]:
    if run is None:
        return ()
    from lava_ahp.workflow.runs import Run

    return Run(run).files


@click.command()
@click.argument("network", type=options.NETWORK)
@options.task("Task to run on; by default the one that the file was trained for.")
@options.data
@options.spikes
@click.option(
    "--samples",
    type=click.IntRange(1),
    metavar="N",
    help="Run only the first N test samples.  Default: 200, or all if there are fewer.",
)
@options.indices
@options.hardware
@click.option("--baseline", default="none", show_default=True, type=click.Choice(["lstm", "none"]),
              help="Measure an LSTM for the task on this machine.")  # fmt: skip
@click.option(
    "--batches",
    callback=_sizes,
    help="Batch sizes for the baseline, such as 1,8,64.  Default: powers of two from 1 to 1024.",
)
@click.option(
    "--seconds",
    default=2.0,
    show_default=True,
    type=options.NumberRange(0.01, 600),
    help="Measuring time at each batch size.",
)
@click.option("--baseline-run", type=options.OUT_FOLDER, metavar="RUN",
              help="Run folder of a trained LSTM.  Without it, the accuracy of the baseline is unknown.")  # fmt: skip
@click.option(
    "--epochs", type=click.IntRange(1), metavar="N", help="First train the LSTM for N epochs, into --baseline-run."
)
@options.device("Where the baseline runs.")
@click.option("--measured", multiple=True, metavar="NAME|FILE.json",
              help="Add this measurement for comparison: a chip run or a saved baseline.")  # fmt: skip
@click.option("--save-baseline", type=options.OUT_FILE, help="Save the baseline measured here, for --measured.")
@options.json_out
@click.option("--html", type=options.OUT_FILE, help="Write the report as one HTML page.")
def profile(
    network: Path,
    task_name: str | None,
    data: Path | None,
    spikes: Path | None,
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

    NETWORK is a network file, or a run folder with an exported network.

    The estimate uses the exact activity and is shown next to measurements.  Without the task's data, the golden samples
    in the file are used.

    \b
    Example:
      lava-ahp profile runs/demo/network.net --html profile.html
      lava-ahp profile other.net --spikes spikes.npz
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
    if spikes is not None and (task_name is not None or data is not None or baseline == "lstm"):
        raise click.UsageError("--spikes excludes --task, --data and --baseline lstm, which need a task")
    options.check_outputs(
        {"--json": json_path, "--html": html, "--save-baseline": save_baseline},
        [network, indices, data, spikes, *hardware, *measured, *_files_of(baseline_run)],
    )
    import lava_ahp
    from lava_ahp.report.profile_terminal import show_profile
    from lava_ahp.workflow.spikes import profile_spikes

    lstm = None
    if baseline == "lstm":
        lstm = lava_ahp.LSTMBaseline(baseline_run, epochs, device, batches, seconds)
    chips = {"hardware": hardware} if hardware else {}
    if spikes is not None:
        result = profile_spikes(
            network, spikes, samples=samples, indices=indices, measured=measured, command=options.typed(),
            progress=True, **chips,
        )  # fmt: skip
    else:
        result = lava_ahp.profile(
            network, task=task_name, data=data, samples=samples,
            indices=indices, measured=measured, baseline=lstm,
            command=options.typed(), progress=True, **chips,
        )  # fmt: skip
    if save_baseline is not None:
        result.save_baseline(save_baseline)
    summary = result.to_json()
    # Everything is written before anything is printed, so that a terminal that fails loses no result.
    options.write_json(json_path, summary)
    if html is not None:
        result.save(html_path=html)
    if not options.is_stdout(json_path):
        show_profile(summary)
        if html is not None:
            options.echo(f"report       {html}")
