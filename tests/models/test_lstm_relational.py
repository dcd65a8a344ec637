"""The relational network of LSTMs, for comparison."""

import pytest
import torch

import lava_ahp
from lava_ahp import training
from lava_ahp.models import LSTMRelationalConfig
from lava_ahp.report.progress import Silent
from lava_ahp.tasks import load_task
from lava_ahp.training.checkpoint import BEST, save_model
from lava_ahp.workflow.lstm_baseline import LSTMBaseline, measure_lstm

from support.stories import CLASSES, CODE, random_stories

CONFIG = LSTMRelationalConfig(encoder=12, g=(10, 9), f=(8,))


def model(config=CONFIG):
    return config.build(CODE.channels, CLASSES, torch.Generator().manual_seed(0), CODE)


def test_empty_slots_and_places_change_nothing():
    rows = torch.from_numpy(random_stories(1, 12))
    with torch.no_grad():
        together = model()(rows).readout
        alone = torch.cat([model()(row[None]).readout for row in rows])
    assert together.shape == (12, CLASSES, 1)
    torch.testing.assert_close(together, alone)


def test_the_order_of_sentences_matters():
    rows = torch.from_numpy(random_stories(1, 12))
    rows = rows[(rows[:, 1, -1] >= 0) & (rows[:, 1] != rows[:, 2]).any(dim=1)]
    with torch.no_grad():
        assert not torch.allclose(model()(rows).readout, model()(rows[:, [0, 2, 1, 3]]).readout)


def test_gradients_reach_every_parameter():
    found = model()
    found(torch.from_numpy(random_stories(3, 16))).readout.square().sum().backward()
    assert all(p.grad.abs().max() > 0 for p in found.parameters())


def test_it_has_at_least_the_values_that_a_file_must_hold(tmp_path):
    found = model()
    held = sum(p.numel() for p in found.parameters())
    assert CONFIG.least_values(CODE.channels, CLASSES, CODE) < held
    save_model(found, tmp_path / BEST)
    assert training.load_model(tmp_path).config == CONFIG


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    settings = {"task.size": 100, "training.epochs": 1, "model.encoder": 8, "model.g": [8], "model.f": [8]}
    return lava_ahp.train("babi", model="lstm", out=tmp_path_factory.mktemp("lstm"), settings=settings)


def test_it_is_the_lstm_of_the_task(trained):
    metrics = trained.read_metrics()
    assert metrics["test_samples"] == 10
    assert training.load_model(trained.folder).config.kind == "lstm-relational"


def test_it_is_measured_as_a_baseline(trained):
    task = load_task("babi", settings={"size": 100, "steps_per_word": 3, "tail": 9, "readout_steps": 5})
    options = LSTMBaseline(trained, device="cpu", batches=[2], seconds=0.01)
    found = measure_lstm(task, options, command="test", report=Silent())
    assert found.name == "relational network of LSTM-8, cpu here"
    assert found.accuracy.value == trained.read_metrics()["test_accuracy"]
