"""The protocol carries any graph: here two copies of one encoder, which share their weights, and a common readout."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest
import torch

from lava_ahp import dynamics, netx, proof, training
from lava_ahp.models import Count, Model, ModelConfig, Output
from lava_ahp.models.config import KINDS
from lava_ahp.network import Connection, Network, Population
from lava_ahp.simulator import simulate
from lava_ahp.slayer.block import Readout, Recurrent

from support.toy_training import CHANNELS, CLASSES, CONFIG, VALIDATION, toy

HALF = CHANNELS // 2
COPIES = {"left": slice(0, HALF), "right": slice(HALF, CHANNELS)}


class TwinsConfig(ModelConfig):
    """Settings of :class:`Twins`."""

    kind: Literal["twins"] = "twins"
    reads = "spikes"
    on_chip = True
    model = f"{__name__}:Twins"

    hidden: int = 8


class Twins(Model):
    """One recurrent encoder, applied to each half of the channels; the readout has weights of its own for each copy."""

    def __init__(self, config, channels, classes, generator=None):
        super().__init__(config, channels, classes)
        neuron = {"threshold": 2.0, "voltage_decay": 0.1, "ahp_decay": 0.05, "ahp_strength": 0.1}
        learned = ("threshold", "ahp_strength")
        self.encoder = Recurrent({**neuron, "requires_grad": learned}, channels // 2, config.hidden)
        self.readout = Readout({"voltage_decay": 0.05}, 2 * config.hidden, classes)
        with torch.no_grad():
            for name, weight in self._weights():
                weight.normal_(0, 0.5 if "recurrent" in name else 1, generator=generator)

    def _weights(self) -> Sequence[tuple[str, torch.nn.Parameter]]:
        return [(name, p) for name, p in self.named_parameters() if name.endswith("weight")]

    def forward(self, read):
        responses = {name: self.encoder.respond(read[:, half]) for name, half in COPIES.items()}
        spikes = {name: response.out for name, response in responses.items()}
        counts = {name: Count.of(response) for name, response in responses.items()}
        return Output(self.readout(torch.cat([*spikes.values()], dim=1)), spikes, counts)

    def states(self, read):
        found = {name: self.encoder.states(read[:, half]) for name, half in COPIES.items()}
        spikes = torch.cat([copy.s.transpose(1, 2) for copy in found.values()], dim=1)
        return {**found, "readout": self.readout.states(spikes.to(read.dtype))}

    def clamp(self):
        self.encoder.neuron.clamp()
        with torch.no_grad():
            for _, weight in self._weights():
                weight.clamp_(-256 / 64, 254 / 64)

    def graph(self):
        hidden, shared, neuron = self.config.hidden, self.encoder.weights(), self.encoder.neuron.to_network_neuron()
        populations, connections = [Population("input", self.channels)], []
        for k, (name, half) in enumerate(COPIES.items()):
            populations.append(Population(name, hidden, neuron))
            feedforward = np.zeros((hidden, self.channels), np.int64)
            feedforward[:, half] = shared.feedforward
            readout = self.readout.weights().feedforward[:, k * hidden : (k + 1) * hidden]
            connections += [
                Connection("input", name, feedforward),
                Connection(name, name, shared.recurrent),
                Connection(name, "readout", readout),
            ]
        populations.append(Population("readout", self.classes, self.readout.neuron.to_network_neuron()))
        return Network(tuple(populations), tuple(connections), "readout")


@pytest.fixture(scope="module", autouse=True)
def kind():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(KINDS, "twins", TwinsConfig)
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("twins")
    settings = {**CONFIG, "model": {"kind": "twins"}, "training": {**CONFIG["training"], "epochs": 2}}
    data = {"train": toy, "validation": VALIDATION, "classes": CLASSES, "readout_steps": 5}
    history = training.fit(training.TrainConfig.of(settings), out=out, device="cpu", **data)
    return out, history, training.load_model(out)


def test_it_trains_and_loads(trained):
    out, history, model = trained
    assert [epoch.epoch for epoch in history] == [1, 2]
    assert history[1].loss < history[0].loss
    assert 0 < history[1].rate < 1
    assert isinstance(model, Twins)
    assert model.config == training.TrainConfig.read(out / "config.toml").model == TwinsConfig()
    start = TwinsConfig().build(CHANNELS, model.classes, torch.Generator().manual_seed(0)).state_dict()
    assert not torch.equal(start["encoder.recurrent_synapse.weight"], model.encoder.recurrent_synapse.weight)


def test_the_copies_share_their_weights(trained):
    network = trained[2].network(task={"name": "toy"}, provenance={"seed": 0})
    assert (network.task["name"], network.provenance["seed"]) == ("toy", 0)
    assert network.names == ("left", "right", "readout")
    assert network["left"].neuron == network["right"].neuron
    into, within, out = ([c.dense() for c in network.connections[k::3]] for k in range(3))
    assert (into[0] != 0).any()
    np.testing.assert_array_equal(into[0][:, COPIES["left"]], into[1][:, COPIES["right"]])
    np.testing.assert_array_equal(*within)
    assert (out[0] != out[1]).any()


def test_forward_pass_dynamics_and_simulator_are_equal(trained):
    _, history, model = trained
    events, network = VALIDATION.events, model.network()
    with torch.no_grad():
        read = model.read(events)
        output, states = model(read), model.states(read)
    options = {"rasters": network.names, "states": network.names}
    for trace in (dynamics.run(network, events), simulate(network, events, readout_steps=None, **options)):
        np.testing.assert_array_equal(output.readout.transpose(1, 2).numpy() * 4096, trace.readout)
        for name, raster in output.spikes.items():
            assert raster.any()
            np.testing.assert_array_equal(raster.transpose(1, 2).numpy(), trace.spikes[name])
        for name, found in states.items():
            np.testing.assert_array_equal(found.s.numpy(), trace.spikes[name])
            for key in "uav":
                np.testing.assert_array_equal(getattr(found, key).numpy(), trace.states[name][key])
    expected = sum(trace.activity.synops)
    assert model.synops(read, output) == expected.sum()
    best = max(history, key=lambda epoch: (epoch.validation_accuracy, -epoch.validation_loss))
    assert best.synops == expected.mean()


def test_its_file_proves_itself(trained, tmp_path):
    model = trained[2]
    network, record = model.network(), training.golden(model, VALIDATION.events.select([0, 1, 2]), np.arange(3))
    netx.write(network, tmp_path / "twins.net", golden=record)
    back = netx.read(tmp_path / "twins.net")
    assert (back.populations, back.connections, back.output) == (network.populations, network.connections, "readout")
    recorded = netx.read_golden(tmp_path / "twins.net")
    verified = proof.verify(back, recorded, engines=("fast",))
    assert [check.name for check in verified.checks][:2] == ["record = dynamics", "record = fast"]
    assert verified.passed, verified
    untrained = TwinsConfig().build(CHANNELS, CLASSES, torch.Generator().manual_seed(0)).network()
    assert not proof.verify(untrained, recorded, engines=("fast",)).passed
