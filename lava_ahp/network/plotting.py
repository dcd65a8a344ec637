"""Pictures of a run, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError, cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lava_ahp.network.trace import Trace

#: Neurons whose states are drawn: those that spike most.
FEW = 3
_LABELS = {"u": "current u", "a": "AHP current a", "v": "voltage v"}


def plot_trace(trace: Trace, sample: int = 0, populations: Sequence[str] | None = None) -> Figure:
    """One sample as rasters, states of a few neurons, and readout, over a common time axis.

    Args:
        trace: the run.
        sample: number of the sample.
        populations: what to draw; None for every population with a recorded raster or state.

    Raises:
        SpecError: no such sample, or a population of which nothing was recorded.
    """
    from matplotlib.figure import Figure

    if not 0 <= sample < len(trace.steps):
        raise SpecError(f"trace: found sample {sample}, allowed 0..{len(trace.steps) - 1}")
    recorded = list(dict.fromkeys([*trace.spikes, *trace.states]))
    names = recorded if populations is None else list(populations)
    for name in names:
        if name not in recorded:
            raise SpecError(
                f"trace: nothing was recorded of {name!r}, only of {recorded}; run with rasters= or states= naming it"
            )
    panels: list[tuple[str, str]] = []
    for name in names:
        panels += [(name, "spikes")] * (name in trace.spikes)
        panels += [(name, key) for key in trace.states.get(name, {})]
    figure = Figure(figsize=(8, 1.5 + 1.5 * len(panels)), layout="constrained")
    axes = np.atleast_1d(figure.subplots(len(panels) + 1, sharex=True))
    for axis, (name, what) in zip(axes, panels, strict=False):
        if what == "spikes":
            _raster(axis, name, trace.spikes[name][sample])
        else:
            label = f"{cut(name, 40)}\n{_LABELS[what]}"
            _states(axis, label, trace.states[name][what][sample], trace.counts[name][sample])
    _readout(axes[-1], trace, sample)
    return figure


def _raster(axis: Axes, name: str, spikes: npt.NDArray[np.bool_]) -> None:
    times, neurons = np.nonzero(spikes)
    axis.plot(times, neurons, "|", color="black", markersize=2)
    axis.set(ylabel=f"{cut(name, 40)}\nneuron", ylim=(-0.5, spikes.shape[1] - 0.5))


def _states(axis: Axes, label: str, values: npt.NDArray[Any], counts: npt.NDArray[np.int32]) -> None:
    for neuron in np.argsort(-counts, kind="stable")[:FEW]:
        axis.plot(values[:, neuron], linewidth=0.8, label=f"neuron {neuron}")
    axis.set(ylabel=label)
    axis.legend(loc="upper right", fontsize="x-small")


def _readout(axis: Axes, trace: Trace, sample: int) -> None:
    steps, readout = int(trace.steps[sample]), trace.readout[sample]
    # A sample shorter than the readout is padded with zeros in front.
    kept = min(steps, len(readout))
    time = np.arange(steps - kept, steps)
    for k, voltage in enumerate(readout[len(readout) - kept :].T):
        axis.plot(time, voltage, linewidth=0.8, marker="." if kept == 1 else None, label=f"{k}")
    if readout.shape[1] <= 10:
        axis.legend(loc="upper left", fontsize="x-small", ncols=5)
    axis.set(xlabel="step", ylabel="readout v", xlim=(-0.5, steps - 0.5))
