"""What the pictures of every report share: colours, plain axes, SVG text that depends on nothing but the picture."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, ACCENT, SOFT = "#1b2a41", "#0b6e99", "#e07a1f"


def panels(width: float, height: float, *, rows: int = 1, columns: int = 1, **options: Any) -> tuple[Figure, Any]:
    """A figure of ``width`` by ``height`` inches, and its axes without needless lines."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    ratios = {"height_ratios": options.pop("height_ratios")} if "height_ratios" in options else {}
    axes = figure.subplots(rows, columns, gridspec_kw=ratios, **options)
    for panel in np.atleast_1d(axes).flat:
        _plain(panel)
    return figure, axes


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.title.set_fontsize(10)
    axes.xaxis.label.set_fontsize(9)
    axes.yaxis.label.set_fontsize(9)


def svg(figure: Figure) -> str:
    """SVG of a figure, the same for the same figure: without date, and with fixed identifiers."""
    import matplotlib as mpl

    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "lava-ahp", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    return re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'width="100%"', svg, count=1)
