"""A network in parts as a plan for the runner, which builds it in Lava."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.loihi2.partition import Partition
from lava_ahp.loihi2.runner.plan import Neurons, Plan, Synapses
from lava_ahp.loihi2.runner.samples import Spikes
from lava_ahp.loihi2.schedule import Schedule
from lava_ahp.network import Connection, Events
from lava_ahp.network import fixedpoint as fx


def plan(split: Partition, schedule: Schedule, output: str) -> Plan:
    """The arguments of every Process.

    Args:
        split: the network in parts.
        schedule: when neurons are reset.
        output: population whose voltage is the readout.
    """
    network = split.network
    return Plan(
        source=network.input.name,
        channels=network.input.size,
        interval=schedule.interval,
        neurons=tuple(_neurons(split)),
        synapses=tuple(item for c in network.connections for item in _synapses(c)),
        output=output,
    )


def events(found: Events) -> Spikes:
    """Spikes in the lists of the runner."""
    sample = np.repeat(np.arange(len(found)), np.diff(found.offsets))
    return Spikes(sample, found.times.astype(np.int64), found.sources.astype(np.int64))


def _neurons(split: Partition) -> Iterator[Neurons]:
    for population, parts in split.members.items():
        for name, members in parts.items():
            p = split.network[name].parameters()
            bias = fx.split_bias(p["bias"])
            assert bias is not None, "Neuron checks its bias"
            yield Neurons(
                name=name,
                population=population,
                members=members,
                # The chip and Lava add 1 to the register.
                du=int(p["current_decay"][0]) - 1,
                dv=int(p["voltage_decay"][0]),
                vth=int(p["threshold"][0]),
                bias_mant=np.asarray(bias[0], np.int64),
                bias_exp=np.asarray(bias[1], np.int64),
            )


def _synapses(connection: Connection) -> Iterator[Synapses]:
    for sign, keep in connection.sign_groups():
        where = connection.targets[keep], connection.sources[keep]

        def matrix(values: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
            found = np.zeros(connection.shape, np.int32)
            found[where] = values  # noqa: B023
            return found

        # Lava's delays do not include the one step that every spike takes.
        extra = connection.delays[keep].astype(np.int32) - fx.DELAY_MIN
        yield Synapses(
            source=connection.source,
            target=connection.target,
            weights=matrix(connection.values[keep]),
            exponent=connection.exponent,
            sign=sign,
            delays=matrix(extra) if extra.any() else None,
        )
