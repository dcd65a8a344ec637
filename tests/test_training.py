"""The training loop: what it leaves behind, and that killing it does no harm."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from lava_ahp import training
from lava_ahp.errors import BackendUnavailable, DataError
from lava_ahp.events import Events, Labelled
from lava_ahp.training.batches import thin
from lava_ahp.training.checkpoint import BEST, LAST
from lava_ahp.training.record import RESUME

STEPS, CHANNELS, CLASSES = 20, 6, 3
CONFIG = {
    "task": {"name": "toy"},
    "model": {"hidden": [12], "ahp_tau": [5, 40], "input_gain": 2.0, "learn": ["ahp_decay", "ahp_strength"]},
    "training": {"epochs": 4, "batch_size": 16, "learning_rate": 0.1, "input_dropout": 0.05},
}


def toy(rng, samples=48):
    """Each class has a channel of its own that is busier than the rest."""
    labels = rng.integers(0, CLASSES, samples)
    rate = np.full((samples, 1, CHANNELS), 0.1)
    rate[np.arange(samples), 0, labels] = 0.6
    return Labelled(Events.from_dense(rng.random((samples, STEPS, CHANNELS)) < rate), labels)


VALIDATION = toy(np.random.default_rng(1), samples=50)


def run(out, **changed):
    config = training.TrainConfig.of({**CONFIG, "training": {**CONFIG["training"], **changed.pop("training", {})}})
    options = {"train": toy, "validation": VALIDATION, "classes": CLASSES, "window": 5, "device": "cpu"}
    return training.fit(config, out=out, **{**options, **changed})


def weights(out, name):
    from safetensors.torch import load_file

    return load_file(out / name)


def same_run(one, other):
    for name in (BEST, LAST):
        mine, theirs = weights(one, name), weights(other, name)
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[key], theirs[key]) for key in mine), name
    without_clock = [
        [line.rpartition(",")[0] for line in (out / "history.csv").read_text().splitlines()] for out in (one, other)
    ]
    assert without_clock[0] == without_clock[1]


class Stop(Exception):
    pass


class StopAt:
    """A progress that fails: after a number of epochs, or in the middle of the one after."""

    def __init__(self, epochs, batch=None):
        self.left, self.at, self.started = epochs, batch, None

    def start(self, epochs, done):
        self.started = (epochs, done)

    def batch(self, done, batches):
        if self.left == 0 and done == self.at:
            raise Stop

    def epoch(self, epoch):
        self.left -= 1
        if self.left == 0 and self.at is None:
            raise Stop


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted run."""
    out = tmp_path_factory.mktemp("whole")
    return out, run(out)


def test_it_learns_and_says_so(whole):
    out, history = whole
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4]
    assert history[-1].loss < history[0].loss
    assert history[-1].validation_accuracy > 0.6
    assert sorted(p.name for p in out.iterdir()) == sorted(
        ["config.toml", "history.csv", "metrics.json", BEST, LAST, RESUME]
    )
    metrics = json.loads((out / "metrics.json").read_text())
    best = max(history, key=lambda e: (e.validation_accuracy, -e.validation_loss))
    assert (metrics["best_epoch"], metrics["epochs"], metrics["seed"]) == (best.epoch, 4, 0)
    assert metrics["validation_accuracy"] == best.validation_accuracy


def test_validation_accuracy_is_that_of_the_network(whole):
    from lava_ahp import dynamics
    from lava_ahp.models import to_network
    from lava_ahp.readout import classify

    out, _ = whole
    network = to_network(training.load(out))
    readout = dynamics.run(network, VALIDATION.events).readout[:, -5:]
    accuracy = (classify(readout) == VALIDATION.labels).mean()
    assert accuracy == json.loads((out / "metrics.json").read_text())["validation_accuracy"]


def test_learned_neuron_parameters_move_and_others_do_not(whole):
    from lava_ahp.models import AHPClassifier

    out, _ = whole
    model = training.load(out, last=True)
    start = AHPClassifier(model.config, CHANNELS, CLASSES, torch.Generator().manual_seed(0)).state_dict()
    moved = {name for name, value in model.state_dict().items() if not torch.equal(value, start[name])}
    assert moved == {
        "hidden.0.input_synapse.weight", "hidden.0.recurrent_synapse.weight", "readout.synapse.weight",
        "hidden.0.neuron.ahp_decay_raw", "hidden.0.neuron.ahp_strength_raw",
    }  # fmt: skip


@pytest.mark.parametrize(("epochs", "batch"), [(0, 1), (1, None), (2, 2), (3, None), (4, None)])
def test_resumed_equals_uninterrupted(whole, tmp_path, epochs, batch):
    with pytest.raises(Stop):
        run(tmp_path, progress=StopAt(epochs, batch))
    follow = StopAt(-1)
    history = run(tmp_path, resume=True, progress=follow)
    assert follow.started == (4, epochs)
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4]
    same_run(whole[0], tmp_path)


