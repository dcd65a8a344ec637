"""Pictures of the report, as SVG text."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, ACCENT, SOFT = "#1b2a41", "#0b6e99", "#e07a1f"


def training_curve(history: Sequence[Mapping[str, float]]) -> str:
    """Loss, accuracy on the validation split and firing rate over epochs."""
    figure, (loss, accuracy, rate) = _figure(10, 2.8, columns=3)
    epochs = [row["epoch"] for row in history]
    loss.plot(epochs, [row["loss"] for row in history], color=ACCENT)
    loss.set(title="Training loss", xlabel="epoch", ylabel="cross-entropy")
    accuracy.plot(epochs, [100 * row["accuracy"] for row in history], color=ACCENT)
    accuracy.set(title="Validation accuracy", xlabel="epoch", ylabel="%", ylim=(0, 101))
    rate.plot(epochs, [100 * row["rate"] for row in history], color=SOFT)
    rate.set(title="Firing rate", xlabel="epoch", ylabel="% of neurons per step")
    rate.set_ylim(bottom=0)
    return _svg(figure)


def confusion(labels: npt.NDArray[np.int64], predictions: npt.NDArray[np.int64], names: Sequence[str]) -> str:
    """Counts of every true class against every class found."""
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (labels, predictions), 1)
    figure, axes = _figure(4.6, 4.4)
    axes.imshow(counts, cmap="Blues")
    for row, column in np.ndindex(*counts.shape):
        if counts[row, column]:
            dark = counts[row, column] > counts.max() / 2
            axes.text(
                column, row, counts[row, column], ha="center", va="center", color="white" if dark else INK, size=8
            )
    axes.set(title="Test samples", xlabel="class found", ylabel="true class")
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.spines[:].set_visible(False)
    return _svg(figure)


def raster(
    rasters: Mapping[str, npt.NDArray[np.bool_]],
    readout: npt.NDArray[np.int32],
    names: Sequence[str],
    window: int,
) -> str:
    """Spikes of every population that spikes above one another, and the readout voltages below, on one time axis."""
    rasters = {name: spikes for name, spikes in rasters.items() if spikes.any()}
    sizes = [spikes.shape[1] for spikes in rasters.values()]
    heights = [*(0.8 + 2.2 * np.sqrt(size / max(sizes)) for size in sizes), 2.4]
    figure, axes = _figure(10, sum(heights), rows=len(heights), height_ratios=heights, sharex=True, squeeze=False)
    axes = axes[:, 0]
    for panel, (name, spikes) in zip(axes, rasters.items(), strict=False):
        time, neuron = np.nonzero(spikes)
        # One path of short strokes takes a tenth of the room that markers take.
        gap = np.full(len(time), np.nan)
        x, y = np.stack([time, time, gap], axis=1), np.stack([neuron - 0.4, neuron + 0.4, gap], axis=1)
        panel.plot(x.ravel(), y.ravel(), color=INK, linewidth=0.9)
        panel.set(ylabel=f"{name}\n({spikes.shape[1]})", ylim=(-1, spikes.shape[1]))
    voltage = axes[-1]
    best = int(readout[-window:].astype(np.int64).sum(axis=0).argmax())
    for k, name in enumerate(names):
        style: dict[str, Any] = {"color": SOFT, "linewidth": 2, "zorder": 3} if k == best else {"color": "#9aa7b5"}
        voltage.plot(readout[:, k] / 2**12, linewidth=style.pop("linewidth", 0.8), label=name, **style)
        voltage.annotate(name, (len(readout) - 1, readout[-1, k] / 2**12), xytext=(4, -3), textcoords="offset points",
                         size=7, color=style["color"])  # fmt: skip
    voltage.axvspan(len(readout) - window - 0.5, len(readout) - 0.5, color=ACCENT, alpha=0.1, linewidth=0)
    voltage.set(ylabel="readout v\n(/ 4096)", xlabel="step", xlim=(-1, len(readout) + 1))
    return _svg(figure)


def _figure(width: float, height: float, *, rows: int = 1, columns: int = 1, **options: Any) -> tuple[Figure, Any]:
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


def _svg(figure: Figure) -> str:
    """SVG of a figure, the same for the same figure: without date, and with fixed identifiers."""
    import matplotlib as mpl

    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "lava-ahp", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    return re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'width="100%"', svg, count=1)
