"""Input spikes and expected outputs of some samples, and their HDF5 files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import h5py
import numpy as np
import numpy.typing as npt

from .plan import Plan

Ints = npt.NDArray[np.int64]


class Spikes(NamedTuple):
    """Spikes as lists, each ``int64 (spike,)``: the sample, its step from 0, and the neuron or channel."""

    sample: Ints
    step: Ints
    neuron: Ints

    def raster(self, sample: int, steps: int, neurons: int) -> npt.NDArray[np.bool_]:
        """The spikes of one sample, ``bool (step, neuron)``."""
        found = np.zeros((steps, neurons), bool)
        own = self.sample == sample
        found[self.step[own], self.neuron[own]] = True
        return found

    def write(self, group: h5py.Group) -> None:
        """Fill an empty group."""
        for key, values in self._asdict().items():
            group.create_dataset(key, data=values.astype(np.int32), compression="gzip")

    @classmethod
    def read(cls, group: h5py.Group) -> Spikes:
        """What :meth:`write` has written."""
        return cls(*(group[key][()].astype(np.int64) for key in cls._fields))


@dataclass(frozen=True, eq=False)
class Inputs:
    """What is sent to the network.

    Attributes:
        steps: of every sample, ``int64 (sample,)``.
        spikes: of the input; the last channel silences the neurons at the end of every interval.
    """

    steps: Ints
    spikes: Spikes

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.steps)

    def timeline(self, plan: Plan, samples: int) -> npt.NDArray[np.int32]:
        """Sample after sample, one in each interval: ``int32 (channel, time)``."""
        found = np.zeros((plan.channels, samples * plan.interval), np.int32)
        own = self.spikes.sample < samples
        found[self.spikes.neuron[own], (self.spikes.sample * plan.interval + self.spikes.step)[own]] = 1
        return found

    def write(self, group: h5py.Group) -> None:
        """Fill an empty group."""
        group.create_dataset("steps", data=self.steps)
        self.spikes.write(group.create_group("spikes"))

    @classmethod
    def read(cls, group: h5py.Group) -> Inputs:
        """What :meth:`write` has written."""
        return cls(group["steps"][()].astype(np.int64), Spikes.read(group["spikes"]))


@dataclass(frozen=True, eq=False)
class Golden:
    """What is expected.

    Attributes:
        spikes: by population, in the order of the network.
        readout: voltage of the output in every step, ``int32 (sample, step, neuron)``, zero beyond the end of a sample.
        labels: class of every sample, ``int64 (sample,)``; -1 where it is not known.
        window: steps at the end of a sample whose voltages are added up; the neuron with the largest sum is the class.
            0 where the network is not asked for the class of a sample.
    """

    spikes: Mapping[str, Spikes]
    readout: npt.NDArray[np.int32]
    labels: Ints
    window: int

    def write(self, group: h5py.Group) -> None:
        """Fill an empty group."""
        group.attrs["window"] = self.window
        group.attrs["populations"] = list(self.spikes)
        for k, found in enumerate(self.spikes.values()):
            found.write(group.create_group(f"spikes/{k:05}"))
        group.create_dataset("readout", data=self.readout, compression="gzip", shuffle=True)
        group.create_dataset("labels", data=self.labels)

    @classmethod
    def read(cls, group: h5py.Group) -> Golden:
        """What :meth:`write` has written."""
        spikes = {str(p): Spikes.read(group[f"spikes/{k:05}"]) for k, p in enumerate(group.attrs["populations"])}
        readout, labels = group["readout"][()].astype(np.int32), group["labels"][()].astype(np.int64)
        return cls(spikes, readout, labels, int(group.attrs["window"]))
