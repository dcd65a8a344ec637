"""Pictures of the deploy page, as SVG text; those of single samples are in ``sample_figures``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from lava_ahp.report.drawing import ACCENT, GREY, SOFT, cells, literal, panels, svg

#: Classes up to which cells of the confusion matrix have numbers, and up to which classes have names.
_NUMBERED, _NAMED = 24, 40
#: Panels of values, and points that are drawn one by one.
_SCATTERED, _MANY = 4, 5000
#: Characters of all names up to which they stand side by side.
_LEVEL = 30


def training_curves(
    history: Sequence[Mapping[str, float]],
    score: tuple[str, str, float] = ("Validation accuracy", "%", 100),
    loss: str = "cross-entropy",
) -> list[str]:
    """Losses, validation score and firing rate over epochs, a picture each.

    Args:
        history: one row per epoch, with ``epoch``, ``loss``, ``accuracy`` and ``rate`` (both ``0..1``), and perhaps
            ``validation_loss``.
        score: title, unit, and the factor from ``accuracy`` to the unit.
        loss: name of the loss.
    """
    epochs, (title, unit, factor) = [row["epoch"] for row in history], score
    return [
        _losses(epochs, history, loss),
        _curve(epochs, [factor * row["accuracy"] for row in history], title, unit, ACCENT, 1.01 * factor),
        _curve(epochs, [100 * row["rate"] for row in history], "Firing rate", "% of neurons per step", SOFT, None),
    ]


def _losses(epochs: Sequence[float], history: Sequence[Mapping[str, float]], loss: str) -> str:
    figure, axes = panels(3.4, 2.7)
    axes.plot(epochs, [row["loss"] for row in history], color=ACCENT, marker=_mark(epochs), label="Training loss")
    values = [row["validation_loss"] for row in history if "validation_loss" in row]
    if len(values) == len(epochs):
        axes.plot(epochs, values, color=SOFT, marker=_mark(epochs), label="Validation loss")
    axes.set(title="Loss", xlabel="epoch", ylabel=loss)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=8)
    return svg(figure, "Training and validation loss over epochs")


def _curve(
    epochs: Sequence[float], values: Sequence[float], title: str, unit: str, colour: str, top: float | None
) -> str:
    figure, axes = panels(3.4, 2.7)
    axes.plot(epochs, values, color=colour, marker=_mark(epochs))
    axes.set(title=title, xlabel="epoch", ylabel=unit)
    axes.set_ylim(min(0, *values), top)
    return svg(figure, f"{title} over epochs")


def _mark(epochs: Sequence[float]) -> str | None:
    """One epoch makes no line."""
    return "o" if len(epochs) == 1 else None


def confusion(
    labels: npt.NDArray[np.int64],
    predictions: npt.NDArray[np.int64],
    names: Sequence[str],
    what: str = "Test samples",
) -> str:
    """Confusion matrix: share of the samples of each true class, by class found.

    Args:
        labels: true classes, ``int64 (sample,)``.
        predictions: classes found, ``int64 (sample,)``.
        names: one for each class.
        what: what has a class, for the title.
    """
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (labels, predictions), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = panels(4.6, 4.4)
    cells(axes, shares, (lambda share: f"{100 * share:.0f}") if len(names) <= _NUMBERED else None)
    axes.set(title=f"{what}, % of each true class", xlabel="class found", ylabel="true class")
    shown = [literal(name) for name in names] if len(names) <= _NAMED else []
    middles = np.arange(len(shown)) + 0.5
    turned = 90 if sum(map(len, shown)) > _LEVEL else 0
    axes.set_xticks(middles, shown, rotation=turned)
    axes.set_yticks(middles, shown)
    if len(shown) > 12:
        axes.tick_params(labelsize=6)
    return svg(figure, "Confusion matrix: share of the samples of each true class by class found")


def scatter(labels: npt.NDArray[np.float64], predictions: npt.NDArray[np.float64], names: Sequence[str]) -> str:
    """Predicted over true values, a panel for each of the first few.

    Args:
        labels: true values, ``float64 (sample, value)``.
        predictions: predicted values, ``float64 (sample, value)``.
        names: one for each value.
    """
    shown = min(len(names), _SCATTERED)
    columns = min(shown, 2)
    rows = -(-shown // columns)
    figure, axes = panels(4.6, 4.4 * rows / columns, rows=rows, columns=columns, squeeze=False)
    for k, panel in enumerate(axes.flat):
        if k >= shown:
            panel.set_visible(False)
            continue
        truth, found = labels[:, k], predictions[:, k]
        ends = [min(truth.min(), found.min()), max(truth.max(), found.max())]
        panel.plot(ends, ends, color=GREY, linewidth=1)
        many = len(truth) > _MANY
        panel.plot(truth, found, linestyle="none", marker=".", markersize=4, color=ACCENT, alpha=0.6, rasterized=many)
        title = "Test samples" if len(names) == 1 else literal(names[k])
        panel.set(title=title, xlabel="true value", ylabel="predicted value")
    more = "" if shown == len(names) else f", the first {shown} of {len(names)} values"
    return svg(figure, f"Predicted over true values of the test samples{more}")
