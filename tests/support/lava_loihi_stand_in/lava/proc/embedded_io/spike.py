"""Adapters of spikes.  On the way in, they add as many steps as the environment says."""

import os
from collections import deque

import numpy as np
from lava.magma.core.decorator import implements, requires
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol


class PyToNxAdapter(AbstractProcess):
    def __init__(self, shape, num_message_bits=0):
        super().__init__(shape=shape, late=int(os.environ.get("STAND_IN_LATE_IN", "0")))
        self.inp, self.out = InPort(shape=shape), OutPort(shape=shape)


class NxToPyAdapter(AbstractProcess):
    def __init__(self, shape, num_message_bits=0):
        super().__init__(shape=shape, late=int(os.environ.get("STAND_IN_LATE_OUT", "0")))
        self.inp, self.out = InPort(shape=shape), OutPort(shape=shape)


class _Late(PyLoihiProcessModel):
    def __init__(self, proc_params):
        super().__init__(proc_params)
        shape, late = proc_params["shape"], proc_params["late"]
        self.waiting = deque(np.zeros(shape, np.int32) for _ in range(late))

    def run_spk(self):
        self.waiting.append(self.inp.recv())
        self.out.send(self.waiting.popleft())


@implements(proc=PyToNxAdapter, protocol=LoihiProtocol)
@requires(CPU)
class PyPyToNx(_Late):
    inp: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)


@implements(proc=NxToPyAdapter, protocol=LoihiProtocol)
@requires(CPU)
class PyNxToPy(_Late):
    inp: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
