"""A process that plays the spikes of a tape."""

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from lava_ahp.process.tape import Tape


class SpikeSource(AbstractProcess):
    """Sends the input spikes of the present sample, a row of the tape in every step.

    Args:
        tape: shared memory, filled before each sample.

    Attributes:
        s_out: OutPort, spikes ``(channel,)``.
    """

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape=tape, name="source")
        self.s_out = OutPort(shape=tape.spikes.shape[1:])


@implements(proc=SpikeSource, protocol=LoihiProtocol)
@requires(CPU)
class PySpikeSourceModel(PyLoihiProcessModel):
    """Reads the tape."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=1)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.tape: Tape = proc_params["tape"]

    def run_spk(self) -> None:
        """One time step."""
        self.s_out.send(self.tape.spikes[self.tape.row(self.time_step)])
