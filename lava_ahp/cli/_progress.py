"""Progress on long work: a bar on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lava_ahp.training import Epoch

#: Seconds between two plain lines.
_EVERY_S = 10.0


@contextmanager
def counting(title: str, total: int, unit: str = "samples") -> Iterator[Callable[[int], None]]:
    """Yields a function to call with the number of items just finished."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=total)
            yield lambda n: bar.update(task, advance=n)
        return
    done, last = 0, time.monotonic()

    def advance(n: int) -> None:
        nonlocal done, last
        done += n
        if done >= total or time.monotonic() - last > _EVERY_S:
            last = time.monotonic()
            print(f"{title}: {done}/{total} {unit}", file=sys.stderr, flush=True)

    yield advance


def say(text: str) -> None:
    """One line of progress."""
    print(text, file=sys.stderr, flush=True)


class _Lines:
    """Follows a training run with a line now and then."""

    def __init__(self) -> None:
        self._epochs, self._last = 0, 0.0

    def start(self, epochs: int, done: int) -> None:
        self._epochs = epochs
        if done:
            say(f"training: {done} of {epochs} epochs done before")

    def batch(self, done: int, batches: int) -> None:
        """Lines are for epochs."""

    def epoch(self, epoch: Epoch) -> None:
        if epoch.epoch < self._epochs and time.monotonic() - self._last < _EVERY_S:
            return
        self._last = time.monotonic()
        say(f"training: epoch {epoch.epoch}/{self._epochs}  {_describe(epoch)}")

    def stopped(self, epochs: int, best: int) -> None:
        say(_stopped(epochs, best))


class _Bar:
    """Follows a training run with a bar over all epochs; it shows once training starts, and in one process alone."""

    def __init__(self, bar: Any) -> None:
        self._bar, self._done = bar, 0

    def start(self, epochs: int, done: int) -> None:
        self._done = done
        self._task = self._bar.add_task("training", total=epochs, completed=done)
        self._bar.start()

    def batch(self, done: int, batches: int) -> None:
        self._bar.update(self._task, completed=self._done + done / batches)

    def epoch(self, epoch: Epoch) -> None:
        self._done = epoch.epoch
        self._bar.update(self._task, completed=epoch.epoch, description=f"training  {_describe(epoch)}")

    def stopped(self, epochs: int, best: int) -> None:
        self._bar.console.print(_stopped(epochs, best))


def _stopped(epochs: int, best: int) -> str:
    return f"training: stopped early after epoch {epochs}, as none since epoch {best} was better"


def _describe(epoch: Epoch) -> str:
    accuracy, validation = 100 * epoch.accuracy, 100 * epoch.validation_accuracy
    learned = f"loss {epoch.loss:.3f}, right {accuracy:.1f} %, validation {validation:.1f} %"
    spiked = f", firing {100 * epoch.rate:.1f} %, {epoch.synops:,.0f} synops" if epoch.rate else ""
    return learned + spiked


@contextmanager
def training() -> Iterator[_Bar | _Lines]:
    """Yields what follows a training run."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    # The figures wrap where the terminal is narrow; by default they would be cut off.
    figures = TextColumn("{task.description}", table_column=Column())
    columns = (figures, BarColumn(20), TextColumn("{task.completed:.0f}/{task.total}"))
    bar = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
    try:
        yield _Bar(bar)
    finally:
        bar.stop()
