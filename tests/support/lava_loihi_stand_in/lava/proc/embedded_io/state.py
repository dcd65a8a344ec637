"""Reads a variable after every step and sends it in the next, as 24 bits without sign."""

import numpy as np
from lava.magma.core.decorator import implements, requires
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyOutPort, PyRefPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import OutPort, RefPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol


class Read(AbstractProcess):
    def __init__(self, shape, interval=1, offset=0):
        super().__init__(shape=shape, interval=interval, offset=offset)
        self.state, self.out = RefPort(shape), OutPort(shape=shape)

    def connect_var(self, var):
        self.state.connect_var(var)


@implements(proc=Read, protocol=LoihiProtocol)
@requires(CPU)
class PyRead(PyLoihiProcessModel):
    state: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.value = np.zeros(proc_params["shape"], np.int32)

    def post_guard(self):
        return True

    def run_post_mgmt(self):
        self.value = self.state.read() & 0xFFFFFF

    def run_spk(self):
        self.out.send(self.value)
