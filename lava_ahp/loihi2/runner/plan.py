"""A network as the arguments of Lava's ``LIFReset``, ``Dense`` and ``DelayDense``, and its HDF5 file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Neurons:
    """The arguments of a ``LIFReset``, and which neurons it stands for.

    Attributes:
        name: of the Process.
        population: that these neurons are a part of.
        members: their numbers in the population, ``int64 (neuron,)``.
        du: register of the current's decay, 0 to 4095; chip and Lava add 1.
        dv: register of the voltage's decay, 0 to 4095.
        vth: threshold, 0 to 131071, in units of 64.
        bias_mant: ``int64 (neuron,)``, -4096 to 4095.
        bias_exp: ``int64 (neuron,)``, 0 to 7.
    """

    name: str
    population: str
    members: Ints
    du: int
    dv: int
    vth: int
    bias_mant: Ints
    bias_exp: Ints


@dataclass(frozen=True, eq=False)
class Synapses:
    """The arguments of a ``Dense``, or of a ``DelayDense`` where there are delays.

    Attributes:
        source: name of the neurons that spike, or of the input.
        target: name of the neurons that receive.
        weights: ``int32 (target, source)``.
        exponent: weights count ``2**exponent`` times, 0 to 7.
        sign: ``MIXED`` (even weights), ``EXCITATORY`` or ``INHIBITORY``.
        delays: steps beyond the one that every spike takes, ``int32 (target, source)``; None for none.
    """

    source: str
    target: str
    weights: npt.NDArray[np.int32]
    exponent: int
    sign: str
    delays: npt.NDArray[np.int32] | None


@dataclass(frozen=True, eq=False)
class Plan:
    """A network, ready to be built.

    Attributes:
        source: name of the input.
        channels: of the input; the last one silences all neurons at the end of every sample.
        interval: steps from one reset of all neurons to the next, a power of two.
        neurons: every ``LIFReset``.
        synapses: every ``Dense`` and ``DelayDense``.
        output: population whose voltage is the readout.
    """

    source: str
    channels: int
    interval: int
    neurons: tuple[Neurons, ...]
    synapses: tuple[Synapses, ...]
    output: str

    def parts(self, population: str) -> list[Neurons]:
        """What a population consists of."""
        return [part for part in self.neurons if part.population == population]

    def write(self, group: h5py.Group) -> None:
        """Fill an empty group."""
        for key in ("source", "channels", "interval", "output"):
            group.attrs[key] = getattr(self, key)
        for kind in ("neurons", "synapses"):
            for number, item in enumerate(getattr(self, kind)):
                _write(group.create_group(f"{kind}/{number:05}"), item)

    @classmethod
    def read(cls, group: h5py.Group) -> Plan:
        """What :meth:`write` has written."""
        return cls(
            source=str(group.attrs["source"]),
            channels=int(group.attrs["channels"]),
            interval=int(group.attrs["interval"]),
            neurons=tuple(Neurons(**values) for values in _read(group, "neurons")),
            synapses=tuple(Synapses(**{"delays": None, **values}) for values in _read(group, "synapses")),
            output=str(group.attrs["output"]),
        )


def _write(group: h5py.Group, item: Neurons | Synapses) -> None:
    """Arrays become datasets, and the rest attributes."""
    for key, value in vars(item).items():
        if isinstance(value, np.ndarray):
            group.create_dataset(key, data=value, compression="gzip" if value.size > 1000 else None)
        elif value is not None:
            group.attrs[key] = value


def _read(group: h5py.Group, kind: str) -> Iterator[dict[str, Any]]:
    for name in sorted(group[kind]):
        attributes = group[kind][name].attrs.items()
        yield {key: value if isinstance(value, str) else int(value) for key, value in attributes} | {
            key: dataset[()] for key, dataset in group[kind][name].items()
        }
