"""A network file in stock NetX and Lava."""

import numpy as np
from lava.lib.dl.netx.hdf5 import Network as StockNetwork
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source


def run_stock(path, spikes, **options):
    """Spikes ``(time, neuron)`` of the last layer, and its final voltage, as stock NetX and Lava compute them.

    ``options`` are those of NetX, such as ``num_layers`` and ``skip_layers``.
    """
    network = StockNetwork(net_config=str(path), **options)
    source = Source(data=spikes.T.astype(np.int32))
    sink = Sink(shape=network.out.shape, buffer=len(spikes))
    source.s_out.connect(network.inp)
    network.out.connect(sink.a_in)
    try:
        network.run(condition=RunSteps(num_steps=len(spikes)), run_cfg=Loihi2SimCfg(select_tag="fixed_pt"))
        return sink.data.get().T.astype(bool), network.out_layer.neuron.v.get().astype(int)
    finally:
        network.stop()
        network.net_config.f.close()
