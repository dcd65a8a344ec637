"""Settings of a task on their way: command line, run folder, resumed run, network file, and the data run on it."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import netx, tasks
from lava_ahp.cli import main
from lava_ahp.training import TrainConfig

from support.babi_files import write

CHANGED = {
    "tasks": [1, 15],
    "exchange": [["anna", "henry"], ["cellar", "garage"]],
    "sentences": 3,
    "steps_per_word": 2,
    "relay_steps": 4,
    "tail": 7,
    "readout_steps": 3,
}
SET = [part for key, value in CHANGED.items() for part in ("--set", f"task.{key}={json.dumps(value)}")]
SIZES = [part for size in ("encoder=6", "g=[5]", "f=[4]") for part in ("--set", f"model.{size}")]
TINY = ["--set", "training.epochs=1", *SIZES, "--device", "cpu"]


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module", name="trained")
def fixture_trained(tmp_path_factory):
    """Data, and the folder of a run on them."""
    folder = tmp_path_factory.mktemp("babi")
    data, run = write(folder / "data", (1, 6, 15)), folder / "run"
    result = invoke("train", "--task", "babi", "--data", data, "--out", run, *SET, *TINY)
    assert result.exit_code == 0, result.output
    assert "data: 200 training questions, 10 answers, 35 words, up to 3 sentences of 6 words\n" in result.stderr
    result = invoke("export", run, "--data", data)
    assert result.exit_code == 0, result.output
    return data, run


def test_the_run_folder_keeps_all_of_them(trained):
    data, run = trained
    config = TrainConfig.read(run / "config.toml")
    assert config.task.settings == {"room_for": [], "size": 10_000, "shuffle": False, "words": 0, **CHANGED}
    assert config.task.settings == tasks.load_task("babi", data, settings=CHANGED).settings


def test_the_network_file_gives_the_same_task(trained):
    data, run = trained
    task = tasks.load_task("babi", data, settings=CHANGED)
    again = tasks.load_task("babi", data, netx.read(run / "network.net").task)
    assert json.loads(json.dumps(again.describe())) == json.loads(json.dumps(task.describe()))
    for split in tasks.SPLITS:
        assert np.array_equal(again.signals[split], task.signals[split])
    result = invoke("run", run / "network.net", "--data", data, "--samples", 60)
    assert result.exit_code == 0, result.output
    assert "of 60 right" in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], None),
        (["--set", "task.tasks=[15, 1]"], None),
        (["--set", "task.tail=8"], r"keeps its configuration \(task.tail: requested 8, found 7\)"),
        (["--set", "task.tails=8"], r"config task.tails: unknown key, .*; did you mean task.tail\?"),
    ],
)
def test_a_resumed_run_keeps_them(trained, options, message):
    data, run = trained
    result = invoke("train", "--resume", "--data", data, "--out", run, *options)
    if message is None:
        assert result.exit_code == 0, result.output
        assert "resuming after 1 of 1 epochs" in result.stderr
    else:
        assert result.exit_code == 2, result.output
        assert re.search(message, result.stderr)


def test_a_file_sets_them(trained, tmp_path):
    data, _ = trained
    (tmp_path / "own.toml").write_text("[task]\ntasks = [6]\nsentences = 2\n[model]\nencoder = 6\n")
    result = invoke("train", "--task", "babi", "--data", data, "--config", tmp_path / "own.toml", "--out",
                    tmp_path / "run", "--set", "task.sentences=4", *TINY)  # fmt: skip
    assert result.exit_code == 0, result.output
    found = TrainConfig.read(tmp_path / "run" / "config.toml").task.settings
    assert (found["tasks"], found["sentences"], found["tail"]) == ([6], 4, 9)


def test_help_shows_how():
    assert "--set task.tasks=[1,6,15]" in invoke("train", "--help").output
