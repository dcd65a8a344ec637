"""Errors that a user can fix, and how their messages quote what was found.

The command line turns each error into an exit code.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from difflib import get_close_matches

#: Groups a value with its unit.  ``str.isprintable`` does not allow it.
_NO_BREAK_SPACE = "\u00a0"
#: Integers above this size are described, not quoted: Python refuses to print very large ones.
_MAX_BITS = 200


class LavaAHPError(Exception):
    """Base of every expected error.  Its text names the object, what was found, what is allowed, and the fix."""


class SpecError(LavaAHPError, ValueError):
    """A network, population, connection, stimulus or trace that is not valid."""


class NetFormatError(LavaAHPError, ValueError):
    """A file that is damaged, or not a network file of lava-ahp or lava-dl."""


class DataError(LavaAHPError, ValueError):
    """Data, labels or a configuration that a task cannot use."""


class Diverged(DataError):
    """A training whose loss or weights are no longer finite numbers."""


class DataWarning(UserWarning):
    """Data that can be used, but are probably not what was meant."""


class BackendUnavailable(LavaAHPError, RuntimeError):
    """A backend or device that is not available.  The text says what is missing."""


def printable(text: object) -> str:
    """Text from a file in one line and without an effect on a terminal.

    Control characters, line breaks, marks that change the direction of text, and lone surrogates become escapes such as
    ``\\x1b``.
    """
    found = str(text)
    if found.isprintable():
        return found
    shown = (c if c.isprintable() or c == _NO_BREAK_SPACE else c.encode("unicode_escape").decode() for c in found)
    return "".join(shown)


def shorten(value: object, width: int = 80) -> str:
    """A value as a message quotes it: as ``repr`` would, with the middle left out if it is longer than ``width``."""
    quote = _Quote()
    quote.maxlevel, quote.maxstring, quote.maxother = 2, width, width
    return cut(printable(quote.repr(value)), width)


def brief(value: object, width: int = 80) -> str:
    """As :func:`shorten`, but text without quotes: for keys, paths and reasons."""
    return cut(printable(value), width) if isinstance(value, str) else shorten(value, width)


def cut(text: str, width: int) -> str:
    """A text with its middle left out if it is longer than ``width``."""
    if len(text) <= width:
        return text
    first = (width - 3) // 2
    return f"{text[:first]}...{text[first + 3 - width :]}"


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that a misspelt one most resembles; None if none is close."""
    return next(iter(get_close_matches(word[:100], list(allowed), n=1)), None)


class _Quote(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        return super().repr_int(x, level) if x.bit_length() <= _MAX_BITS else f"an integer of {x.bit_length()} bits"
