"""A network in parts as Processes of Lava: LIFReset, Dense, DelayDense, RingBuffer and Read, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from lava.magma.core.process.process import AbstractProcess
from lava.proc.io.sink import Read
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source
from lava.proc.lif.process import LIFReset

from lava_ahp.loihi2.schedule import Schedule
from lava_ahp.network import Network, Population
from lava_ahp.network import fixedpoint as fx
from lava_ahp.process.synapses import make_synapses


@dataclass(frozen=True, eq=False)
class Stock:
    """The Processes of a network.

    Attributes:
        source: the input spikes, and the quench as its last channel.
        neurons: a LIFReset by part.
        synapses: Dense and DelayDense.
        sinks: what receives the spikes of every part.
        reads: what reads a variable, by part and variable.
    """

    source: Source
    neurons: Mapping[str, LIFReset]
    synapses: tuple[AbstractProcess, ...]
    sinks: Mapping[str, Sink]
    reads: Mapping[tuple[str, str], Read]

    def __iter__(self) -> Iterator[AbstractProcess]:
        """All Processes."""
        yield self.source
        for group in (self.neurons.values(), self.synapses, self.sinks.values(), self.reads.values()):
            yield from group


def build(
    network: Network, spikes: npt.NDArray[np.int32], schedule: Schedule, reads: Mapping[str, tuple[str, ...]]
) -> Stock:
    """Make and connect the Processes.

    Args:
        network: in parts, see :mod:`lava_ahp.loihi2.partition`.
        spikes: of the input, ``int32 (channel, time)``.
        schedule: when neurons are reset.  Sinks and reads hold one interval of it.
        reads: names of the variables to read, by part.
    """
    neurons = {p.name: _neuron(p, schedule) for p in network}
    source = Source(data=spikes)
    synapses: list[AbstractProcess] = []
    for c in network.connections:
        for synapse in make_synapses(c, sparse=False):
            neurons.get(c.source, source).s_out.connect(synapse.s_in)
            synapse.a_out.connect(neurons[c.target].a_in)
            synapses.append(synapse)
    sinks = {name: Sink(shape=lif.s_out.shape, buffer=schedule.interval) for name, lif in neurons.items()}
    for name, sink in sinks.items():
        neurons[name].s_out.connect(sink.a_in)
    found = {(name, key): _read(getattr(neurons[name], key), schedule) for name, keys in reads.items() for key in keys}
    return Stock(source, neurons, tuple(synapses), sinks, found)


def _neuron(population: Population, schedule: Schedule) -> LIFReset:
    p = population.parameters()
    bias = fx.split_bias(p["bias"])
    assert bias is not None, "Neuron checks its bias"
    return LIFReset(
        shape=(population.size,),
        # The chip and Lava add 1 to the register.
        du=int(p["current_decay"][0]) - 1,
        dv=int(p["voltage_decay"][0]),
        vth=int(p["threshold"][0]),
        bias_mant=bias[0],
        bias_exp=bias[1],
        reset_interval=schedule.interval,
        reset_offset=schedule.reset_offset,
        name=population.name,
    )


def _read(variable: Any, schedule: Schedule) -> Read:
    read = Read(buffer=schedule.interval)
    read.connect_var(variable)
    return read
