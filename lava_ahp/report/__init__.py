"""One self-contained HTML page about a deployed network."""

from lava_ahp.report.page import Report, render

__all__ = ["Report", "render"]
