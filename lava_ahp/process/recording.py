"""Shared memory for the input spikes and the recorded states of one sample, and the process models that use it.

Lava's ``Var.get`` and ``Var.set`` pass arrays through a pipe one number at a time, at about 20 microseconds each.  The
engine instead keeps spikes, states and spike counts in anonymous shared memory, which Lava's operating system processes
inherit when they are forked.  The memory has no name, so it cannot outlive the program.

The Lava Processes of a network do not depend on this module.  The models below subclass Lava's models and ours without
changing what they compute.  They add two things to a time step: they clear the state at the start of a sample, and they
record the states that were asked for.
"""

import mmap
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.network import graph


class Recording:
    """Input spikes and recorded states of one sample, in shared memory.

    Attributes:
        spikes: input spikes, ``bool (time, channel)``.
        counts: spike counts so far, by population: ``int32 (neuron,)``.
        rows: recorded values by population and variable (``u``, ``a``, ``v``, ``s``): ``int32 (time, neuron)``.

    Args:
        network: the network to run.
        length: number of time steps of the longest sample.
        keep: by population, the variables to record.
    """

    def __init__(self, network: graph.Network, length: int, keep: Mapping[str, Collection[str]]) -> None:
        self._start = _shared((1,), np.int64)
        self.spikes: npt.NDArray[np.bool_] = _shared((length, network.input.size), np.bool_)
        self.counts = {p.name: _shared((p.size,), np.int32) for p in network}
        self.rows = {
            p.name: {key: _shared((length, p.size), np.int32) for key in keep.get(p.name, ())} for p in network
        }

    @property
    def start(self) -> int:
        """Lava's number of the first time step of the current sample."""
        return int(self._start[0])

    @start.setter
    def start(self, time_step: int) -> None:
        self._start[0] = time_step

    def row(self, time_step: int) -> int:
        """Convert Lava's number of a time step to its index in the current sample."""
        return time_step - self.start


def _shared(shape: tuple[int, ...], dtype: Any) -> npt.NDArray[Any]:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer(mmap.mmap(-1, max(size, 1)), dtype=dtype, count=int(np.prod(shape))).reshape(shape)


# The classes are defined inside functions because Lava searches every module of this folder for process models.  It
# would treat a subclass at module level as another candidate.


def recorded(model: Any) -> Any:
    """Extend an AHP model: it starts each sample from an all-zero state and records its variables."""

    class RecordedModel(model):
        def run_spk(self) -> None:
            recording, name = self.proc_params["recording"], self.proc_params["name"]
            row = recording.row(self.time_step)
            if row == 0:
                self.clear()
            super().run_spk()
            recording.counts[name] += self.s
            for key, rows in recording.rows[name].items():
                rows[row] = getattr(self, key)

    return RecordedModel


def clearing(model: Any) -> Any:
    """Extend one of Lava's connection models: its dendritic buffer is empty at the start of each sample."""

    class ClearingModel(model):
        a_buff: npt.NDArray[Any]

        def run_spk(self) -> None:
            if self.proc_params["recording"].row(self.time_step) == 0:
                self.a_buff = np.zeros_like(self.a_buff)
            super().run_spk()

    return ClearingModel


def caching_delays(model: Any) -> Any:
    """Extend one of Lava's connection models with delays: it sorts the weights by delay once, not in every step."""

    class CachingDelayModel(model):
        def get_delay_wgts_mat(self, weights: Any, delays: Any, max_delay: int) -> Any:
            if getattr(self, "_by_delay", None) is None:
                self._by_delay = model.get_delay_wgts_mat(weights, delays, max_delay)
            return self._by_delay

    return CachingDelayModel
