"""The readout of one sample over time, below its spikes: voltages, and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.network import SLAYER_UNIT
from lava_ahp.report.drawing import (
    ACCENT,
    BAD,
    GOOD,
    GREEN,
    GREY,
    MAX_STROKES,
    PURPLE,
    SOFT,
    literal,
    mark_readout,
)

#: Readouts up to which all have names, and colours of lines side by side.
MOST_NAMES = 12
COLOURS = (ACCENT, SOFT, GREEN, PURPLE, BAD, GREY)


@dataclass(frozen=True, eq=False)
class StepAnswers:
    """Classes of the steps of one sample.

    Attributes:
        times: network step of the answer to each step of the series, ``int64 (time,)``.
        labels: true classes, ``int64 (time,)``, -1 for a step without label.
        found: classes found, ``int64 (time,)``.
    """

    times: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    found: npt.NDArray[np.int64]


def classes(axes: Any, readout: npt.NDArray[np.int32], truth: int, names: Sequence[str], readout_steps: int) -> None:
    """Readout voltages, those of the class found and of the true class in colours of their own."""
    volts = readout / SLAYER_UNIT
    found = int(readout[-readout_steps:].astype(np.int64).sum(axis=0).argmax())
    shown = {truth: (GOOD, "true class"), found: (SOFT, "class found")}
    if found == truth:
        shown = {found: (SOFT, "class found, the true one")}
    for k, name in enumerate(names):
        colour, label = shown.get(k, (GREY, None))
        style: dict[str, Any] = {"linewidth": 2, "zorder": 3, "label": label} if label else {"linewidth": 0.8}
        axes.plot(volts[:, k], color=colour, rasterized=readout.size > MAX_STROKES, **style)
        if label or len(names) <= MOST_NAMES:
            end = len(readout) - 1, volts[-1, k]
            axes.annotate(literal(name), end, xytext=(4, -3), textcoords="offset points", size=7, color=colour)
    mark_readout(axes, len(readout), readout_steps)
    axes.set(ylabel="readout v\n(/ 4096)")
    axes.legend(frameon=False, fontsize=8, ncols=2, loc="lower left", bbox_to_anchor=(0, 1), borderpad=0)


def voltages(
    axes: Any,
    readout: npt.NDArray[np.int32],
    names: Sequence[str],
    readout_steps: int | None = None,
    goals: npt.NDArray[np.float64] | None = None,
) -> None:
    """Readout voltages, each in a colour of its own, and the voltages that would be the true values."""
    volts, steps = readout / SLAYER_UNIT, len(readout)
    for k, name in enumerate(names[:MOST_NAMES]):
        colour = COLOURS[k % len(COLOURS)]
        many = readout.size > MAX_STROKES
        axes.plot(volts[:, k], color=colour, linewidth=1.1, label=literal(name), rasterized=many)
        if goals is not None:
            first = steps - (readout_steps or steps)
            axes.hlines(goals[k], first, steps - 1, color=colour, linewidth=1.4, linestyle="--")
    if readout_steps is None:
        axes.set_xlim(-1, steps + 1)
    else:
        mark_readout(axes, steps, readout_steps)
    if len(names) > MOST_NAMES:
        axes.set_title(f"the first {MOST_NAMES} of {len(names)} readouts", size=9, loc="right")
    axes.set(ylabel="readout v\n(/ 4096)")
    axes.legend(frameon=False, fontsize=8, ncols=6, loc="lower left", bbox_to_anchor=(0, 1), borderpad=0)


def classes_over_time(axes: Any, steps: StepAnswers, names: Sequence[str]) -> None:
    """The true class of every labelled step as a band, and the class found as a line."""
    truth = np.where(steps.labels >= 0, steps.labels, np.nan)
    axes.plot(steps.times, truth, color=GOOD, linewidth=6, alpha=0.35, solid_capstyle="butt", drawstyle="steps-mid",
              label="true class")  # fmt: skip
    axes.plot(steps.times, steps.found, color=SOFT, linewidth=1.4, drawstyle="steps-mid", label="class found")
    if len(names) <= MOST_NAMES:
        axes.set_yticks(range(len(names)), [literal(name) for name in names])
    axes.set(xlabel="step", ylabel="class", ylim=(-0.5, len(names) - 0.5))
    axes.legend(frameon=False, fontsize=8, ncols=2, loc="lower left", bbox_to_anchor=(0, 1), borderpad=0)
