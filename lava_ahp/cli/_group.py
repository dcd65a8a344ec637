"""The command group: an expected error becomes one or two lines on stderr and an exit code."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Callable
from typing import Any

import click

from lava_ahp.errors import BackendUnavailable, DataWarning, LavaAHPError

#: Exit codes, beside 0 for done.
CHECK_FAILED, WRONG_INPUT, BACKEND_MISSING, INTERRUPTED = 1, 2, 3, 130


#: Where the context keeps the command as it was typed.
COMMAND = "lava_ahp.command"


class Group(click.Group):
    """Runs a command and turns errors that a user can fix into messages."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the command as it was typed, for manifests and reports."""
        ctx.meta[COMMAND] = shlex.join(["lava-ahp", *args])
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Invoke, and exit 2 for wrong input, 3 for a missing backend or device, 130 after Ctrl-C."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always", DataWarning)
                warnings.showwarning = _show(warnings.showwarning)
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
        except KeyboardInterrupt:
            _fail(ctx, "interrupted; saved files are kept (continue with train --resume)", INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Commands in the order in which they are used, not of the alphabet."""
        return list(self.commands)


def _show(otherwise: Callable[..., None]) -> Callable[..., None]:
    """What takes the place of ``warnings.showwarning``: our own warnings in one line, others as before."""

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, DataWarning):
            click.echo(f"lava-ahp: warning: {message}", err=True)
        else:
            otherwise(message, category, *where, **more)

    return show


def _fail(ctx: click.Context, message: str, code: int) -> None:
    click.echo(f"lava-ahp: {message}", err=True)
    ctx.exit(code)
