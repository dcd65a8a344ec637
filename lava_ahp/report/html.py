"""Fills the HTML templates of this package."""

from __future__ import annotations

from typing import Any


def fill(template: str, **values: Any) -> str:
    """HTML from a template; text in ``values`` is escaped.

    Args:
        template: file name in ``templates/``.
        values: what the template shows.  A value that the template needs but does not get is an error of jinja2.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("lava_ahp.report", "templates"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template(template).render(**values)
