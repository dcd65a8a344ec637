"""Pictures of one sample: signal, spikes, readout, and the states of a few neurons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.report import readout_figures as readouts
from lava_ahp.report.drawing import (
    ACCENT,
    BAD,
    INK,
    SOFT,
    largest,
    literal,
    panels,
    strokes,
    svg,
)

#: Populations in the picture of one sample, and signals above them.
_MOST_RASTERS, _MOST_SIGNALS = 8, 8


@dataclass(frozen=True, eq=False)
class Signal:
    """What the encoder reads.

    Attributes:
        times: step of every value, ``int64 (value,)``.
        values: ``float64 (value, signal)``.
        unit: of the values, for the axis.
    """

    times: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    unit: str


@dataclass(frozen=True, eq=False)
class NeuronStates:
    """States of one neuron, in units of its threshold.

    Attributes:
        name: population and number.
        time_constant: of its AHP current, in steps; NaN without one.
        u: synaptic current, ``float64 (time,)``.
        a: AHP current, ``float64 (time,)``.
        v: voltage after the reset, ``float64 (time,)``.
        spikes: ``bool (time,)``.
    """

    name: str
    time_constant: float
    u: npt.NDArray[np.float64]
    a: npt.NDArray[np.float64]
    v: npt.NDArray[np.float64]
    spikes: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sample:
    """One sample in the network.

    Attributes:
        title: which one it is, and what the network makes of it.
        label: its true class, as a number; None where it has no single one.
        readout: readout voltages, ``int32 (time, class)``.
        spikes: by population, the input first, ``bool (time, neuron)``.
        kinds: channels of the input by what their spikes say.
        time_constants: of the AHP currents in steps, by population, ``float64 (neuron,)``, NaN without one.
        signal: what the encoder reads; None where that is no signal over time.
        neurons: states of a few neurons; may be empty.
        steps: true and found classes over time; None where there are none.
        goals: readout voltages in SLAYER's unit that would be the true values, ``float64 (readout,)``; None where there
            are none.
    """

    title: str
    label: int | None
    readout: npt.NDArray[np.int32]
    spikes: Mapping[str, npt.NDArray[np.bool_]]
    kinds: Mapping[str, range]
    time_constants: Mapping[str, npt.NDArray[np.float64]]
    signal: Signal | None = None
    neurons: Sequence[NeuronStates] = ()
    steps: readouts.StepAnswers | None = None
    goals: npt.NDArray[np.float64] | None = None


def raster(sample: Sample, names: Sequence[str], readout_steps: int) -> str:
    """Signal, spikes of the populations that spike most, and readout voltages, on one time axis.

    Channels of the input are coloured by what their spikes say; other neurons are in the order of their AHP time
    constants.

    Args:
        sample: what to draw.
        names: one for each class.
        readout_steps: steps at the end over which the voltages are summed.
    """
    first = next(iter(sample.spikes), None)
    spiking = [(name, spikes) for name, spikes in sample.spikes.items() if spikes.any()]
    shown = [spiking[k] for k in largest([spikes.sum() for _, spikes in spiking], _MOST_RASTERS)]
    most = max((spikes.shape[1] for _, spikes in shown), default=1)
    heights = [1.3] * (sample.signal is not None)
    heights += [0.8 + 2.2 * np.sqrt(spikes.shape[1] / most) for _, spikes in shown] + [2.4]
    heights += [1.4] * (sample.steps is not None)
    figure, axes = panels(10, sum(heights), rows=len(heights), height_ratios=heights, sharex=True, squeeze=False)
    rest = list(axes[:, 0])
    if sample.signal is not None:
        _signal(rest.pop(0), sample.signal)
    for panel, (name, spikes) in zip(rest, shown, strict=False):
        if name == first:
            _channels(panel, spikes, sample.kinds)
            order = "\nchannel" if sample.kinds else ""
        else:
            order = _neurons(panel, spikes, sample.time_constants.get(name))
        panel.set(ylabel=f"{literal(name)} ({spikes.shape[1]:,}){order}", ylim=(-1, spikes.shape[1]))
    if len(spiking) > len(shown):
        rest[0].set_title(f"the {len(shown)} of {len(spiking)} populations with the most spikes", size=9, loc="right")
    if sample.steps is not None:
        readouts.classes_over_time(rest.pop(), sample.steps, names)
        readouts.voltages(rest[-1], sample.readout, names)
        rest[-1].set_xlabel("")
    elif sample.label is None:
        readouts.voltages(rest[-1], sample.readout, names, readout_steps, sample.goals)
    else:
        readouts.classes(rest[-1], sample.readout, sample.label, names, readout_steps)
    return svg(figure, f"{sample.title}: spikes of every neuron and readout voltages over time")


def _signal(axes: Any, signal: Signal) -> None:
    spread = np.ptp(signal.values, axis=0)
    for k in largest(spread.tolist(), _MOST_SIGNALS):
        axes.plot(signal.times, signal.values[:, k], color=readouts.COLOURS[k % len(readouts.COLOURS)], linewidth=1.1)
    hidden = signal.values.shape[1] - _MOST_SIGNALS
    if hidden > 0:
        axes.set_title(
            f"the {_MOST_SIGNALS} signals that change most, of {signal.values.shape[1]}", size=9, loc="right"
        )
    axes.set_ylabel(f"signal{'s' * (signal.values.shape[1] > 1)}\n({signal.unit})" if signal.unit else "signal")


def _channels(axes: Any, spikes: npt.NDArray[np.bool_], kinds: Mapping[str, range]) -> None:
    """Spikes of the input in a colour for each kind of channel, and a legend of the kinds that spike."""
    rest = spikes.copy()
    for (kind, channels), colour in zip(kinds.items(), readouts.COLOURS, strict=False):
        of_kind = np.zeros_like(spikes)
        of_kind[:, channels] = spikes[:, channels]
        rest[:, channels] = False
        if of_kind.any():
            strokes(axes, of_kind, colour, _reach(spikes))
            axes.plot([], [], color=colour, label=literal(kind))
    if rest.any():
        strokes(axes, rest, reach=_reach(spikes))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=8, ncols=6, loc="lower left", bbox_to_anchor=(0, 1), borderpad=0)


def _neurons(axes: Any, spikes: npt.NDArray[np.bool_], constants: npt.NDArray[np.float64] | None) -> str:
    """Spikes of neurons, the fastest AHP current at the bottom; what the label says of their order."""
    if constants is None or np.isnan(constants).all():
        strokes(axes, spikes, reach=_reach(spikes))
        return ""
    order = np.argsort(np.where(np.isnan(constants), -1, constants), kind="stable")
    strokes(axes, spikes[:, order], reach=_reach(spikes))
    ticks = np.unique(np.linspace(0, len(order) - 1, 5).astype(np.int64))
    axes.set_yticks(ticks, [_steps(constants[order[k]]) for k in ticks])
    return "\nAHP time constant\n(steps)"


def _reach(spikes: npt.NDArray[np.bool_]) -> float:
    """Length of a stroke to either side, in neurons: among many neurons it is longer, to be seen."""
    return max(0.4, spikes.shape[1] / 200)


def _steps(constant: float) -> str:
    return "none" if np.isnan(constant) else "∞" if np.isinf(constant) else f"{constant:,.0f}"


def states(neuron: NeuronStates) -> str:
    """Current, AHP current and voltage with threshold of a neuron over time, one below the other.

    A stroke above the threshold is a spike, after which the voltage is 0.
    """
    figure, (current, slow, voltage) = panels(3.6, 3.9, rows=3, sharex=True, height_ratios=(1, 1, 1.5))
    time = np.arange(len(neuron.v))
    for axes, values, colour, label in (
        (current, neuron.u, ACCENT, "current u"),
        (slow, neuron.a, SOFT, "AHP current a"),
        (voltage, neuron.v, INK, "voltage v"),
    ):
        axes.plot(time, values, color=colour, linewidth=1)
        axes.set_ylabel(label)
    low = min(max(float(neuron.v.min()), -4.0), 0.0)
    height = 1 - low
    voltage.axhline(1, color=BAD, linewidth=0.9, linestyle="--")
    voltage.text(0, 1 + 0.2 * height, "threshold; spikes above it", size=7, color=BAD, va="bottom")
    voltage.vlines(time[neuron.spikes], 1 + 0.05 * height, 1 + 0.17 * height, color=INK, linewidth=1)
    voltage.set(xlabel="step", xlim=(-1, len(time)), ylim=(low - 0.05 * height, 1 + 0.36 * height))
    constant = f"AHP {_steps(neuron.time_constant)} steps" if not np.isnan(neuron.time_constant) else "no AHP"
    count = int(neuron.spikes.sum())
    title = f"{neuron.name}: {constant}, {count} spike{'s' * (count != 1)}"
    current.set_title(literal(title), size=9)
    return svg(figure, f"{title}; current, AHP current and voltage over time, in units of the threshold")


def time_constants(constants: npt.NDArray[np.float64]) -> str | None:
    """How many neurons have which AHP time constant, on a logarithmic axis of steps; None without AHP neurons.

    Args:
        constants: in steps, ``float64 (neuron,)``; those that are NaN are left out, and infinite ones are counted.
    """
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    finite = constants[np.isfinite(constants) & (constants > 0)]
    if not len(finite):
        return None
    low, high = float(finite.min()), float(finite.max())
    bins = np.geomspace(low / 1.1, high * 1.1, 21)
    figure, axes = panels(4.6, 2.6)
    axes.hist(finite, bins=bins.tolist(), color=ACCENT)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.6g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    never = int(np.isinf(constants).sum())
    axes.set(title="AHP time constants", xlabel="steps", ylabel="neurons")
    if never:
        axes.set_xlabel(f"steps; {never:,} more never decay")
    return svg(
        figure, f"Histogram of the AHP time constants of {len(finite):,} neurons, {low:,.0f} to {high:,.0f} steps"
    )
