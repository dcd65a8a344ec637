"""What differs between Lava's simulation and the chip: how spikes and states get in and out, and how a run starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2HwCfg, Loihi2SimCfg
from lava.proc.io.sink import Read
from lava.proc.io.sink import RingBuffer as Sink

from . import vendor

#: Processes, the last of which has the recording as its variable ``data``.
Chain = tuple[AbstractProcess, ...]


class Device(Protocol):
    """Where a network runs.

    Attributes:
        name: of the device.
        simulated: whether nothing that is measured there says anything of a chip.
    """

    name: str
    simulated: bool

    def send(self, port: Any) -> tuple[Any, Chain]:
        """The port from which neurons receive what a port in Python sends, and the Processes in between."""

    def receive(self, port: Any, buffer: int) -> Chain:
        """Processes that record the spikes of a port; the last has ``data`` of ``(neuron, buffer)``."""

    def read(self, variable: Any, buffer: int) -> Chain:
        """Processes that record a variable in every step; the last has ``data`` of ``(neuron, buffer)``."""

    def integers(self, values: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """What was recorded, as ``int32``."""

    def config(self) -> Any:
        """A new run configuration."""


class Simulation:
    """Lava's bit-accurate simulation of Loihi 2 on this machine."""

    name, simulated = "Lava's simulation, Loihi2SimCfg", True

    def send(self, port: Any) -> tuple[Any, Chain]:
        """The port itself."""
        return port, ()

    def receive(self, port: Any, buffer: int) -> Chain:
        """A ring buffer."""
        sink = Sink(shape=port.shape, buffer=buffer)
        port.connect(sink.a_in)
        return (sink,)

    def read(self, variable: Any, buffer: int) -> Chain:
        """Lava's ``Read``."""
        read = Read(buffer=buffer)
        read.connect_var(variable)
        return (read,)

    def integers(self, values: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """The values."""
        return values.astype(np.int32)

    def config(self) -> Any:
        """The configuration that selects the fixed-point models."""
        return Loihi2SimCfg(select_tag="fixed_pt")


class Chip:
    """Loihi 2.  Processes in Python and on neurocores meet in adapters only.

    Args:
        name: of the host and board, as :func:`vendor.connect` describes it.
    """

    simulated = False

    def __init__(self, name: str) -> None:
        self.name = name

    def send(self, port: Any) -> tuple[Any, Chain]:
        """An adapter."""
        adapter = vendor.spikes_in(port.shape)
        port.connect(adapter.inp)
        return adapter.out, (adapter,)

    def receive(self, port: Any, buffer: int) -> Chain:
        """An adapter, and a ring buffer behind it."""
        adapter, sink = vendor.spikes_out(port.shape), Sink(shape=port.shape, buffer=buffer)
        port.connect(adapter.inp)
        adapter.out.connect(sink.a_in)
        return adapter, sink

    def read(self, variable: Any, buffer: int) -> Chain:
        """An adapter that sends the variable, and a ring buffer behind it."""
        adapter, sink = vendor.state_out(variable.shape), Sink(shape=variable.shape, buffer=buffer)
        adapter.connect_var(variable)
        adapter.out.connect(sink.a_in)
        return adapter, sink

    def integers(self, values: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """States come as 24 bits without their sign extended."""
        return (values.astype(np.int64).astype(np.int32) << 8) >> 8

    def config(self) -> Any:
        """A plain configuration: the profiler looks up its exact type."""
        return Loihi2HwCfg()


@contextmanager
def running(process: AbstractProcess, config: Any) -> Iterator[Callable[[int], None]]:
    """Run the network of a Process any number of times, each for a number of steps, and release the device."""

    def run(steps: int) -> None:
        process.run(condition=RunSteps(num_steps=steps), run_cfg=config)

    try:
        yield run
    finally:
        process.stop()
