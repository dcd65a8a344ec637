"""Question answering from the embedded generator to a proved network file."""

import numpy as np
import pytest

import lava_ahp
from lava_ahp import backends, netx, proof
from lava_ahp.errors import DataError
from lava_ahp.training import TrainConfig
from lava_ahp.workflow import training_run
from lava_ahp.workflow.planning import plan_of_run
from lava_ahp.workflow.runs import Run

#: Kind of model that is trained, by what a user asks for.
KINDS = {None: "relational", "lstm": "lstm-relational", "ahp": "ahp"}

SMALL = {
    "task.tasks": [1, 15],
    "task.size": 100,
    "task.sentences": 2,
    "task.steps_per_word": 2,
    "model.encoder": 16,
    "model.g": [8, 7],
    "model.f": [9],
    "training.epochs": 1,
}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    out = tmp_path_factory.mktemp("qa")
    return lava_ahp.deploy("babi", out=out, settings=SMALL, samples=3, hardware=["loihi2"])


def test_lava_and_the_simulator_answer_as_in_training(deployed):
    assert deployed.exact, deployed.first_difference
    assert (deployed.proof.backend, len(deployed.proof.labels), deployed.left_out) == ("loihi2sim", 3, None)
    assert deployed.whole.trace.readout.any()
    assert [check.passed for check in deployed.checks] == [True, True]


def test_every_task_has_its_accuracy(deployed):
    whole, task = deployed.whole, deployed.run.data
    shares = whole.by_group
    assert list(shares) == ["qa1", "qa15"]
    sizes = np.bincount(task.groups["test"])
    assert np.average(list(shares.values()), weights=sizes) == pytest.approx(whole.accuracy)
    assert deployed.run.read_metrics()["test_accuracy_of_groups"] == shares == whole.to_json()["groups"]
    assert repr(whole).splitlines()[1] == ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items())
    of_one = lava_ahp.evaluate(deployed.run.network, samples=2).by_group
    assert list(of_one) == ["qa1"]


def test_the_file_proves_itself_and_a_changed_shared_weight_is_named(deployed):
    network, golden = netx.read(deployed.run.network), netx.read_golden(deployed.run.network)
    assert proof.verify(network, golden, engines=("fast",)).passed
    shared = next(c for c in network.connections if c.name == "sentence1 -> sentence1")
    values = shared.dense().copy()
    values[3, 4] += 2 if values[3, 4] < 254 else -2
    found = proof.verify(_with_weights(network, shared.weights, values), golden, engines=("fast",))
    assert not found.passed
    # The copies have one array, which the first connection that uses it names.
    assert "sentence0 -> sentence0" in str(found.checks[-2].difference)


def _with_weights(network, weights, values):
    changed = lava_ahp.Weights(values)
    connections = [
        lava_ahp.Connection(c.source, c.target, changed, exponent=c.exponent) if c.weights is weights else c
        for c in network.connections
    ]
    return lava_ahp.Network(network.populations, tuple(connections), network.output, network.task, network.provenance)


def test_the_model_of_the_task_is_relational(deployed):
    assert Run(deployed.run.folder).read_metrics()["task"] == "babi"
    assert '"kind": "relational"' in deployed.run.manifest.read_text()


def test_training_takes_the_model_of_the_task(tmp_path, monkeypatch):
    monkeypatch.setattr(training_run, "train_plan", lambda plan, *_, **__: plan)
    kinds = {
        model: lava_ahp.train("babi", out=tmp_path, model=model, settings={"task.size": 100}).config.model.kind
        for model in KINDS
    }
    assert kinds == KINDS


def test_the_lstm_of_the_task_can_be_resumed(tmp_path):
    TrainConfig.make("babi", model="lstm-relational", overrides={"task.size": 100}).write(tmp_path / "config.toml")
    assert plan_of_run(Run(tmp_path), None, model="lstm").config.model.kind == "lstm-relational"
    with pytest.raises(DataError, match=r"model: found relational, .* holds one of kind lstm-relational"):
        plan_of_run(Run(tmp_path), None, model="relational")


def test_lava_is_for_networks_of_few_connections(deployed):
    assert backends.too_slow("loihi2sim", deployed.network) is None
    assert backends.too_slow("fast", deployed.network) is None
    network = lava_ahp.Network(deployed.network.populations, 2 * deployed.network.connections, "readout")
    assert "connections" in backends.too_slow("loihi2sim", network)
    assert backends.too_slow("fast", network) is None
