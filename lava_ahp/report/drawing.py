"""What all pictures share: colours, plain axes, literal text, and reproducible SVG."""

from __future__ import annotations

import html
import io
import re
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import cut, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, ACCENT, SOFT, GREY, TINT = "#1b2a41", "#0b6e99", "#e07a1f", "#9aa7b5", "#eaf1f6"
GOOD, BAD, GREEN, PURPLE = "#1d7a4c", "#b3261e", "#5b8c5a", "#7a5195"
#: Colours of the page, light or dark, in place of those that are drawn; see ``templates/page.html.j2``.
_VARIABLES = {
    INK: "ink", "#000000": "ink", ACCENT: "accent", SOFT: "warm", GREY: "grey", TINT: "tint", "#ffffff": "card",
    "#5c6b7e": "soft", "#dfe5ec": "line", "#f6f8fa": "paper", GOOD: "good", BAD: "bad",
    GREEN: "green", PURPLE: "purple",
}  # fmt: skip
#: Characters of a name in a picture, and spikes that are drawn as strokes.
MAX_NAME, MAX_STROKES = 40, 20_000


def panels(width: float, height: float, *, rows: int = 1, columns: int = 1, **options: Any) -> tuple[Figure, Any]:
    """A figure and its axes, without top and right spines.

    Args:
        width: in inches.
        height: in inches.
        rows: rows of axes.
        columns: columns of axes.
        options: ``height_ratios``, ``width_ratios``, and what ``Figure.subplots`` takes.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    ratios: dict[str, Any] = {key: options.pop(key) for key in ("height_ratios", "width_ratios") if key in options}
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


def largest(values: Sequence[float], count: int) -> list[int]:
    """Positions of the largest values, at most ``count``, in ascending order."""
    return sorted(sorted(range(len(values)), key=lambda k: -values[k])[:count])


def strokes(axes: Axes, spikes: npt.NDArray[np.bool_], colour: str = INK, reach: float = 0.4) -> None:
    """A short stroke for every spike.

    Args:
        axes: where to draw.
        spikes: ``bool (time, neuron)``.
        colour: of the strokes.
        reach: length of a stroke to either side, in neurons.
    """
    time, neuron = np.nonzero(spikes)
    # One path of short strokes takes a tenth of the bytes of markers; of very many, a bitmap takes less.
    gap = np.full(len(time), np.nan)
    x, y = np.stack([time, time, gap], axis=1), np.stack([neuron - reach, neuron + reach, gap], axis=1)
    axes.plot(x.ravel(), y.ravel(), color=colour, linewidth=0.9, rasterized=len(time) > MAX_STROKES)


def mark_readout(axes: Axes, steps: int, readout_steps: int) -> None:
    """Shade the steps at the end over which voltages are summed, and fit the axis of time to all steps."""
    axes.axvspan(steps - readout_steps - 0.5, steps - 0.5, color=ACCENT, alpha=0.1, linewidth=0)
    axes.set(xlabel="step", xlim=(-1, steps + 1))


def literal(text: object) -> str:
    """A name for matplotlib, in one line: ``$`` begins no formula, and ``_`` does not hide it from the legend.

    Characters that SVG cannot hold become escapes, and the middle of a long name is left out, since it would leave no
    room for the picture.
    """
    shown = cut(printable(text), MAX_NAME)
    return f"{' ' * shown.startswith('_')}{shown}".replace("$", r"\$")


def cells(axes: Axes, shares: npt.NDArray[np.float64], text: Callable[[float], str] | None) -> None:
    """A square for every share above 0, stronger in colour the larger it is.

    Args:
        axes: where to draw; the first row is at the top.
        shares: ``0..1``, ``float64 (row, column)``.
        text: what stands in a square; None for nothing.
    """
    from matplotlib.patches import Rectangle

    rows, columns = shares.shape
    size = 8 if max(rows, columns) <= 12 else 6
    for row, column in np.argwhere(shares > 0).tolist():
        share = float(shares[row, column])
        strength = 0.08 + 0.87 * share
        axes.add_patch(Rectangle((column, row), 0.96, 0.96, facecolor=ACCENT, alpha=strength, linewidth=0))
        if text is not None:
            colour = "white" if strength > 0.7 else INK
            axes.text(column + 0.48, row + 0.48, text(share), ha="center", va="center", size=size, color=colour)
    axes.set(xlim=(0, columns), ylim=(rows, 0), aspect="equal")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def svg(figure: Figure, title: str) -> str:
    """A figure as SVG text that fills the width of its place; equal figures give equal text.

    Colours are those of the page that it is in, so that they follow its light or dark mode.

    Args:
        figure: what to draw.
        title: says in words what the picture shows, for those who do not see it.
    """
    import matplotlib as mpl

    text = io.StringIO()
    # Dates and random identifiers would differ between runs.
    options = {"svg.hashsalt": "lava-ahp", "svg.fonttype": "none", "font.family": "sans-serif"}
    with mpl.rc_context(options), warnings.catch_warnings():
        # The browser draws the text, with fonts that may have more characters than matplotlib's.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawn = text.getvalue()
    drawn = re.sub(r"<metadata>.*?</metadata>\s*", "", drawn[drawn.index("<svg") :], count=1, flags=re.S)
    drawn = re.sub(r' style="[^"<>]*"', _coloured, drawn)
    # Hundredths of a point are enough.
    drawn = re.sub(r' d="[^"<>]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), drawn)
    drawn = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'width="100%" role="img"', drawn, count=1)
    end = drawn.index(">") + 1
    return f"{drawn[:end]}<title>{html.escape(printable(title))}</title>{drawn[end:]}"


def _coloured(style: re.Match[str]) -> str:
    """A style with the page's colours."""
    return re.sub(
        r"#[0-9a-f]{6}",
        lambda colour: f"var(--{_VARIABLES[colour[0]]})" if colour[0] in _VARIABLES else colour[0],
        style[0],
    )
