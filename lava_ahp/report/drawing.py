"""What all pictures share: colours, plain axes, literal text, and reproducible SVG."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import cut, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, ACCENT, SOFT = "#1b2a41", "#0b6e99", "#e07a1f"
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
