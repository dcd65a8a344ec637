"""The benchmark of training on stories: its report, not its speed."""

import json

import pytest
import torch
from click.testing import CliRunner

from lava_ahp.bench import training_babi
from lava_ahp.cli import main
from lava_ahp.errors import DataError
from lava_ahp.training import TrainConfig

from support.babi_files import write


def invoke(*arguments):
    return CliRunner().invoke(main, ["bench", "training", *map(str, arguments)])


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    make = TrainConfig.make

    def small(task, *, overrides, **options):
        sizes = {"model.encoder": 12, "model.g": [8, 7], "model.f": [9], "task.size": 100}
        return make(task, overrides={**overrides, **sizes}, **options)

    monkeypatch.setattr(TrainConfig, "make", small)


def test_reports_tasks_in_turns(tmp_path):
    data, out = write(tmp_path / "data", (1, 6)), tmp_path / "bench.json"
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    result = invoke("--task", "babi", "--data", data, "--task-number", 1, "--task-number", 6, "--batch", 16,
                    "--repeats", 3, "--json", out)  # fmt: skip
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text())
    assert set(found) == {"batch", "encoder", "g", "f", "threads", "repeats", "rows"}
    sizes = (found["batch"], found["encoder"], found["g"], found["f"], found["threads"], found["repeats"])
    assert sizes == (16, 12, [8, 7], [9], 1, 3)
    assert [row["task"] for row in found["rows"]] == ["qa1", "qa6"]
    for row in found["rows"]:
        assert set(row) == {
            "task", "sentences", "words", "steps", "firing_rate", "seconds", "lstm_seconds", "ratio_lstm",
        }  # fmt: skip
        assert row["seconds"] > 0
        assert 0 < row["firing_rate"] < 1
    for line in ("qa1, AHP: warming up", "qa1, LSTM: warming up", "qa6, round 3 of 3"):
        assert line in result.stderr
    assert "encoder 12, g 8-7, f 9, batch 16, 1 thread, median of 3 rounds" in result.stdout
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_without_data_the_generator_gives_task_1():
    result = invoke("--task", "babi", "--repeats", 1, "--json", "-")
    assert result.exit_code == 0, result.output
    assert [row["task"] for row in json.loads(result.stdout)["rows"]] == ["qa1"]


def test_a_batch_larger_than_the_data():
    with pytest.raises(DataError, match=r"batch: found 101, allowed 1..100, the training questions of qa1"):
        training_babi.measure(None, [1], batch=101, repeats=1, threads=1, progress=print)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--task-number", 1], "--task-number needs --task babi"),
        (["--data", "."], "--data needs --task babi"),
        (["--task", "babi", "--steps", 5], "--task excludes --steps"),
        (["--task", "babi", "--device", "cuda"], "--task excludes --device cuda"),
        (["--task", "digits"], "'digits' is not 'babi'"),
        (["--task", "babi", "--task-number", 21], "21 is not in the range 1<=x<=20"),
    ],
)
def test_wrong_use(arguments, message):
    result = invoke(*arguments)
    assert (result.exit_code, message in result.stderr) == (2, True), result.output
