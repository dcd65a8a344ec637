"""What the terminal tables share."""

from __future__ import annotations

from rich.text import Text

#: Values are grouped with their unit by a no-break space, which ``str.isprintable`` does not allow.
_NO_BREAK_SPACE = "\u00a0"


def literal(value: object, style: str = "") -> Text:
    """A value as text in which neither rich's markup nor control characters are interpreted.

    Names in files are untrusted: ``[bold]`` is printed as it is, and an escape character as ``\\x1b``.

    Args:
        value: what to print.
        style: style of rich, for example ``bold``.
    """
    shown = (c if c.isprintable() or c == _NO_BREAK_SPACE else c.encode("unicode_escape").decode() for c in str(value))
    return Text("".join(shown), style=style)
