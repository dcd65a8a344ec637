"""The LSTM for comparison: it trains in the same loop, can be resumed, and its accuracy appears in the profile."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from lava_ahp import training
from lava_ahp.cli import main
from lava_ahp.errors import DataError
from lava_ahp.models import LSTMClassifier, LSTMConfig
from lava_ahp.training import SignalSplit, TrainConfig
from lava_ahp.training.checkpoint import BEST, LAST

CONFIG = {
    "task": {"name": "toy"},
    "model": {"kind": "lstm", "hidden": 6},
    "training": {"epochs": 4, "batch_size": 16, "learning_rate": 0.1},
}


def toy(rng, samples=64):
    """The class is the sign of the last value."""
    signals = rng.normal(size=(samples, 9, 2)).astype(np.float32)
    return SignalSplit(signals, (signals[:, -1, 0] > 0).astype(np.int64))


VALIDATION = toy(np.random.default_rng(1), samples=50)


def run(out, changed=None, **options):
    config = TrainConfig.of({**CONFIG, "training": {**CONFIG["training"], **(changed or {})}})
    given = {"train": toy, "validation": VALIDATION, "classes": 2, "readout_steps": 1, "device": "cpu"}
    return training.fit(config, out=out, **{**given, **options})


def test_the_scores_are_those_of_the_last_step():
    model = LSTMClassifier(LSTMConfig(hidden=5), 3, 4, torch.Generator().manual_seed(2))
    signals = torch.randn(2, 3, 7)
    output = model(signals)
    assert output.spikes == {}
    assert output.readout.shape == (2, 4, 1)
    states, _ = model.cells(signals.transpose(1, 2))
    assert torch.equal(output.readout[..., 0], model.readout(states[:, -1]))


def test_first_weights_follow_from_the_generator():
    models = [LSTMClassifier(LSTMConfig(hidden=5), 1, 4, torch.Generator().manual_seed(s)) for s in (1, 1, 2)]
    first, same, other = (model.cells.weight_hh_l0 for model in models)
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert first.abs().max() <= 5**-0.5


def test_it_learns_and_a_killed_run_goes_on(tmp_path):
    class Stop(Exception):
        pass

    class StopAfterTwo:
        def start(self, epochs, done):
            pass

        def batch(self, done, batches):
            pass

        def epoch(self, epoch):
            if epoch.epoch == 2:
                raise Stop

    history = run(tmp_path / "whole")
    assert history[-1].loss < history[0].loss
    assert all((epoch.rate, epoch.synops) == (0, 0) for epoch in history)
    with pytest.raises(Stop):
        run(tmp_path / "parts", progress=StopAfterTwo())
    run(tmp_path / "parts", resume=True)
    for name in (BEST, LAST):
        mine, theirs = load_file(tmp_path / "parts" / name), load_file(tmp_path / "whole" / name)
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)
    model = training.load_model(tmp_path / "whole")
    assert isinstance(model, LSTMClassifier)
    right = np.sum(training.readouts(model, VALIDATION, 1)[:, 0].argmax(axis=1) == VALIDATION.labels)
    assert (
        right / len(VALIDATION) == json.loads((tmp_path / "whole" / "metrics.json").read_text())["validation_accuracy"]
    )


def test_it_has_no_spikes_to_leave_out(tmp_path):
    with pytest.raises(DataError, match="input_dropout: allowed 0 for model lstm"):
        run(tmp_path, {"input_dropout": 0.1})


def test_labels_and_signals_go_together():
    with pytest.raises(DataError, match="labels: found 2 for 3 samples"):
        SignalSplit(np.zeros((3, 4, 1), np.float32), np.zeros(2, np.int64))


def invoke(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lstm") / "run"
    result = invoke("train", "--task", "digits", "--model", "lstm", "--out", folder,
                    "--set", "training.epochs=1", "--set", "model.hidden=6")  # fmt: skip
    assert result.exit_code == 0, result.output
    return folder, result


def test_on_the_command_line(trained):
    folder, result = trained
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["test_samples"] == 450
    assert f"test accuracy {100 * metrics['test_accuracy']:.2f} %" in result.stdout
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["config"]["model"] == {"kind": "lstm", "hidden": 6, "every_step": False}
    assert manifest["test_accuracy"] == metrics["test_accuracy"]


def test_no_chip_runs_it(trained, tmp_path):
    result = invoke("export", trained[0], "-o", tmp_path / "x.net")
    assert result.exit_code == 2
    assert "model lstm: no chip can run it" in result.stderr


def test_its_accuracy_stands_in_the_profile(trained, tmp_path):
    from lava_ahp.report.progress import Silent
    from lava_ahp.tasks import load_task
    from lava_ahp.workflow.lstm_baseline import LSTMBaseline, measure_lstm

    task = load_task("digits")

    def measured(run):
        options = LSTMBaseline(run, device="cpu", batches=[2], seconds=0.01)
        return measure_lstm(task, options, command="test", report=Silent())

    found = measured(trained[0])
    metrics = json.loads((trained[0] / "metrics.json").read_text())
    assert (found.accuracy.value, found.accuracy.samples) == (metrics["test_accuracy"], 450)
    assert found.name == "LSTM-6, cpu here"
    unknown = measured(None)
    assert unknown.accuracy is None
    assert unknown.name == "LSTM-128, cpu here"
    with pytest.raises(DataError, match=r"last.safetensors|model.safetensors"):
        measured(tmp_path)


def test_profile_says_what_its_options_need():
    for options, said in (
        (["--baseline-run", "x"], "--baseline-run needs --baseline lstm"),
        (["--baseline", "lstm", "--epochs", "2"], "--epochs needs --baseline-run"),
    ):
        result = invoke("profile", __file__, *options)
        assert result.exit_code == 2
        assert said in result.stderr
