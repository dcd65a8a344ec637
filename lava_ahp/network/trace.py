"""What a run records: readout, spikes, states, and the counts that the profiler prices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lava_ahp.network.checksums import state_checksums
from lava_ahp.network.events import Events

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lava_ahp.network.graph import Network


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """What a run records.

    Attributes:
        steps: ``int64 (sample,)``, steps of every sample.
        readout: ``int32 (sample, readout_steps, neuron)``, voltage of the output population after its reset, over
            the last ``readout_steps`` steps of every sample.
        counts: spikes of every population but the input, ``int32 (sample, neuron)``.
        spikes: recorded rasters, ``bool (sample, time, neuron)``, False beyond the end of a shorter sample.
        states: recorded states, by population and then ``'u'``, ``'a'``, ``'v'``: ``int32 (sample, time, neuron)``,
            zero beyond the end of a shorter sample.
        activity: what the profiler prices, where the engine counts it.
    """

    steps: npt.NDArray[np.int64]
    readout: npt.NDArray[np.int32]
    counts: Mapping[str, npt.NDArray[np.int32]]
    spikes: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    states: Mapping[str, Mapping[str, npt.NDArray[np.int32]]] = field(default_factory=dict)
    activity: Activity | None = None

    @classmethod
    def zeros(
        cls,
        network: Network,
        steps: npt.NDArray[np.int64],
        readout_steps: int,
        rasters: Collection[str],
        states: Collection[str],
    ) -> Trace:
        """A trace without activity whose arrays are zero, for an engine to fill.

        Args:
            network: the network that will run.
            steps: steps of every sample, ``int64 (sample,)``.
            readout_steps: steps of the readout.
            rasters: populations whose spikes are recorded.
            states: populations whose states are recorded.
        """
        samples, length = len(steps), int(steps.max())
        size = {p.name: p.size for p in network}
        return cls(
            steps=steps,
            readout=np.zeros((samples, readout_steps, size[network.output]), np.int32),
            counts={name: np.zeros((samples, n), np.int32) for name, n in size.items()},
            spikes={name: np.zeros((samples, length, size[name]), bool) for name in rasters},
            states={name: {key: np.zeros((samples, length, size[name]), np.int32) for key in "uav"} for name in states},
        )

    def plot(self, sample: int = 0, populations: Sequence[str] | None = None) -> Figure:
        """Draw one sample: rasters, the states of a few neurons, and the readout.

        Args:
            sample: number of the sample.
            populations: what to draw; None for every population with a recorded raster or state.

        Returns:
            A matplotlib figure that pyplot does not hold.

        Raises:
            SpecError: no such sample, or a population of which nothing was recorded.
        """
        from lava_ahp.network.plotting import plot_trace

        return plot_trace(self, sample, populations)

    def __repr__(self) -> str:
        from lava_ahp.network.summary import describe_trace

        return describe_trace(self)

    def _repr_html_(self) -> str:
        from lava_ahp.network.summary import trace_rows
        from lava_ahp.network.tables import html_table

        return html_table(repr(self), trace_rows(self))


@dataclass(frozen=True, eq=False)
class Golden:
    """Samples that a file carries as its own proof: their input, and what the training forward pass computed.

    Attributes:
        events: input spikes.
        trace: rasters of every population but the input, and the readout of every step.  Records read from files of
            version 1 hold states too.
        sums: checksums of the states, by population and then ``'u'``, ``'a'``, ``'v'``: ``int64 (sample, time, 3)``,
            see :mod:`lava_ahp.network.checksums`.  States are recorded because a changed weight shows in ``u`` at
            once, but in spikes and voltages perhaps never.
        labels: ``int64 (sample,)``, or None where there are none.
        fingerprints: hashes of the exported neurons and of shared weights, see
            :func:`lava_ahp.network.fingerprints`; may be empty.
        task: the exported network's task as JSON values (encoder, readout steps, class names); None where the record
            does not cover it.  The spikes alone would not show that another encoder or another reading of the readout
            is in the file.
    """

    events: Events
    trace: Trace
    sums: Mapping[str, Mapping[str, npt.NDArray[np.int64]]] = field(default_factory=dict)
    labels: npt.NDArray[np.int64] | None = None
    fingerprints: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    task: Mapping[str, Any] | None = None

    def summed(self) -> Golden:
        """The same record with checksums in place of the states."""
        sums = {**self.sums, **state_checksums(self.trace.states)}
        return replace(self, trace=replace(self.trace, states={}), sums=sums)


@dataclass(frozen=True, eq=False)
class Activity:
    """Exact counts of what costs energy on a chip, per sample.

    Attributes:
        steps: ``int64 (sample,)``.
        spikes: by population, the input included: ``int64 (sample,)``.
        synops: by position in ``Network.connections``: ``int64 (sample,)``, spikes times the synapses each one reaches,
            counted when the spike happens.
        updates: by population but the input: neuron updates, ``int64 (sample,)``, neurons times steps.
        active_updates: updates in which a synaptic operation arrived or the neuron spiked.
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
