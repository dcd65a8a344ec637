"""The Processes of a plan: ``LIFReset``, ``Dense``, ``DelayDense``, and what brings spikes in and records."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from lava.magma.core.process.process import AbstractProcess
from lava.proc.dense.process import DelayDense, Dense
from lava.proc.io.source import RingBuffer as Source
from lava.proc.lif.process import LIFReset
from lava.utils.weightutils import SignMode

from .device import Device
from .plan import Neurons, Plan, Synapses

#: Spikes and variables of one interval, ``int32 (time, neuron)``, by name of the neurons and ``'s'``, ``'u'`` or
#: ``'v'``.
Record = dict[tuple[str, str], npt.NDArray[np.int32]]


class Lags(NamedTuple):
    """Steps that a device adds.

    Attributes:
        input: from the step of an input spike to the one in which it counts, against the reset of the neurons.
        spikes: from a spike to the step in which it is recorded.
        states: from a state to the step in which it is recorded.
    """

    input: int = 0
    spikes: int = 0
    states: int = 0

    @property
    def longest(self) -> int:
        """Steps by which a sample is recorded after its last one, at most."""
        return max(0, self.input + max(self.spikes, self.states))

    @property
    def spread(self) -> int:
        """Steps beyond an interval that a recording holds: a reset may come later than the input, too."""
        return self.longest - min(0, self.input + min(self.spikes, self.states))


NO_LAGS = Lags()


@dataclass(frozen=True, eq=False)
class Built:
    """The Processes of a network.

    Attributes:
        source: the input spikes.
        processes: all of them.
        recorders: those with a recording, by name of the neurons and ``'s'``, ``'u'`` or ``'v'``.
        device: where they run.
        interval: steps of a sample.
        lags: of the device.
    """

    source: Source
    processes: tuple[AbstractProcess, ...]
    recorders: Mapping[tuple[str, str], AbstractProcess]
    device: Device
    interval: int
    lags: Lags

    def steps(self, sample: int) -> int:
        """Steps to run until a sample is recorded, after the sample before it."""
        return self.interval + (self.lags.longest if sample == 0 else 0)

    def record(self, sample: int) -> Record:
        """What was recorded of the sample that has just run."""
        found: Record = {}
        for (name, key), recorder in self.recorders.items():
            values = self.device.integers(recorder.data.get())
            late = self.lags.input + (self.lags.spikes if key == "s" else self.lags.states)
            # The recording is a ring.
            place = (sample * self.interval + late + np.arange(self.interval)) % values.shape[1]
            found[name, key] = values[:, place].T
        return found


def build(
    plan: Plan,
    spikes: npt.NDArray[np.int32],
    device: Device,
    lags: Lags = NO_LAGS,
    *,
    record: Collection[str] | None = None,
    reads: Mapping[str, Collection[str]] | None = None,
) -> Built:
    """Make and connect the Processes.

    Args:
        plan: the network.
        spikes: of the input, ``int32 (channel, time)``, sample after sample.
        device: where they run.
        lags: of the device.
        record: names of the neurons whose spikes are recorded; None for all.
        reads: names of the variables to record, ``u`` or ``v``, by name of the neurons.
    """
    neurons = {part.name: _neurons(part, plan, lags) for part in plan.neurons}
    source = Source(data=spikes)
    port, made = device.send(source.s_out)
    ports = {plan.source: port, **{name: lif.s_out for name, lif in neurons.items()}}
    synapses = []
    for item in plan.synapses:
        synapse = _synapses(item)
        ports[item.source].connect(synapse.s_in)
        synapse.a_out.connect(neurons[item.target].a_in)
        synapses.append(synapse)
    buffer = plan.interval + lags.spread
    chains = {(name, "s"): device.receive(ports[name], buffer) for name in (neurons if record is None else record)}
    for name, keys in (reads or {}).items():
        chains |= {(name, key): device.read(getattr(neurons[name], key), buffer) for key in keys}
    recorders = {key: chain[-1] for key, chain in chains.items()}
    processes = (source, *made, *neurons.values(), *synapses, *_flat(chains))
    return Built(source, processes, recorders, device, plan.interval, lags)


def _neurons(part: Neurons, plan: Plan, lags: Lags) -> LIFReset:
    return LIFReset(
        shape=(len(part.members),),
        du=part.du,
        dv=part.dv,
        vth=part.vth,
        bias_mant=part.bias_mant,
        bias_exp=part.bias_exp,
        reset_interval=plan.interval,
        # Lava counts steps from 1, and resets where its step modulo the interval is the offset.
        reset_offset=(1 + lags.input) % plan.interval,
        name=part.name,
    )


def _synapses(item: Synapses) -> AbstractProcess:
    options: dict[str, Any] = {
        "weights": item.weights,
        "weight_exp": item.exponent,
        "num_weight_bits": 8,
        "sign_mode": SignMode[item.sign],
        "name": f"{item.source}_to_{item.target}_{item.sign.lower()}",
    }
    if item.delays is None:
        return Dense(**options)
    return DelayDense(**options, delays=item.delays.astype(int), max_delay=int(item.delays.max()))


def _flat(chains: Mapping[Any, tuple[AbstractProcess, ...]]) -> Iterator[AbstractProcess]:
    for chain in chains.values():
        yield from chain
