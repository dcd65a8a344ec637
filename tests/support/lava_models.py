"""Drive one of Lava's process models step by step without starting any process."""

import numpy as np
from lava.magma.core.model.py.type import LavaPyType


class Wire:
    """Stands for both ports of a neuron: hands out what was put in, keeps what was sent."""

    def __init__(self):
        self.drive = None
        self.sent = None

    def recv(self):
        return self.drive

    def send(self, data):
        self.sent = np.array(data)


class Bench:
    """A neuron model with its variables set as Lava's builder would set them."""

    def __init__(self, model, variables, params=None):
        size = len(variables["u"])
        self.model = model({} if params is None else params)
        self.wire = Wire()
        self.model.a_in = self.model.s_out = self.wire
        for name in dir(model):
            kind = getattr(model, name)
            if not isinstance(kind, LavaPyType) or name in ("a_in", "s_out"):
                continue
            value = variables.get(name, 0)
            if issubclass(kind.cls, np.ndarray):
                array = np.zeros(size, kind.d_type)
                array[:] = value
                setattr(self.model, name, array)
            else:
                setattr(self.model, name, value)

    def step(self, drive):
        """One time step; returns the spikes."""
        self.wire.drive = np.asarray(drive)
        self.model.time_step += 1
        self.model.run_spk()
        return self.wire.sent.astype(int)

    def states(self, names):
        return {name: getattr(self.model, name).astype(np.int64) for name in names}
