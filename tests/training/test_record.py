"""Reports of a run: synaptic operations, curves for TensorBoard, early stopping."""

import errno
import io
import json
import re
import struct
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from tensorboardX.proto.event_pb2 import Event, SessionLog

from lava_ahp import training
from lava_ahp.cli import main
from lava_ahp.errors import DataError
from lava_ahp.files import _writing
from lava_ahp.report.progress import Terminal
from lava_ahp.simulator import simulate
from lava_ahp.training.checkpoint import LAST
from lava_ahp.training.history import Epoch, patience_exhausted
from lava_ahp.training.record import RESUME

from support.toy_training import VALIDATION, Stop, StopAt, run, same_run


@pytest.mark.parametrize("model", [{}, {"hidden": [7, 5], "density": 0.3}])
def test_synops_are_those_of_the_network(tmp_path, model):
    history = run(tmp_path, model=model, training={"epochs": 1})
    activity = simulate(training.load_model(tmp_path).network(), VALIDATION.events).activity
    expected = sum(synops.sum() for synops in activity.synops) / len(VALIDATION)
    assert history[0].synops == expected > 0
    assert json.loads((tmp_path / "metrics.json").read_text())["synops"] == expected


def curves(out):
    """Points ``(step, value)`` by curve as TensorBoard shows them: a restart hides what was there from its step on."""
    found = {}
    for path in sorted((out / "tensorboard").glob("events.out.tfevents.*")):
        content, at = path.read_bytes(), 0
        while at < len(content):
            (length,) = struct.unpack_from("<Q", content, at)
            event = Event.FromString(content[at + 12 : at + 12 + length])
            at += 12 + length + 4
            if event.session_log.status == SessionLog.START:
                found = {name: [point for point in points if point[0] < event.step] for name, points in found.items()}
            for value in event.summary.value:
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def assert_curves_of(out, history):
    found = curves(out)
    expected = {
        "loss/training": "loss", "loss/validation": "validation_loss", "accuracy/training": "accuracy",
        "accuracy/validation": "validation_accuracy", "activity/rate": "rate", "activity/synops": "synops",
        "learning_rate": "learning_rate",
    }  # fmt: skip
    assert found.keys() == expected.keys()
    for curve, attribute in expected.items():
        assert found[curve] == [(epoch.epoch, np.float32(getattr(epoch, attribute))) for epoch in history], curve


@pytest.mark.parametrize("clock", ["runs", "stands"])
def test_curves_go_on_where_the_run_does(tmp_path, monkeypatch, clock):
    """The second epoch stops between its curves and its state, so that it is repeated, perhaps in the same second."""
    import lightning.pytorch as pl

    if clock == "stands":
        now = time.time()
        monkeypatch.setattr("lava_ahp.training.curves.time", SimpleNamespace(time=lambda: now))
    save, calls = pl.Trainer.save_checkpoint, []

    def stopping(*args, **kwargs):
        calls.append(None)
        if len(calls) == 2:
            raise Stop
        save(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(pl.Trainer, "save_checkpoint", stopping)
        with pytest.raises(Stop):
            run(tmp_path)
    assert [step for step, _ in curves(tmp_path)["loss/training"]] == [1, 2]
    history = run(tmp_path, resume=True)
    assert len(history) == 4
    assert_curves_of(tmp_path, history)
    assert_curves_of(tmp_path, run(tmp_path, training={"epochs": 1}))


#: Files that the first epoch writes, in order.
WRITTEN = ["config.toml", "checksums.json", "model.safetensors", "checksums.json", "last.safetensors", "events",
           "checksums.json", "resume.ckpt", "history.csv", "metrics"]  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(WRITTEN)))
def test_a_full_disk_ends_training_in_one_line(tmp_path, monkeypatch, name):
    write, full = _writing.write_all, WRITTEN.index(name)

    def failing(descriptor, content):
        nonlocal full
        full -= 1
        if full < 0:
            write(descriptor, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        write(descriptor, content)

    with monkeypatch.context() as patch:
        patch.setattr(_writing, "write_all", failing)
        with pytest.raises(
            DataError, match=rf"{name}.*: cannot be written \(No space left on device\); free"
        ) as raised:
            run(tmp_path, training={"epochs": 1})
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.rglob("*.part"))
    assert_curves_of(tmp_path, run(tmp_path, training={"epochs": 1}, resume=True))


