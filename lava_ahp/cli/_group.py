"""The command group: an expected error becomes one or two lines on stderr and an exit code."""

from __future__ import annotations

import shlex
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from lava_ahp.errors import BackendUnavailable, DataWarning, LavaAHPError, cut, printable

#: Exit codes, beside 0 for done.
CHECK_FAILED, WRONG_INPUT, BACKEND_MISSING, INTERRUPTED = 1, 2, 3, 130

#: Characters of a message, which may quote a file.
MAX_MESSAGE = 2000

#: Where the context keeps the command as it was typed.
COMMAND = "lava_ahp.command"


class Group(click.Group):
    """Runs a command and turns errors that a user can fix into messages."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the command as it was typed, for manifests and reports."""
        ctx.meta[COMMAND] = shlex.join(["lava-ahp", *args])
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Invoke, and exit 2 for wrong input, 3 for a missing backend or device, 130 after Ctrl-C,
        129 after SIGHUP (a closed terminal) and 143 after SIGTERM.
        """
        from lava_ahp.report.terminal import show_warning

        try:
            with _ending_in_order(), warnings.catch_warnings():
                warnings.simplefilter("always", DataWarning)
                warnings.showwarning = show_warning
                return super().invoke(ctx)
        except BackendUnavailable as error:
            _fail(ctx, str(error), BACKEND_MISSING)
        except LavaAHPError as error:
            _fail(ctx, str(error), WRONG_INPUT)
        except BrokenPipeError:
            # The reader of the output has closed it; click ends quietly.
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            _fail(ctx, f"{where}{error.strerror or error}", WRONG_INPUT)
        except click.ClickException as error:
            # It quotes what was typed, for example a file name with control characters.
            error.message = cut(printable(error.message), MAX_MESSAGE)  # type: ignore[misc]
            raise
        except KeyboardInterrupt as error:
            advice = str(error)
            _fail(ctx, f"interrupted; {advice}" if advice else "interrupted", INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Commands in the order in which they are used, not of the alphabet."""
        return list(self.commands)


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let SIGHUP and SIGTERM end the block like an error, so that processes, shared memory and locks are given back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A signal that is ignored, as by nohup, or that the caller handles stays so.
    taken = [number for number in (signal.SIGHUP, signal.SIGTERM) if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _fail(ctx: click.Context, message: str, code: int) -> None:
    from lava_ahp.report.terminal import echo

    echo(f"lava-ahp: {cut(message, MAX_MESSAGE)}", err=True)
    ctx.exit(code)
