"""Pictures of the page about one question, as SVG text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import StoryCode
from lava_ahp.network import SLAYER_UNIT
from lava_ahp.report.drawing import (
    ACCENT,
    GREY,
    INK,
    MAX_STROKES,
    SOFT,
    TINT,
    cells,
    literal,
    mark_readout,
    panels,
    strokes,
    svg,
)

#: Answers with a bar, answers that the axis of voltages has room for, and sentences up to which pairs have numbers.
_BARS, _NEAR, _NUMBERED = 8, 5, 24
#: Answers with a line.
_LINES = 30
#: Inches of a page, of the steps of a story on it, and of a raster.
_WIDTH, _STEPS, _RASTER = 10.0, 9.3, 0.74


@dataclass(frozen=True, eq=False)
class Reading:
    """What an encoder reads, and what it makes of it.

    Attributes:
        label: number of the sentence, or ``?`` for the question.
        words: the words.
        spikes: of the encoder, ``bool (time, neuron)``.
    """

    label: str
    words: Sequence[str]
    spikes: npt.NDArray[np.bool_]


def reading(readings: Sequence[Reading], code: StoryCode) -> str:
    """Words over time, and below them the spikes of the encoder that reads them, one row for each sentence.

    Args:
        readings: the rows from top to bottom.
        code: has the times of words and of ``go``.
    """
    figure, axes = panels(_WIDTH, 0.45 + _RASTER * len(readings), rows=len(readings), sharex=True, squeeze=False)
    longest = max(len(row.words) for row in readings)
    first = (code.words - longest) * code.steps_per_word - 1
    size = _word_size(readings, code.steps_per_word / (len(readings[0].spikes) - first))
    for panel, row in zip(axes[:, 0], readings, strict=True):
        steps, neurons = row.spikes.shape
        for position, word in enumerate(row.words, code.words - len(row.words)):
            start = position * code.steps_per_word - 0.5
            width = code.steps_per_word - 0.12
            panel.axvspan(start, start + width, ymin=0.7, color=TINT, linewidth=0)
            panel.text(start + width / 2, 1.25 * neurons, literal(word), ha="center", va="center", size=size)
        relayed = np.zeros_like(row.spikes)
        relayed[code.go_steps.start : code.go_steps.stop] = row.spikes[code.go_steps.start : code.go_steps.stop]
        panel.axvspan(code.go_steps.start - 0.5, code.go_steps.stop - 0.5, ymax=0.7, color=SOFT, alpha=0.1, linewidth=0)
        reach = neurons / 50
        strokes(panel, row.spikes & ~relayed, INK, reach)
        strokes(panel, relayed, SOFT, reach)
        panel.set(xlim=(first, steps), ylim=(-0.02 * neurons, 1.46 * neurons), yticks=[])
        panel.set_ylabel(row.label, rotation=0, ha="right", va="center", weight="bold")
        panel.spines[["left"]].set_visible(False)
        panel.tick_params(axis="x", length=2)
    axes[-1, 0].set_xlabel("step")
    return svg(figure, "Words over time, and spikes of the encoders that read them")


def _word_size(readings: Sequence[Reading], share: float) -> float:
    """Size of a type in which every word fits into its share of the axis of time, in points."""
    longest = max(len(literal(word)) for row in readings for word in row.words)
    return float(np.clip(72 * _STEPS * share / (0.62 * longest), 4, 9))


def triangle(pairs: npt.NDArray[np.int64], sentences: Sequence[str]) -> str:
    """Spikes for every pair of sentences, the later one of a pair in the row.

    Args:
        pairs: spikes for sentences ``i <= j``, ``int64 (i, j)``.
        sentences: one for each index.
    """
    size = len(pairs)
    cell = min(0.5, 6.4 / size)
    figure, axes = panels(_WIDTH, 0.5 + cell * size)
    most = max(1, int(pairs.max()))
    cells(axes, pairs.T / most, (lambda share: f"{share * most:.0f}") if size <= _NUMBERED else None)
    middles = np.arange(size) + 0.5
    axes.set_yticks(middles, [literal(f"{text}  {k}") for k, text in enumerate(sentences, start=1)])
    axes.set_xticks(middles, [str(k) for k in range(1, size + 1)])
    axes.set_anchor("W")
    return svg(figure, "Spikes of the last layer of g for every pair of sentences")


def readout(voltages: npt.NDArray[np.int32], names: Sequence[str], readout_steps: int, first: int) -> str:
    """Readout voltages over time, and the softmax of their means over the readout steps for the best answers.

    Args:
        voltages: ``int32 (time, class)``.
        names: one for each class.
        readout_steps: steps at the end over which the voltages are averaged.
        first: step from which on the voltages are shown.
    """
    means = voltages[-readout_steps:].astype(np.int64).sum(axis=0) / (readout_steps * SLAYER_UNIT)
    order = np.argsort(-means, kind="stable").tolist()
    colours = dict(zip(order, (SOFT, ACCENT, INK), strict=False))
    figure, (lines, bars) = panels(_WIDTH, 3.4, columns=2, width_ratios=(3, 2))
    scaled = voltages / SLAYER_UNIT
    drawn = order[:_LINES]
    for k in reversed(drawn):
        lines.plot(
            scaled[:, k],
            color=colours.get(k, GREY),
            linewidth=2.0 if k == order[0] else 1.2 if k in colours else 0.7,
            rasterized=len(drawn) * len(voltages) > MAX_STROKES,
        )
    mark_readout(lines, len(voltages), readout_steps)
    # Answers that are out of the question would leave the others no room.
    near = scaled[first:, order[:_NEAR]]
    room = 0.08 * float(np.ptp(near)) or 1.0
    lines.set(xlim=(first - 0.5, len(voltages) - 0.5), ylim=(near.min() - room, near.max() + room))
    lines.set(ylabel="readout voltage")
    lines.set_title("Over time", fontsize=10)
    best = order[: len(colours)]
    ends = _apart([float(scaled[-1, k]) for k in best], room)
    for k, end in zip(best, ends, strict=True):
        lines.annotate(
            literal(names[k]), (len(voltages) - 0.5, end), xytext=(4, 0), textcoords="offset points", va="center",
            size=8, color=colours[k], annotation_clip=False,
        )  # fmt: skip
    shares = np.exp(means - means.max())
    shares *= 100 / shares.sum()
    best = order[:_BARS]
    bars.barh([literal(names[k]) for k in best], shares[best], color=[colours.get(k, GREY) for k in best], height=0.62)
    for place, k in enumerate(best):
        bars.text(shares[k] + 1, place, f"{shares[k]:.1f}", va="center", size=8, color=INK)
    bars.set(xlabel="%", xlim=(0, 112), ylim=(len(best) - 0.5, -0.5))
    bars.set_title("Softmax of the means", fontsize=10)
    bars.set_xticks(range(0, 101, 25))
    bars.tick_params(axis="y", length=0)
    return svg(figure, "Readout voltages over time, and softmax of their means")


def _apart(places: Sequence[float], least: float) -> list[float]:
    """Places at which labels do not overlap: each is moved down as far as the one above it asks for."""
    found = [0.0] * len(places)
    above = np.inf
    for k in sorted(range(len(places)), key=lambda k: -places[k]):
        above = found[k] = min(places[k], above - least)
    return found
