"""The way of every text to the terminal: names in files are untrusted, and some terminals know few characters."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from lava_ahp.errors import DataWarning, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: What our own texts use beyond ASCII, for a stream that is limited to it.
_ASCII = str.maketrans({"\u00a0": " ", "µ": "u", "…": "..."})


def echo(text: object = "", *, err: bool = False) -> None:
    """Print one line.  Line breaks and control characters in it are printed as escapes such as ``\\x1b``.

    Args:
        text: what to print.
        err: print to stderr instead of stdout.
    """
    _write(f"{printable(text)}\n", sys.stderr if err else sys.stdout)


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning as :func:`echo` would; takes the place of ``warnings.showwarning``.

    Our own warnings are for users and take one line; others keep their place in the code.
    """
    if issubclass(category, DataWarning):
        _write(f"lava-ahp: warning: {printable(message)}\n", file or sys.stderr)
        return
    for shown in warnings.formatwarning(message, category, filename, lineno, line).splitlines():
        _write(f"{printable(shown)}\n", file or sys.stderr)


def literal(value: object, style: str = "") -> Text:
    """A value as a text of rich in which neither markup nor control characters are interpreted.

    ``[bold]`` is printed as it is, and an escape character as ``\\x1b``.

    Args:
        value: what to print.
        style: style of rich, for example ``bold``.
    """
    from rich.text import Text

    return Text(printable(value), style=style)


@contextmanager
def screen() -> Iterator[Console]:
    """A console of rich for tables; what it prints appears on stdout at the end of the block.

    Text that may come from a file must be wrapped in :func:`literal`.
    """
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        yield console
    _write(captured.get(), sys.stdout)


def _write(text: str, stream: TextIO) -> None:
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
    stream.write(text)
    stream.flush()
