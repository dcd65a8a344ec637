"""Pictures of the deploy page, as SVG text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.network import SLAYER_UNIT
from lava_ahp.report.drawing import ACCENT, INK, SOFT, largest, literal, mark_readout, panels, strokes, svg

#: Populations in the picture of one sample.
_MOST_RASTERS = 8


def training_curve(history: Sequence[Mapping[str, float]]) -> str:
    """Training loss, validation accuracy and firing rate over epochs.

    Args:
        history: one row per epoch, with ``epoch``, ``loss``, ``accuracy`` and ``rate`` (both ``0..1``).
    """
    figure, (loss, accuracy, rate) = panels(10, 2.8, columns=3)
    epochs = [row["epoch"] for row in history]
    loss.plot(epochs, [row["loss"] for row in history], color=ACCENT)
    loss.set(title="Training loss", xlabel="epoch", ylabel="cross-entropy")
    accuracy.plot(epochs, [100 * row["accuracy"] for row in history], color=ACCENT)
    accuracy.set(title="Validation accuracy", xlabel="epoch", ylabel="%", ylim=(0, 101))
    rate.plot(epochs, [100 * row["rate"] for row in history], color=SOFT)
    rate.set(title="Firing rate", xlabel="epoch", ylabel="% of neurons per step")
    rate.set_ylim(bottom=0)
    return svg(figure)


def confusion(labels: npt.NDArray[np.int64], predictions: npt.NDArray[np.int64], names: Sequence[str]) -> str:
    """Confusion matrix: number of samples by true class and by class found.

    Args:
        labels: true classes, ``int64 (sample,)``.
        predictions: classes found, ``int64 (sample,)``.
        names: one for each class.
    """
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (labels, predictions), 1)
    figure, axes = panels(4.6, 4.4)
    axes.imshow(counts, cmap="Blues")
    for row, column in np.ndindex(*counts.shape):
        if counts[row, column]:
            dark = counts[row, column] > counts.max() / 2
            axes.text(
                column, row, counts[row, column], ha="center", va="center", color="white" if dark else INK, size=8
            )
    axes.set(title="Test samples", xlabel="class found", ylabel="true class")
    shown = [literal(name) for name in names]
    axes.set_xticks(range(len(names)), shown)
    axes.set_yticks(range(len(names)), shown)
    axes.spines[:].set_visible(False)
    return svg(figure)


def raster(
    rasters: Mapping[str, npt.NDArray[np.bool_]],
    readout: npt.NDArray[np.int32],
    names: Sequence[str],
    readout_steps: int,
) -> str:
    """Spikes of the populations that spike most, and the readout voltages below, on one time axis.

    Args:
        rasters: spikes by population, ``bool (time, neuron)``.
        readout: readout voltages, ``int32 (time, class)``.
        names: one for each class.
        readout_steps: steps at the end over which the voltages are summed.
    """
    spiking = [(name, spikes) for name, spikes in rasters.items() if spikes.any()]
    rasters = dict(spiking[k] for k in largest([spikes.sum() for _, spikes in spiking], _MOST_RASTERS))
    sizes = [spikes.shape[1] for spikes in rasters.values()]
    heights = [*(0.8 + 2.2 * np.sqrt(size / max(sizes)) for size in sizes), 2.4]
    figure, axes = panels(10, sum(heights), rows=len(heights), height_ratios=heights, sharex=True, squeeze=False)
    axes = axes[:, 0]
    for panel, (name, spikes) in zip(axes, rasters.items(), strict=False):
        strokes(panel, spikes)
        panel.set(ylabel=f"{literal(name)}\n({spikes.shape[1]})", ylim=(-1, spikes.shape[1]))
    if len(spiking) > len(rasters):
        axes[0].set_title(f"the {len(rasters)} of {len(spiking)} populations with the most spikes", size=9)
    voltage = axes[-1]
    best = int(readout[-readout_steps:].astype(np.int64).sum(axis=0).argmax())
    for k, name in enumerate(names):
        style: dict[str, Any] = {"color": SOFT, "linewidth": 2, "zorder": 3} if k == best else {"color": "#9aa7b5"}
        voltage.plot(readout[:, k] / SLAYER_UNIT, linewidth=style.pop("linewidth", 0.8), **style)
        end = len(readout) - 1, readout[-1, k] / SLAYER_UNIT
        voltage.annotate(literal(name), end, xytext=(4, -3), textcoords="offset points", size=7, color=style["color"])
    mark_readout(voltage, len(readout), readout_steps)
    voltage.set(ylabel="readout v\n(/ 4096)")
    return svg(figure)
