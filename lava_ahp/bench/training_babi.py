"""One optimisation step of the spiking relational network and of the one of LSTMs: same stories, sizes and process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from lava_ahp import tasks
from lava_ahp.bench.training import SEED, Step, in_turns, median_ratio
from lava_ahp.errors import DataError
from lava_ahp.slayer.kernels import cpu
from lava_ahp.slayer.kernels.denormals import denormals_as_zero
from lava_ahp.tasks import Task, babi
from lava_ahp.training import StorySplit, TrainConfig
from lava_ahp.training.batches import Batches, Part
from lava_ahp.training.module import Training


@dataclass(frozen=True)
class Row:
    """Processor time of one step of a task, in seconds.

    Times and the ratio are medians over the rounds; a ratio is taken within a round, and says how many times faster
    the spiking network is.  ``sentences`` and ``words`` are the slots of a story and of a sentence, ``steps`` the time
    steps of a story; ``firing_rate`` is the mean over all hidden neurons.
    """

    task: str
    sentences: int
    words: int
    steps: int
    firing_rate: float
    seconds: float
    lstm_seconds: float
    ratio_lstm: float


@dataclass(frozen=True)
class StoryBench:
    """Measurements of several tasks.  ``encoder``, ``g`` and ``f`` are the sizes of both networks' layers."""

    batch: int
    encoder: int
    g: tuple[int, ...]
    f: tuple[int, ...]
    threads: int
    repeats: int
    rows: tuple[Row, ...]

    def lines(self) -> Iterator[str]:
        """The table for the terminal."""
        sizes = f"encoder {self.encoder}, g {'-'.join(map(str, self.g))}, f {'-'.join(map(str, self.f))}"
        threads = f"{self.threads} thread{'s' * (self.threads > 1)}"
        yield f"{sizes}, batch {self.batch}, {threads}, median of {self.repeats} rounds, one step, processor time"
        heads = f"{'task':>5} {'sentences':>10} {'steps':>6} {'firing':>8}"
        yield f"{heads} {'AHP, ms':>9} {'LSTM, ms':>9} {'times ours':>11}"
        for row in self.rows:
            yield (
                f"{row.task:>5} {row.sentences:10} {row.steps:6} {100 * row.firing_rate:6.1f} % "
                f"{1e3 * row.seconds:9.1f} {1e3 * row.lstm_seconds:9.1f} {row.ratio_lstm:10.2f}x"
            )

    def to_json(self) -> dict[str, Any]:
        """The keys of ``bench training --task babi --json``."""
        return asdict(self)


def measure(
    data: Path | None,
    numbers: Sequence[int],
    *,
    batch: int,
    repeats: int,
    threads: int,
    progress: Callable[[str], None],
) -> StoryBench:
    """Measure both networks in turns, task by task, each from random weights.

    A step is one of training: gather the batch, forward, loss with its rate penalty, backward, clip, Adam, clamp.

    Args:
        data: folder of the bAbI files; None for the generator.
        numbers: of the tasks.
        batch: stories.
        repeats: rounds.  Each round measures one step of each, on the same stories.
        threads: threads of the kernels; torch has one, as in training.
        progress: called with a line before every warm-up and every round.

    Raises:
        DataError: a task that is not in the data, or that has fewer stories than a batch.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with cpu.torch_on_one_thread(), denormals_as_zero(), torch.random.fork_rng():
            rows = [_row(data, number, batch, repeats, progress) for number in numbers]
    finally:
        torch.set_num_threads(before)
    sizes: Any = _config(numbers[0], None).model
    return StoryBench(batch, sizes.encoder, sizes.g, sizes.f, threads, repeats, tuple(rows))


def _config(number: int, model: str | None) -> TrainConfig:
    kind = tasks.model_for(babi.NAME, model)
    return TrainConfig.make(babi.NAME, model=kind, overrides={"task.tasks": [number]})


def _row(data: Path | None, number: int, batch: int, repeats: int, progress: Callable[[str], None]) -> Row:
    task = tasks.load_task(babi.NAME, data, settings=_config(number, None).task.settings)
    name = task.group_names[0]
    if task.size("train") < batch:
        raise DataError(f"batch: found {batch}, allowed 1..{task.size('train')}, the training questions of {name}")
    ours, module = _step(task, _config(number, None), batch)
    lstm, _ = _step(task, _config(number, "lstm"), batch)
    seconds, lstm_seconds = in_turns({"AHP": ours, "LSTM": lstm}, repeats, lambda line: progress(f"{name}, {line}"))
    with torch.no_grad():
        counts = module.model(_split(task).select(np.arange(batch)).tensor()).counts.values()
    code: Any = task.encoder
    return Row(
        task=name,
        sentences=code.sentences,
        words=code.words,
        steps=task.steps,
        firing_rate=float(torch.cat([count.spikes / count.updates for count in counts]).mean()),
        seconds=median(seconds),
        lstm_seconds=median(lstm_seconds),
        ratio_lstm=median_ratio(lstm_seconds, seconds),
    )


def _split(task: Task) -> StorySplit:
    return StorySplit(task.signals["train"], task.labels["train"], task.encoder)


def _step(task: Task, config: TrainConfig, batch: int) -> tuple[Step, Training]:
    """One step of training on the next batch."""
    split = _split(task)
    order = np.random.default_rng(SEED).permutation(len(split))[: len(split) // batch * batch]
    batches = Batches(split, batch, Part(), order)
    model = config.model.build(task.channels, task.classes, torch.Generator().manual_seed(SEED), task.encoder)
    model.calibrate(lambda: next(iter(batches)).read)
    module = Training(model, config.training, lambda _: split, split, task.readout_steps)
    optimizer = module.configure_optimizers()
    source = cycle(batches)

    def step() -> float:
        start = time.process_time()
        optimizer.zero_grad()
        torch.autograd.backward(module.loss(next(source)))
        torch.nn.utils.clip_grad_norm_(module.parameters(), config.training.gradient_clip)
        optimizer.step()
        model.clamp()
        return time.process_time() - start

    return step, module
