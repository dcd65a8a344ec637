"""Run one process model step by step without starting a process, or a whole Lava Process with a source and a sink."""

import warnings

import numpy as np
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source


def spikes_in_lava(network, spikes, tag="fixed_pt"):
    """Output spikes ``(time, neuron)`` of a network Process, ours or NetX's, run as in Lava's tutorials."""
    steps = len(spikes)
    source, sink = Source(data=spikes.T.astype(int)), Sink(shape=network.out.shape, buffer=steps)
    source.s_out.connect(network.inp)
    network.out.connect(sink.a_in)
    try:
        with warnings.catch_warnings():
            # Lava warns if it cannot import a module of the package while it searches for process models.
            warnings.filterwarnings("error", message="Cannot import module '<module '[a-z_]+' from '.*lava_ahp")
            network.run(condition=RunSteps(num_steps=steps), run_cfg=Loihi2SimCfg(select_tag=tag))
        return sink.data.get().T.astype(bool)
    finally:
        network.stop()


class Wire:
    """Replaces both ports of a neuron: it supplies the drive and keeps the spikes."""

    def __init__(self):
        self.drive = None
        self.sent = None

    def recv(self):
        return self.drive

    def send(self, data):
        self.sent = np.array(data)


class Bench:
    """A neuron model with its variables set as Lava's builder sets them."""

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
        """Run one time step and return the spikes."""
        self.wire.drive = np.asarray(drive)
        self.model.time_step += 1
        self.model.run_spk()
        return self.wire.sent.astype(int)

    def states(self, names):
        return {name: getattr(self.model, name).astype(np.int64) for name in names}
