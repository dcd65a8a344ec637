"""Samples for the report: a good and a bad answer of the network, and its telling neurons."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import Encoder, LevelCrossing, StoryCode
from lava_ahp.network import Network
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network.time_constants import ahp_time_constants
from lava_ahp.report.readout_figures import StepAnswers
from lava_ahp.report.sample_figures import NeuronStates, Sample, Signal
from lava_ahp.targets import ClassOfStep, Target, Value
from lava_ahp.workflow.encoding import Batch
from lava_ahp.workflow.evaluation import Evaluation, run_batch

#: Neurons whose states are shown.
_NEURONS = 3


def telling_samples(network: Network, whole: Evaluation) -> list[Sample]:
    """A sample with a good and one with a bad answer; the first one also has states of a few neurons.

    Args:
        network: what ran.
        whole: a run of it.
    """
    examples = whole.scores.examples()
    if not examples:
        return []
    chosen = np.array([position for position, _ in examples])
    batch = whole.batch.select(chosen)
    trace = run_batch(network, batch, "fast", rasters=network.names, readout_steps=None).trace
    task, constants = batch.task, {p.name: ahp_time_constants(p) for p in network}
    inputs, samples = batch.events.to_dense(), []
    for k, position in enumerate(chosen.tolist()):
        steps, index = int(trace.steps[k]), int(batch.indices[k])
        spikes = {name: raster[k, :steps] for name, raster in trace.spikes.items()}
        samples.append(
            Sample(
                title=examples[k][1].replace("{}", str(index), 1),
                readout=trace.readout[k, -steps:],
                spikes={network.input.name: inputs[k, :steps], **spikes},
                kinds=task.encoder.kinds(),
                time_constants=constants,
                signal=signal(task.encoder, task.signals[batch.split][index]),
                neurons=_states(network, batch.select(np.array([k])), spikes, constants) if k == 0 else (),
                **_answer(task.target, whole.labels[position], whole.predictions[position], steps),
            )
        )
    return samples


def _answer(target: Target, label: Any, found: Any, steps: int) -> dict[str, Any]:
    """What a picture shows of the answer to one sample of so many steps."""
    if isinstance(target, ClassOfStep):
        length = int(target.lengths(np.array([steps]))[0])
        times = np.arange(length) * target.stretch + target.shift
        return {"label": None, "steps": StepAnswers(times, label[:length], found[:length])}
    if isinstance(target, Value):
        return {"label": None, "goals": (label - np.array(target.offset)) / np.array(target.scale)}
    return {"label": int(label)}


def signal(encoder: Encoder, values: npt.NDArray[Any]) -> Signal | None:
    """What an encoder reads of a sample, over time; None for words.

    Several signals are drawn on one axis: each relative to the range of its own thresholds.

    Args:
        encoder: reads them.
        values: ``(time, ...)``, NaN after the end of a shorter sample.
    """
    if isinstance(encoder, StoryCode):
        return None
    ordered = encoder.in_order(values[None])[0]
    ordered = ordered.reshape(len(ordered), -1).astype(np.float64)
    ordered = ordered[~np.isnan(ordered).all(axis=1)]
    stretch, unit = 1, ""
    if isinstance(encoder, LevelCrossing):
        stretch = encoder.stretch
        levels = np.asarray(encoder.thresholds)
        if levels.shape[0] > 1 and levels.shape[1] > 1:
            ordered = (ordered - levels[:, 0]) / (levels[:, -1] - levels[:, 0])
            unit = "of the thresholds' range"
    return Signal(np.arange(len(ordered)) * stretch, ordered, unit)


def telling(
    spikes: dict[str, npt.NDArray[np.bool_]], constants: dict[str, npt.NDArray[np.float64]]
) -> list[tuple[str, int]]:
    """Population and number of neurons with a fast, a middling and a slow AHP current.

    Of the AHP neurons that spike, in the order of their time constants, each third gives the neuron that spikes most.
    Where no AHP neuron spikes, other neurons are taken instead.

    Args:
        spikes: by population, ``bool (time, neuron)``.
        constants: AHP time constants by population, ``float64 (neuron,)``, NaN without AHP current.
    """
    found = [
        (float(constants[name][k]), name, k, int(raster[:, k].sum()))
        for name, raster in spikes.items()
        for k in np.flatnonzero(raster.any(axis=0)).tolist()
    ]
    with_ahp = [neuron for neuron in found if not np.isnan(neuron[0])]
    ordered = sorted(with_ahp) or found
    cuts = np.linspace(0, len(ordered), min(_NEURONS, len(ordered)) + 1).astype(int).tolist()
    thirds = [ordered[first:last] for first, last in pairwise(cuts)]
    return [max(third, key=lambda neuron: neuron[3])[1:3] for third in thirds if third]


def _states(
    network: Network,
    batch: Batch,
    spikes: dict[str, npt.NDArray[np.bool_]],
    constants: dict[str, npt.NDArray[np.float64]],
) -> list[NeuronStates]:
    """States of the telling neurons over the only sample of a batch."""
    hidden = {name: raster for name, raster in spikes.items() if name != network.output}
    chosen = telling(hidden, constants)
    if not chosen:
        return []
    trace = run_batch(network, batch, "fast", states=sorted({name for name, _ in chosen})).trace
    states = []
    for name, k in chosen:
        threshold = max(1, int(network[name].parameters()["threshold"][k]) << fx.STATE_SHIFT)
        u, a, v = (trace.states[name][key][0, :, k] / threshold for key in "uav")
        states.append(NeuronStates(f"{name} {k}", float(constants[name][k]), u, a, v, spikes[name][:, k]))
    return states