@pytest.mark.parametrize("stage", ["save_model", "write_csv", "save_checkpoint"])
def test_a_kill_between_two_writes_does_no_harm(whole, tmp_path, monkeypatch, stage):
    """The files of the second epoch stop at any of them."""
    import lightning.pytorch as pl

    from lava_ahp.training import checkpoint, history

    owner = {"save_model": checkpoint, "write_csv": history, "save_checkpoint": pl.Trainer}[stage]
    original, calls = getattr(owner, stage), []

    def stopping(*args, **kwargs):
        calls.append(stage)
        if len(calls) == (4 if stage == "save_model" else 2):
            raise Stop
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, stage, stopping)
    with pytest.raises(Stop):
        run(tmp_path)
    monkeypatch.undo()
    run(tmp_path, resume=True)
    same_run(whole[0], tmp_path)


KILLING = """
import os, signal, sys, time
sys.path.insert(0, {tests!r})
from pathlib import Path
import test_training as t

class Tell(t.StopAt):
    def batch(self, done, batches):
        os.write(told, b".")
    def epoch(self, epoch):
        os.write(told, b".")

# Everything is imported once; each child starts from here, is waited for and killed.
for attempt in range(4):
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        t.run(Path({out!r}), resume=True, progress=Tell(-1))
        os._exit(0)
    for _ in range(3 + attempt):
        os.read(heard, 1)
    time.sleep(0.004 * attempt)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print(sorted(p.name for p in Path({out!r}).iterdir()), flush=True)
    if (Path({out!r}) / t.BEST).is_file():
        t.training.load(Path({out!r}))
"""


def test_killed_without_warning(whole, tmp_path):
    """SIGKILL again and again, also while files are written; what is left in the folder is always whole."""
    out = tmp_path / "run"
    script = KILLING.format(tests=str(Path(__file__).parent), out=str(out))
    subprocess.run([sys.executable, "-c", script], check=True, timeout=300)
    run(out, resume=True)
    same_run(whole[0], out)


def test_a_run_that_is_done_writes_its_tables_again(whole, tmp_path):
    run(tmp_path)
    before = (tmp_path / "history.csv").read_text()
    (tmp_path / "history.csv").unlink()
    (tmp_path / "metrics.json").write_text('{"test_accuracy": 0.5}')
    run(tmp_path, resume=True)
    assert (tmp_path / "history.csv").read_text() == before
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["test_accuracy"] == 0.5
    assert metrics["epochs"] == 4


def test_starting_anew_forgets_the_old_run(whole, tmp_path):
    run(tmp_path, training={"seed": 1})
    run(tmp_path)
    same_run(whole[0], tmp_path)


def test_another_configuration_is_not_resumed(tmp_path):
    run(tmp_path, training={"epochs": 1})
    with pytest.raises(DataError, match=r"another configuration \(training.learning_rate: 0.5, 0.1"):
        run(tmp_path, resume=True, training={"epochs": 1, "learning_rate": 0.5})


@pytest.mark.parametrize("content", [b"", b"no checkpoint", "cut"])
def test_a_damaged_state_is_an_error_that_says_so(tmp_path, content):
    run(tmp_path, training={"epochs": 1})
    state = tmp_path / RESUME
    state.write_bytes(state.read_bytes()[:5000] if content == "cut" else content)
    with pytest.raises(DataError, match=r"resume.ckpt: damaged .*; remove it and train again"):
        run(tmp_path, resume=True, training={"epochs": 1})


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "other"])
def test_damaged_models_say_so(whole, tmp_path, damage):
    path = tmp_path / BEST
    content = (whole[0] / BEST).read_bytes()
    if damage == "other":
        from safetensors.torch import save_file

        save_file({"x": torch.zeros(3)}, path)
    elif damage != "missing":
        path.write_bytes(b"" if damage == "empty" else content[:-100])
    message = "not there; train first" if damage == "missing" else "no model of ours, or damaged"
    with pytest.raises(DataError, match=message):
        training.load(tmp_path)


def test_nothing_is_said_and_nothing_else_is_left(tmp_path):
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_training as t
from pathlib import Path
t.run(Path("out"), training={{"epochs": 1}})
"""
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "site-packages" not in line]
    assert [line for line in ours if not line.startswith("  ")] == []
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_interrupt_is_an_interrupt(tmp_path):
    class Interrupt(StopAt):
        def batch(self, done, batches):
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, progress=Interrupt(-1))
    assert signal.getsignal(signal.SIGINT) is before


def test_thinning_leaves_out_that_share_of_the_spikes():
    rng = np.random.default_rng(0)
    events = Events.from_lists([np.argwhere(rng.random((n, 9)) < 0.5) for n in (300, 2, 200)], 9, [300, 2, 200])
    assert thin(events, 0.0, rng) is events
    thinned = thin(events, 0.2, rng)
    before, after = events.to_dense(), thinned.to_dense()
    assert not (after & ~before).any()
    assert 0.75 < after.sum() / before.sum() < 0.85
    assert after[1].sum() < before[1].sum()
    again = [thin(events, 0.2, np.random.default_rng(5)).times for _ in range(2)]
    np.testing.assert_array_equal(*again)


def test_data_that_do_not_fit(tmp_path):
    with pytest.raises(DataError, match=r"validation labels: found 0..2, allowed 0..1"):
        run(tmp_path, classes=2)
    with pytest.raises(DataError, match=r"window: found 21 steps, allowed 1..20"):
        run(tmp_path, window=21)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_cuda_where_there_is_none(tmp_path):
    with pytest.raises(BackendUnavailable, match="torch finds no GPU"):
        run(tmp_path, device="cuda")
