"""``lava-ahp sweep``: one study by two processes, an interruption, and bad descriptions."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from lava_ahp.cli import main
from lava_ahp.errors import DataError, Diverged

from support.npz_series import fixture_file, fixture_save  # noqa: F401

pytest.importorskip("optuna")

SMALL = [
    "--set", "model.hidden=[4]", "--set", "training.epoch_steps=1", "--set", "training.epochs=15",
    "--vary", "training.learning_rate=log:1e-3..3e-2", "--vary", "training.batch_size=[8, 16]",
    "--pruner", "none",
]  # fmt: skip


def arguments(file, out, *more):
    return ["sweep", "--task", "timeseries", "--data", str(file), "--out", str(out), *more]


def invoke(*given):
    return CliRunner().invoke(main, arguments(*given))


def start(*given):
    return subprocess.Popen([sys.executable, "-m", "lava_ahp", *arguments(*given)], stderr=subprocess.PIPE, text=True)


def wait_for(path, process):
    while not path.exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)


def epochs(folder):
    with (folder / "history.csv").open(newline="") as file:
        return [int(row["epoch"]) for row in csv.DictReader(file)]


def test_two_processes_continue_an_interrupted_study(file, tmp_path):
    out = tmp_path / "study"
    first = out / "trials" / "0000"
    killed = start(file, out, *SMALL, "--trials", "3", "--seed", "0")
    wait_for(first / "resume.ckpt", killed)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    killed.stderr.close()
    assert not (first / "manifest.json").exists()
    drawn = (first / "config.toml").read_text()

    both = [start(file, out, *SMALL, "--trials", "3", "--seed", seed) for seed in "12"]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("trial 0: interrupted, will be continued in trials/0000" in text for text in said) == 1

    study = json.loads((out / "sweep.json").read_text())
    complete = [trial for trial in study["trials"] if trial["state"] == "complete"]
    # Each process finishes what it is training when the last trial ends.
    assert 3 <= len(complete) <= 4
    assert [trial["folder"] for trial in complete].count("trials/0000") == 1
    assert len({trial["folder"] for trial in complete}) == len(complete)
    assert study["trials"][0]["state"] == "fail"
    assert (first / "config.toml").read_text() == drawn
    for trial in complete:
        assert epochs(out / trial["folder"]) == list(range(1, 16))
        assert json.loads((out / trial["folder"] / "manifest.json").read_text())["sha256"]
    assert study["best"]["value"] == max(trial["value"] for trial in complete)
    assert (out / "sweep_history.png").stat().st_size > 1000
    assert (out / "sweep_settings.png").stat().st_size > 1000

    # A study that has all of its trials is shown again, and nothing is trained.
    again = invoke(file, out, *SMALL, "--trials", "3", "--json", "-")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["best"] == study["best"]


@pytest.fixture(name="scripted")
def fixture_scripted(monkeypatch):
    """Replaces training by a function of the settings and what follows the epochs; returns where to put it."""
    scripts = []

    def train(task, *, out, settings, progress, **_):
        from lava_ahp.workflow.runs import Run

        out.mkdir(parents=True, exist_ok=True)
        Run(out).add_metrics({"validation_accuracy": scripts[0](dict(settings), progress)})
        return Run(out)

    monkeypatch.setattr("lava_ahp.workflow.sweep_trial.train", train)
    return scripts


def sweep(file, out, **options):
    import lava_ahp

    return lava_ahp.sweep(
        "timeseries", data=file, out=out, seed=0, settings={},
        **{"vary": {"training.learning_rate": "0.001..0.1"}, "trials": 12, **options},
    )  # fmt: skip


def test_the_pruner_ends_trials_and_a_diverged_one_is_no_end(file, tmp_path, scripted):
    from types import SimpleNamespace

    def script(settings, follow):
        rate = settings["training.learning_rate"]
        if rate > 0.09:
            raise Diverged("training epoch 1: found a loss of nan")
        follow.start(3, 0)
        for epoch in (1, 2, 3):
            follow.epoch(SimpleNamespace(epoch=epoch, validation_accuracy=1 - rate))
        return 1 - rate

    scripted.append(script)
    found = sweep(file, tmp_path / "study")
    states = [trial["state"] for trial in found.trials]
    assert set(states) == {"complete", "pruned"}
    assert {trial["epochs"] for trial in found.trials if trial["state"] == "pruned"} <= {0, 1}
    complete = [trial["settings"]["training.learning_rate"] for trial in found.trials if trial["state"] == "complete"]
    assert found.best["settings"]["training.learning_rate"] == min(complete)
    assert "complete" in repr(found)


def test_another_study_in_the_folder_is_refused(file, tmp_path, scripted):
    scripted.append(lambda settings, follow: 0.5)
    out = tmp_path / "study"
    sweep(file, out, trials=1)
    with pytest.raises(DataError, match=r"study: holds a study with vary .*, requested .*; repeat its options"):
        sweep(file, out, vary={"training.learning_rate": "0.001..0.2"})
    with pytest.raises(DataError, match=r"holds a study with measure|direction"):
        sweep(file, out, measure="loss")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "search space: found nothing to vary"),
        (["--vary", "training.epochs=9..5"], "vary training.epochs: found '9..5', allowed LOW < HIGH"),
        (["--vary", "training.epoch=1..5"], "vary training.epoch: config training.epoch: unknown"),
        (["--vary", "training.warmup=0..3"], "vary training.warmup: config training.warmup"),
        (["--vary", "training.epochs=1..5", "--set", "training.epochs=3"], "found it among the settings too"),
        (["--vary", "task.steps=1..5"], "vary task.steps: config task.steps: unknown"),
    ],
)
def test_bad_spaces_exit_2_and_leave_nothing(file, tmp_path, more, message):
    done = invoke(file, tmp_path / "study", *more)
    assert (done.exit_code, message in done.stderr) == (2, True), done.output
    assert not (tmp_path / "study").exists()


def test_a_damaged_journal_or_unknown_database_exits_2(file, tmp_path):
    vary = ["--vary", "training.epochs=1..5"]
    done = invoke(file, tmp_path / "study", *vary, "--storage", "nosuch://x")
    assert done.exit_code == 2
    assert "nosuch://x: cannot be used as storage" in done.stderr
    (tmp_path / "study" / "journal.log").write_text("no JSON\n")
    done = invoke(file, tmp_path / "study", *vary)
    assert done.exit_code == 2
    assert "journal.log: cannot be used as storage" in done.stderr


def test_missing_optuna_exits_3(file, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    done = invoke(file, tmp_path / "study", "--vary", "training.epochs=1..5")
    assert (done.exit_code, done.stderr) == (
        3, "lava-ahp: sweep: optuna is not installed; pip install 'lava-ahp[sweep]'\n"
    )  # fmt: skip
