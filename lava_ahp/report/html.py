"""Fills the HTML templates of this package."""

from __future__ import annotations

from typing import Any

from lava_ahp.errors import printable


def fill(template: str, **values: Any) -> str:
    """HTML from a template; text in ``values`` is escaped, and control characters in it become escapes as well.

    Args:
        template: file name in ``templates/``.
        values: what the template shows.  A value that the template needs but does not get is an error of jinja2.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("lava_ahp.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
    )
    return environment.get_template(template).render(**values)


def _finalize(value: object) -> object:
    """A value before it is escaped; pictures, and the tables that macros make, are HTML already.

    Integers from 10,000 on are grouped, and floats have four digits.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10_000:
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return value if hasattr(value, "__html__") else printable(value)
