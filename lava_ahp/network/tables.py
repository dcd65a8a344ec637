"""Small HTML tables for notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from lava_ahp.errors import printable

#: Rows beyond these are counted, not shown.
MAX_ROWS = 20


def html_table(caption: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """A table with a caption, every text escaped.

    Args:
        caption: shown above the table.
        rows: cells by column name; all rows have the columns of the first.
    """
    parts = [f"<table><caption>{escape(printable(caption))}</caption>"]
    if rows:
        parts.append(_row("th", rows[0]))
        parts += [_row("td", row.values()) for row in rows[:MAX_ROWS]]
    if len(rows) > MAX_ROWS:
        parts.append(_row("td", [f"and {len(rows) - MAX_ROWS} more"]))
    return "".join([*parts, "</table>"])


def _row(tag: str, cells: Any) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(printable(cell))}</{tag}>" for cell in cells) + "</tr>"
