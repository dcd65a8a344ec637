"""What a run shows: readouts, spikes, states and the counts that the profiler prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lava_ahp.network.events import Events


@dataclass(frozen=True, eq=False)
class Trace:
    """What a run shows.

    Attributes:
        steps: ``int64 (sample,)``, steps of every sample.
        readout: ``int32 (sample, readout_steps, neuron)``, voltage of the output population after its reset, over
            the last ``readout_steps`` steps of every sample.
        counts: spikes of every population but the input, ``int32 (sample, neuron)``.
        spikes: rasters asked for, ``bool (sample, time, neuron)``, False beyond the end of a shorter sample.
        states: states asked for, by population and then ``'u'``, ``'a'``, ``'v'``: ``int32 (sample, time, neuron)``,
            zero beyond the end of a shorter sample.
        activity: what the profiler prices, where the engine counts it.
    """

    steps: npt.NDArray[np.int64]
    readout: npt.NDArray[np.int32]
    counts: Mapping[str, npt.NDArray[np.int32]]
    spikes: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    states: Mapping[str, Mapping[str, npt.NDArray[np.int32]]] = field(default_factory=dict)
    activity: Activity | None = None


@dataclass(frozen=True, eq=False)
class Golden:
    """Samples that a file carries as its own proof: what came in and what the training forward made of it.

    Attributes:
        events: input spikes.
        trace: rasters and states of every population but the input, and the readout of every step.  States are in it
            because a changed weight shows in ``u`` at once, in spikes and voltages perhaps never.
        labels: ``int64 (sample,)``, or None where there are none.
        fingerprints: of the neurons as they were exported, see :func:`lava_ahp.network.fingerprints`; may be empty.
    """

    events: Events
    trace: Trace
    labels: npt.NDArray[np.int64] | None = None
    fingerprints: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Activity:
    """Exact counts of what a chip would spend energy on, per sample.

    Attributes:
        steps: ``int64 (sample,)``.
        spikes: by population, the input included: ``int64 (sample,)``.
        synops: by position in ``Network.connections``: ``int64 (sample,)``, spikes times the synapses each one reaches,
            counted when the spike happens.
        updates: by population but the input: neuron updates, ``int64 (sample,)``, neurons times steps.
        active_updates: of those, the ones in which a synaptic operation arrived or the neuron spiked.
    """

    steps: npt.NDArray[np.int64]
    spikes: Mapping[str, npt.NDArray[np.int64]]
    synops: Sequence[npt.NDArray[np.int64]]
    updates: Mapping[str, npt.NDArray[np.int64]]
    active_updates: Mapping[str, npt.NDArray[np.int64]]

    @classmethod
    def joined(cls, parts: Sequence[Activity]) -> Activity:
        """The counts of several runs of one network, one after the other."""

        def by_name(field: str) -> dict[str, npt.NDArray[np.int64]]:
            return {name: np.concatenate([getattr(a, field)[name] for a in parts]) for name in getattr(parts[0], field)}

        return cls(
            steps=np.concatenate([a.steps for a in parts]),
            spikes=by_name("spikes"),
            synops=tuple(np.concatenate(synops) for synops in zip(*(a.synops for a in parts), strict=True)),
            updates=by_name("updates"),
            active_updates=by_name("active_updates"),
        )
