"""A killed and resumed run ends like an uninterrupted one; damaged files give clear errors."""

import json
import subprocess
import sys

import pytest
import torch

from lava_ahp import training
from lava_ahp.errors import DataError
from lava_ahp.training import checkpoint
from lava_ahp.training.checkpoint import BEST
from lava_ahp.training.checksums import FILE
from lava_ahp.training.record import RESUME

from support.paths import TESTS
from support.toy_training import Stop, StopAt, run, same_run


@pytest.mark.parametrize(("epochs", "batch"), [(0, 1), (1, None), (2, 2), (4, None)])
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

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "lava":
            raise ModuleNotFoundError("No module named " + repr(name), name=name)

sys.meta_path.insert(0, Absent())
sys.path.insert(0, {tests!r})
from support.paths import TESTS
from pathlib import Path
from support import toy_training as t

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
    os.kill(child, signal.SIGKILL if attempt else signal.SIGTERM)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == (-signal.SIGKILL if attempt else 128 + signal.SIGTERM), code
    if (Path({out!r}) / t.BEST).is_file():
        t.training.load_model(Path({out!r}))
"""


def test_killed_without_warning(whole, tmp_path):
    """SIGTERM, and SIGKILL again and again, also while files are written; all files of the folder are complete.

    The killed processes run without lava-dl, print nothing and write to the run folder only.
    """
    out = tmp_path / "run"
    command = [sys.executable, "-W", "default", "-c", KILLING.format(tests=str(TESTS), out=str(out))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "site-packages" not in line]
    assert [line for line in ours if not line.startswith("  ")] == []
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    run(out, resume=True)
    same_run(whole[0], out)


def test_a_run_that_is_done_writes_its_tables_again(finished):
    before = (finished / "history.csv").read_text()
    (finished / "history.csv").unlink()
    (finished / "metrics.json").write_text('{"test_accuracy": 0.5}')
    run(finished, resume=True)
    assert (finished / "history.csv").read_text() == before
    metrics = json.loads((finished / "metrics.json").read_text())
    assert metrics["test_accuracy"] == 0.5
    assert metrics["epochs"] == 4


def test_equal_models_are_equal_files(whole, tmp_path):
    """Checksums in manifests are those of files."""
    model = training.load_model(whole[0])
    for k in range(20):
        checkpoint.save_model(model, tmp_path / f"{k}.safetensors")
    contents = {(tmp_path / f"{k}.safetensors").read_bytes() for k in range(20)}
    assert len(contents) == 1
    again = training.read_model(tmp_path / "0.safetensors").state_dict()
    assert all(torch.equal(again[name], value) for name, value in model.state_dict().items())


def test_starting_anew_forgets_the_old_run(whole, tmp_path):
    run(tmp_path, training={"seed": 1, "epochs": 1})
    run(tmp_path)
    same_run(whole[0], tmp_path)


#: Settings that did not exist in the first versions, by section.
NEWER = {"model": ("recurrent_delay", "input_delay"), "training": ("keep", "epoch_steps", "weight_decay", "warp")}


def test_a_run_from_before_a_setting_existed_is_resumed(whole, tmp_path):
    with pytest.raises(Stop):
        run(tmp_path, progress=StopAt(2, 1))
    state = torch.load(tmp_path / RESUME, weights_only=False)
    (found,) = [content for content in state["callbacks"].values() if "config" in content]
    values = json.loads(found["config"])
    for section, names in NEWER.items():
        for name in names:
            del values[section][name]
    found["config"] = json.dumps(values)
    torch.save(state, tmp_path / RESUME)
    (tmp_path / FILE).unlink()
    run(tmp_path, resume=True)
    same_run(whole[0], tmp_path)


def test_another_configuration_is_not_resumed(finished):
    with pytest.raises(
        DataError, match=r"keeps its configuration \(training.learning_rate: requested 0.5, found 0.1\)"
    ):
        run(finished, resume=True, training={"learning_rate": 0.5})


@pytest.mark.parametrize("content", [b"", b"no checkpoint", "cut"])
def test_a_damaged_state_is_an_error_that_says_so(finished, content):
    state = finished / RESUME
    state.write_bytes(state.read_bytes()[:5000] if content == "cut" else content)
    with pytest.raises(DataError, match=r"resume.ckpt: damaged .*; remove it and train again"):
        run(finished, resume=True)


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "other"])
def test_damaged_models_say_so(whole, tmp_path, damage):
    path = tmp_path / BEST
    content = (whole[0] / BEST).read_bytes()
    if damage == "other":
        from safetensors.torch import save_file

        save_file({"x": torch.zeros(3)}, path)
    elif damage != "missing":
        path.write_bytes(b"" if damage == "empty" else content[:-100])
    message = "no such file; train first" if damage == "missing" else "not a lava-ahp model, or damaged"
    with pytest.raises(DataError, match=message):
        training.load_model(tmp_path)
