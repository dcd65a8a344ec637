"""The Lava Process that sends the input spikes of a recording."""

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

from lava_ahp.process.recording import Recording


class SpikeSource(AbstractProcess):
    """Sends the input spikes of the current sample, one row of the recording in each time step.

    Args:
        recording: shared memory, whose ``spikes`` the engine fills before each sample.

    Attributes:
        s_out: OutPort, spikes ``(channel,)``.
    """

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording=recording, name="source")
        self.s_out = OutPort(shape=recording.spikes.shape[1:])


@implements(proc=SpikeSource, protocol=LoihiProtocol)
@requires(CPU)
class PySpikeSourceModel(PyLoihiProcessModel):
    """Reads the spikes from shared memory."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=1)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.recording: Recording = proc_params["recording"]

    def run_spk(self) -> None:
        """Send the spikes of one time step."""
        self.s_out.send(self.recording.spikes[self.recording.row(self.time_step)])
