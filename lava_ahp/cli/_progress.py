"""Progress on long work: a bar on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