@pytest.mark.parametrize("accuracies", [[0.5, 0.6, 0.6, 0.4], [0.6, 0.5, 0.5], [0.5, 0.5]])
def test_patience_counts_from_the_best(accuracies):
    history = [Epoch(k, 1.0, 0.5, 0.1, 1.0, accuracy, 10.0, 0.1, 1.0) for k, accuracy in enumerate(accuracies, 1)]
    since = len(accuracies) - 1 - int(np.argmax(accuracies))
    assert [patience_exhausted(history, patience) for patience in (since, since + 1)] == [since > 0, False]
    assert not patience_exhausted(history, 0)
    assert not patience_exhausted([], 1)


STOPPING = {"epochs": 60, "patience": 1, "learning_rate": 0.3}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run that stopped early."""
    out, follow = tmp_path_factory.mktemp("stopped"), StopAt(-1)
    return out, run(out, training=STOPPING, progress=follow), follow


def test_training_stops_where_nothing_gets_better(stopped):
    out, history, follow = stopped
    assert 2 < len(history) < 60
    assert patience_exhausted(history, 1)
    assert not any(patience_exhausted(history[:end], 1) for end in range(len(history)))
    assert follow.stops == [(len(history), len(history) - 1)]
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["stopped_early"], metrics["epochs"]) == (True, len(history))
    assert metrics["best_epoch"] == len(history) - 1


def test_an_interrupted_run_stops_at_the_same_epoch(stopped, tmp_path):
    with pytest.raises(Stop):
        run(tmp_path, training=STOPPING, progress=StopAt(len(stopped[1]) - 1))
    run(tmp_path, training=STOPPING, resume=True)
    same_run(stopped[0], tmp_path)


def test_a_run_that_has_stopped_says_so_and_does_no_more(stopped):
    out, history, _ = stopped
    before = {name: (out / name).stat().st_mtime_ns for name in (LAST, RESUME)}
    follow = StopAt(-1)
    assert run(out, training=STOPPING, resume=True, progress=follow) == history
    assert follow.started == (60, len(history))
    assert follow.stops == [(len(history), len(history) - 1)]
    assert before == {name: (out / name).stat().st_mtime_ns for name in (LAST, RESUME)}


def test_a_run_that_reaches_its_last_epoch_has_not_stopped_early(stopped, tmp_path):
    follow = StopAt(-1)
    run(tmp_path, training={**STOPPING, "learning_rate": 0.1, "epochs": 2, "patience": 2}, progress=follow)
    assert follow.stops == []
    assert json.loads((tmp_path / "metrics.json").read_text())["stopped_early"] is False


def test_the_command_says_that_it_stopped_early(tmp_path):
    """With a rate that moves no weight, no epoch is better than the first."""
    settings = ["training.epochs=9", "training.patience=1", "training.learning_rate=1e-30", "model.hidden=[3]"]
    command = ["train", "--out", str(tmp_path / "run"), "--device", "cpu"]
    first = CliRunner().invoke(main, [*command, "--task", "digits", *(x for s in settings for x in ("--set", s))])
    again = CliRunner().invoke(main, [*command, "--resume"])
    for done in (first, again):
        assert done.exit_code == 0, done.stderr
        assert done.stdout.endswith(" in epoch 1, stopped early after epoch 2\n")
    assert "training: epoch" in first.stderr
    assert again.stderr.splitlines() == [
        "training: resuming after 2 of 9 epochs",
        "training: stopped early after epoch 2: no improvement since epoch 1",
    ]
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert (manifest["stopped_early"], manifest["epochs"]) == (True, 2)


def tell(follow):
    follow.start(30, 1)
    follow.batch(1, 2)
    follow.epoch(Epoch(2, 1.25, 0.5, 0.031, 1.5, 0.75, 12345.0, 0.1, 1.0))
    follow.stopped(12, 10)


def test_lines_tell_accuracy_rate_and_synops(capsys):
    with Terminal().training() as follow:
        tell(follow)
    assert capsys.readouterr().err.splitlines() == [
        "training: resuming after 1 of 30 epochs",
        "training: epoch 2/30  loss 1.250, right 50.0 %, validation 75.0 %, firing 3.1 %, 12,345 synops",
        "training: stopped early after epoch 12: no improvement since epoch 10",
    ]


class TerminalStream(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_shows_once_training_starts_and_tells_all_on_a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", TerminalStream())
    with Terminal().training():
        pass
    assert sys.stderr.getvalue() == ""
    with Terminal().training() as follow:
        tell(follow)
    words = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sys.stderr.getvalue()).split()
    assert "2/30" in words
    assert all(figure in words for figure in ("50.0", "75.0", "3.1", "12,345", "synops"))
    assert "epoch 12: no improvement since epoch 10" in " ".join(words)
