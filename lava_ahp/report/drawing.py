"""What all pictures share: colours, plain axes, literal text, and reproducible SVG."""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from lava_ahp.errors import cut, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, ACCENT, SOFT = "#1b2a41", "#0b6e99", "#e07a1f"
#: Characters of a name in a picture.
MAX_NAME = 40


def panels(width: float, height: float, *, rows: int = 1, columns: int = 1, **options: Any) -> tuple[Figure, Any]:
    """A figure and its axes, without top and right spines.

    Args:
        width: in inches.
        height: in inches.
        rows: rows of axes.
        columns: columns of axes.
        options: ``height_ratios``, and what ``Figure.subplots`` takes.
    """
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


def literal(text: object) -> str:
    """A name for matplotlib, in one line: ``$`` begins no formula, and ``_`` does not hide it from the legend.

    Characters that SVG cannot hold become escapes, and the middle of a long name is left out, since it would leave no
    room for the picture.
    """
    shown = cut(printable(text), MAX_NAME)
    return f"{' ' * shown.startswith('_')}{shown}".replace("$", r"\$")


def svg(figure: Figure) -> str:
    """A figure as SVG text that fills the width of its place; equal figures give equal text."""
    import matplotlib as mpl

    text = io.StringIO()
    # Dates and random identifiers would differ between runs.
    options = {"svg.hashsalt": "lava-ahp", "svg.fonttype": "none", "font.family": "sans-serif"}
    with mpl.rc_context(options), warnings.catch_warnings():
        # The browser draws the text, with fonts that may have more characters than matplotlib's.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    drawn = text.getvalue()
    return re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'width="100%"', drawn[drawn.index("<svg") :], count=1)
