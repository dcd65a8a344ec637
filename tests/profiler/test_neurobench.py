"""NeuroBench's metrics compared with NeuroBench's own package, and with counts made by hand."""

import warnings

import numpy as np
import pytest

from lava_ahp import Connection, Network, Neuron, Population
from lava_ahp.profiler.neurobench import metrics
from lava_ahp.simulator import simulate


@pytest.fixture(scope="module")
def run():
    rng = np.random.default_rng(3)

    def weights(*shape):
        return 2 * rng.integers(-30, 31, shape) * (rng.random(shape) < 0.4)

    network = Network(
        (
            Population("input", 5),
            Population(
                "hidden", 7, Neuron(threshold=20, voltage_decay=400, ahp_decay=64, ahp_weight=np.arange(7) * 90)
            ),
            Population("readout", 3, Neuron(threshold=131071, voltage_decay=204)),
        ),
        (
            Connection("input", "hidden", weights(7, 5)),
            Connection("hidden", "hidden", weights(7, 7)),
            Connection("hidden", "readout", weights(3, 7)),
        ),
        output="readout",
    )
    spikes = rng.random((4, 30, 5)) < 0.3
    return network, spikes, simulate(network, spikes, rasters=["hidden", "readout"])


def test_by_hand(run):
    network, spikes, trace = run
    found = metrics(network, trace.activity)
    synapses = sum(np.count_nonzero(c.dense()) for c in network.connections)
    # 35 + 49 + 21 weights of a byte; seven parameters each, of which one of 'hidden' is per neuron.
    assert found["footprint_bytes"] == 105 + 4 * (6 + 7 + 7)
    assert found["connection_sparsity"] == pytest.approx(1 - synapses / 105)
    rasters = {"input": spikes, **trace.spikes}
    assert rasters["hidden"].any()
    fired = sum(int(r.sum()) for name, r in trace.spikes.items())
    assert found["activation_sparsity"] == pytest.approx(1 - fired / (4 * 30 * 10))
    met = sum(int((rasters[c.source].sum((0, 1)) * (c.dense() != 0).sum(0)).sum()) for c in network.connections)
    assert (found["effective_acs"], found["effective_macs"]) == (met / 4, 0)
    assert found["dense_operations"] == 105 * 30


def test_compared_with_the_package(run):
    pytest.importorskip("neurobench", reason="neurobench is not installed; pip install neurobench snntorch")
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from neurobench.metrics.static import ConnectionSparsity, Footprint
        from neurobench.metrics.workload import ActivationSparsity, SynapticOperations
        from neurobench.models import TorchModel
    network, spikes, trace = run
    rasters = {"input": spikes, **trace.spikes}

    class Fired(torch.nn.Module):
        """A layer of neurons that passes on its spikes."""

        def forward(self, x):
            return x

    class Replay(torch.nn.Module):
        """Replays the spikes of the run; NeuroBench hooks its layers and activations."""

        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList()
            for c in network.connections:
                layer = torch.nn.Linear(c.shape[1], c.shape[0], bias=False)
                layer.weight = torch.nn.Parameter(torch.tensor(c.dense(), dtype=torch.float32), requires_grad=False)
                self.layers.append(layer)
            self.fired = torch.nn.ModuleList([Fired() for _ in network])

        def forward(self, batch):
            for t in range(batch.shape[1]):
                for c, layer in zip(network.connections, self.layers, strict=True):
                    layer(torch.tensor(rasters[c.source][:, t], dtype=torch.float32))
                for p, fired in zip(network, self.fired, strict=True):
                    fired(torch.tensor(rasters[p.name][:, t], dtype=torch.float32))
            return batch

    model = TorchModel(Replay())
    model.add_activation_module(Fired)
    model.register_hooks()
    batch = torch.tensor(spikes, dtype=torch.float32)
    predictions = model(batch)
    found = metrics(network, trace.activity)
    data = (batch, torch.zeros(len(batch)))
    operations = SynapticOperations()(model, predictions, data)
    assert float(operations["Effective_ACs"]) == found["effective_acs"]
    assert float(operations["Effective_MACs"]) == found["effective_macs"]
    assert float(operations["Dense"]) == found["dense_operations"]
    assert ActivationSparsity()(model, predictions, data) == pytest.approx(found["activation_sparsity"], abs=1e-12)
    assert ConnectionSparsity()(model) == round(found["connection_sparsity"], 4)

    class Stored(torch.nn.Module):
        """The stored network: weights in 8 bit (halved, since they are even), neuron parameters in 32."""

        def __init__(self):
            super().__init__()
            for k, c in enumerate(network.connections):
                self.register_buffer(f"weight{k}", torch.tensor(c.dense() // 2, dtype=torch.int8))
            for p in network:
                for name in ("threshold", "current_decay", "voltage_decay", "ahp_decay", "ahp_weight", "bias"):
                    self.register_buffer(f"{p.name}_{name}", torch.tensor(getattr(p.neuron, name), dtype=torch.int32))
                self.register_buffer(f"{p.name}_exponent", torch.tensor(p.neuron.input_exponent, dtype=torch.int32))

    assert Footprint()(TorchModel(Stored())) == found["footprint_bytes"]
