"""Progress of long work on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from lava_ahp.errors import printable
from lava_ahp.report.terminal import echo

if TYPE_CHECKING:
    from lava_ahp.training import Epoch, Progress

#: Seconds between two plain lines.
_EVERY_S = 10.0


class Reporter(Protocol):
    """What long work reports to."""

    def counting(self, title: str, total: int, unit: str = "samples") -> AbstractContextManager[Callable[[int], None]]:
        """Yields a function to call with the number of items just finished."""

    def training(self) -> AbstractContextManager[Progress | None]:
        """Yields what follows a training run."""

    def say(self, text: str) -> None:
        """One line of progress."""


def reporter(progress: bool | Reporter) -> Reporter:
    """The reporter that a caller asks for: True for the terminal, False for none."""
    if isinstance(progress, bool):
        return Terminal() if progress else Silent()
    return progress


class Silent:
    """Reports nothing."""

    @contextmanager
    def counting(self, *_: object, **__: object) -> Iterator[Callable[[int], None]]:
        """Yields a function that does nothing."""
        yield lambda _: None

    @contextmanager
    def training(self) -> Iterator[None]:
        """Yields nothing."""
        yield None

    def say(self, text: str) -> None:
        """Nothing."""


class Terminal:
    """Reports on stderr."""

    @contextmanager
    def counting(self, title: str, total: int, unit: str = "samples") -> Iterator[Callable[[int], None]]:
        """Yields a function to call with the number of items just finished."""
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            with Progress(
                TextColumn("{task.description}", markup=False), *columns, console=Console(stderr=True), transient=True
            ) as bar:
                task = bar.add_task(printable(title), total=total)
                yield lambda n: bar.update(task, advance=n)
            return
        done, last = 0, time.monotonic()

        def add(n: int) -> None:
            nonlocal done, last
            done += n
            if done >= total or time.monotonic() - last > _EVERY_S:
                last = time.monotonic()
                self.say(f"{title}: {done}/{total} {unit}")

        yield add

    @contextmanager
    def training(self) -> Iterator[_Bar | _Lines]:
        """Yields what follows a training run."""
        if not sys.stderr.isatty():
            yield _Lines(self.say)
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.table import Column

        # The figures wrap on a narrow terminal; by default they would be cut off.
        figures = TextColumn("{task.description}", markup=False, table_column=Column())
        columns = (figures, BarColumn(20), TextColumn("{task.completed:.0f}/{task.total}"))
        bar = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
        try:
            yield _Bar(bar)
        finally:
            bar.stop()

    def say(self, text: str) -> None:
        """One line."""
        echo(text, err=True)


class _Lines:
    """Follows a training run with a line now and then."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._epochs, self._last = say, 0, 0.0

    def start(self, epochs: int, done: int) -> None:
        self._epochs = epochs
        if done:
            self._say(f"training: resuming after {done} of {epochs} epochs")

    def batch(self, done: int, batches: int) -> None:
        """Nothing: there is one line per epoch."""

    def epoch(self, epoch: Epoch) -> None:
        if epoch.epoch < self._epochs and time.monotonic() - self._last < _EVERY_S:
            return
        self._last = time.monotonic()
        self._say(f"training: epoch {epoch.epoch}/{self._epochs}  {_describe(epoch)}")

    def stopped(self, epochs: int, best: int) -> None:
        self._say(_stopped(epochs, best))


class _Bar:
    """Follows a training run with a bar over all epochs, which appears once training starts and in one process only."""

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
    return f"training: stopped early after epoch {epochs}: no improvement since epoch {best}"


def _describe(epoch: Epoch) -> str:
    if epoch.score == "accuracy":
        scores = f"right {100 * epoch.accuracy:.1f} %, validation {100 * epoch.validation_accuracy:.1f} %"
    else:
        scores = f"R2 {epoch.accuracy:.3f}, validation {epoch.validation_accuracy:.3f}"
    learned = f"loss {epoch.loss:.3f}, {scores}"
    spiked = f", firing {100 * epoch.rate:.1f} %, {epoch.synops:,.0f} synops" if epoch.rate else ""
    return learned + spiked
