"""Memory that the engine shares with Lava's processes, and the process models that use it.

Lava's ``Var.get`` and ``Var.set`` pass arrays number by number through a pipe, some 20 microseconds each.  The engine
therefore lays spikes, states and counts into anonymous shared memory, which Lava's processes inherit as they are
forked; nothing of it has a name that could outlive the program.

The processes of a network know nothing of this.  The models below are Lava's and ours, unchanged in what they compute,
with two things added around a step: they clear their memory where a sample begins, and note their state where it is
wanted.
"""

import mmap
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.network import graph


class Tape:
    """One sample: what goes in and what is kept of it.

    Attributes:
        spikes: ``bool (time, channel)``, input.
        counts: by population, spikes so far: ``int32 (neuron,)``.
        rows: by population and variable (``u``, ``a``, ``v``, ``s``), what is kept: ``int32 (time, neuron)``.

    Args:
        network: what will run.
        length: steps of the longest sample.
        keep: by population, the variables to keep.
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
        """Lava's time step at which the present sample begins."""
        return int(self._start[0])

    @start.setter
    def start(self, time_step: int) -> None:
        self._start[0] = time_step

    def row(self, time_step: int) -> int:
        """Step of the sample, from 0, at one of Lava's time steps."""
        return time_step - self.start


def _shared(shape: tuple[int, ...], dtype: Any) -> npt.NDArray[Any]:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer(mmap.mmap(-1, max(size, 1)), dtype=dtype, count=int(np.prod(shape))).reshape(shape)


# The classes are made inside functions because Lava looks for process models by reading every module of this folder,
# and would take a subclass at the top of one for another candidate.


def noting(model: Any) -> Any:
    """An AHP model that starts each sample from zero and notes what the tape has rows for."""

    class NotingModel(model):
        def run_spk(self) -> None:
            tape, name = self.proc_params["tape"], self.proc_params["name"]
            row = tape.row(self.time_step)
            if row == 0:
                self.clear()
            super().run_spk()
            tape.counts[name] += self.s
            for key, rows in tape.rows[name].items():
                rows[row] = getattr(self, key)

    return NotingModel


def clearing(model: Any) -> Any:
    """A connection model of Lava's whose dendrites are empty where a sample begins."""

    class ClearingModel(model):
        a_buff: np.ndarray

        def run_spk(self) -> None:
            if self.proc_params["tape"].row(self.time_step) == 0:
                self.a_buff = np.zeros_like(self.a_buff)
            super().run_spk()

    return ClearingModel


def clearing_delays(model: Any) -> Any:
    """The same for the delayed ones, which besides would sort all weights by delay anew in every step."""

    class ClearingDelayModel(clearing(model)):  # type: ignore[misc]
        def get_delay_wgts_mat(self, weights: Any, delays: Any, max_delay: int) -> Any:
            if getattr(self, "_by_delay", None) is None:
                self._by_delay = model.get_delay_wgts_mat(weights, delays, max_delay)
            return self._by_delay

    return ClearingDelayModel
