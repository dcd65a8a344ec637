"""``lava-ahp bench``: how fast, as a ratio in one run on one machine."""

from __future__ import annotations

from pathlib import Path

import click

from lava_ahp.cli import _options as options


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
@click.option("--batch", type=click.IntRange(1), help="Batch size.  Default: 128; on a GPU, 1 to 1024 in turn.")
@click.option("--steps", default=840, show_default=True, type=click.IntRange(1), help="Time steps per sample.")
@click.option(
    "--repeats", default=5, show_default=True, type=click.IntRange(1), help="Rounds, in turns; medians are reported."
)
@click.option("--threads", type=click.IntRange(1), help="Threads of all three; by default as many as torch takes.")
@options.json_out
def training(
    device: str, batch: int | None, steps: int, repeats: int, threads: int | None, json_path: Path | None
) -> None:
    """One optimisation step, forward and backward, against torch's LSTM and lava-dl's ALIF block.

    Each has 80 inputs and 240 recurrent neurons; ours also has 10 readouts.  Compilation is not timed.

    \b
    Example:
      lava-ahp bench training
      lava-ahp bench training --batch 64 --steps 200 --json bench.json
      lava-ahp bench training --device cuda
    """
    from lava_ahp.bench import training as cpu
    from lava_ahp.bench import training_gpu as gpu
    from lava_ahp.report.progress import Terminal

    result: cpu.TrainingBench | gpu.GpuTrainingBench
    if device == "cuda":
        if threads is not None:
            raise click.UsageError("--threads counts on a CPU; leave it out with --device cuda")
        batches = gpu.BATCHES if batch is None else (batch,)
        result = gpu.measure(gpu.device(), batches=batches, steps=steps, repeats=repeats, progress=Terminal().say)
    else:
        result = cpu.measure(batch=batch or 128, steps=steps, repeats=repeats, threads=threads, progress=Terminal().say)
    options.write_json(json_path, result.to_json())
    if not options.is_stdout(json_path):
        for line in result.lines():
            options.echo(line)
