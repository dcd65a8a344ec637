"""``lava-ahp bench``: how fast, as a ratio in one run on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lava_ahp.cli import _options as options

if TYPE_CHECKING:
    from lava_ahp.bench.training_babi import StoryBench


@click.group()
def bench() -> None:
    """Compare the speed with other engines.

    Everything is measured in one run on this machine, so the ratios are comparable.

    \b
    Example:
      lava-ahp bench simulator --json bench.json
    """


@bench.command()
@click.option("--network", type=options.FILE, help="A network file; by default a generated one of 80-240-10 neurons.")
@click.option("--steps", default=840, show_default=True, type=click.IntRange(1), help="Steps per sample.")
@click.option("--samples", default=400, show_default=True, type=click.IntRange(1), help="Samples in the simulator.")
@click.option(
    "--lava-samples", default=3, show_default=True, type=click.IntRange(1), help="Samples to run in Lava as well."
)
@click.option("--threads", type=click.IntRange(1), help="Threads of the simulator; by default every core.")
@options.json_out
def simulator(
    network: Path | None, steps: int, samples: int, lava_samples: int, threads: int | None, json_path: Path | None
) -> None:
    """The fast simulator against Lava, and against Brian2 where that is installed.

    Both run the same network and input, and their outputs are compared value by value.  Start-up and compilation are
    not timed.  The shortest of several runs counts.

    \b
    Example:
      lava-ahp bench simulator
      lava-ahp bench simulator --network lsnn.net --json bench.json
    """
    options.check_outputs({"--json": json_path}, [network])
    import lava_ahp
    from lava_ahp.bench.simulator import measure
    from lava_ahp.report.progress import Terminal

    result = measure(
        None if network is None else lava_ahp.read(network),
        steps=steps,
        samples=samples,
        lava_samples=lava_samples,
        threads=threads,
        progress=Terminal().say,
    )
    options.write_json(json_path, result.to_json())
    if not options.is_stdout(json_path):
        for line in result.lines():
            options.echo(line)


@bench.command()
@click.option(
    "--device",
    default="cpu",
    show_default=True,
    type=click.Choice(["cpu", "cuda"]),
    help="On a GPU: against cuDNN's LSTM, over batch sizes.",
)
@click.option("--batch", type=click.IntRange(1),
              help="Batch size.  Default: 128; on a GPU, 1 to 1024 in turn; 64 with --task.")  # fmt: skip
@click.option("--steps", type=click.IntRange(1), help="Time steps per sample.  Default: 840.")
@click.option(
    "--repeats", default=5, show_default=True, type=click.IntRange(1), help="Rounds, in turns; medians are reported."
)
@click.option("--threads", type=click.IntRange(1),
              help="Threads of all.  Default: as many as torch takes; 1 with --task.")  # fmt: skip
@click.option("--task", "task_name", type=click.Choice(["babi"]),
              help="The relational network for stories, against one of LSTMs of the same sizes.")  # fmt: skip
@click.option("--task-number", "numbers", multiple=True, type=click.IntRange(1, 20), metavar="N",
              help="bAbI task to train on; may be repeated.  Default: 1 and 2; without --data, 1.")  # fmt: skip
@click.option(
    "--data", type=options.FOLDER, help="Folder of the bAbI files, with --task; by default generated stories."
)
@options.json_out
def training(
    device: str,
    batch: int | None,
    steps: int | None,
    repeats: int,
    threads: int | None,
    task_name: str | None,
    numbers: tuple[int, ...],
    data: Path | None,
    json_path: Path | None,
) -> None:
    """One optimisation step, forward and backward, against torch's LSTM and lava-dl's ALIF block.

    Each has 80 inputs and 240 recurrent neurons; ours also has 10 readouts.  Compilation is not timed.

    With --task babi: one step of training the relational network on stories, against the relational network of LSTMs,
    in processor time.

    \b
    Example:
      lava-ahp bench training
      lava-ahp bench training --batch 64 --steps 200 --json bench.json
      lava-ahp bench training --device cuda
      lava-ahp bench training --task babi --data DIR --repeats 20
    """
    if task_name is None and (numbers or data is not None):
        raise click.UsageError(f"{'--task-number' if numbers else '--data'} needs --task babi")
    if task_name is not None and (steps is not None or device != "cpu"):
        raise click.UsageError(f"--task excludes {'--steps' if steps is not None else '--device cuda'}")
    options.check_outputs({"--json": json_path}, [data])
    from lava_ahp.bench import training as cpu
    from lava_ahp.bench import training_gpu as gpu
    from lava_ahp.report.progress import Terminal

    result: cpu.TrainingBench | gpu.GpuTrainingBench | StoryBench
    if task_name is not None:
        from lava_ahp.bench import training_babi as stories

        chosen = numbers or ((1,) if data is None else (1, 2))
        result = stories.measure(
            data, chosen, batch=batch or 64, repeats=repeats, threads=threads or 1, progress=Terminal().say
        )
    elif device == "cuda":
        if threads is not None:
            raise click.UsageError("--threads counts on a CPU; leave it out with --device cuda")
        batches = gpu.BATCHES if batch is None else (batch,)
        result = gpu.measure(
            gpu.device(), batches=batches, steps=steps or 840, repeats=repeats, progress=Terminal().say
        )
    else:
        result = cpu.measure(
            batch=batch or 128, steps=steps or 840, repeats=repeats, threads=threads, progress=Terminal().say
        )
    options.write_json(json_path, result.to_json())
    if not options.is_stdout(json_path):
        for line in result.lines():
            options.echo(line)
