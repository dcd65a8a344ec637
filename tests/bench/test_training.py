"""The training benchmark at a size that takes no time: what it reports, not how fast it is."""

import json

import pytest
import torch
from click.testing import CliRunner

from lava_ahp.bench import training_gpu
from lava_ahp.bench.training import TrainingBench, measure
from lava_ahp.cli import main
from lava_ahp.errors import BackendUnavailable


def test_reports_times_and_ratios(tmp_path):
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    out = tmp_path / "bench.json"
    command = ["bench", "training", "--batch", "2", "--steps", "30", "--repeats", "1", "--threads", "1"]
    result = CliRunner().invoke(main, [*command, "--json", str(out)])
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text())
    assert set(found) == {
        "seconds", "lstm_seconds", "slayer_seconds", "ratio_lstm", "ratio_slayer",
        "batch", "steps", "neurons", "threads", "repeats", "firing_rate",
    }  # fmt: skip
    assert (found["batch"], found["steps"], found["neurons"], found["threads"]) == (2, 30, [80, 240, 10], 1)
    assert found["ratio_lstm"] == found["lstm_seconds"] / found["seconds"]
    assert found["ratio_slayer"] == found["slayer_seconds"] / found["seconds"]
    assert 0 < found["firing_rate"] < 1
    assert "80-240-10 neurons, batch 2, 30 steps" in result.output
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_says_what_it_measures():
    said = []
    assert isinstance(measure(batch=1, steps=4, repeats=1, threads=1, progress=said.append), TrainingBench)
    assert said == [
        f"{name}: {what}" for name in ("AHP", "torch's LSTM", "lava-dl's ALIF") for what in ("warming up", "measuring")
    ]


@pytest.mark.parametrize("option", ["--batch", "--steps", "--repeats", "--threads"])
def test_nothing_to_measure_is_wrong_use(option):
    assert CliRunner().invoke(main, ["bench", "training", option, "0"]).exit_code == 2


def test_measures_batch_by_batch_on_a_device():
    # The CPU stands in for a GPU: what is measured there is the same code.
    cpu, said = torch.device("cpu"), []
    found = training_gpu.measure(cpu, batches=(1, 3), steps=60, repeats=1, progress=said.append)
    assert said == [f"batch {batch}: {name}" for batch in (1, 3) for name in ("AHP", "torch's LSTM")]
    assert 0 < found.firing_rate < 1
    rows = found.to_json()["rows"]
    assert [row["batch"] for row in rows] == [1, 3]
    for row in rows:
        assert row["ratio_lstm"] == row["lstm_seconds"] / row["seconds"]
    assert list(found.lines())[-1].split()[0] == "3"


def test_without_a_gpu_says_so(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    result = CliRunner().invoke(main, ["bench", "training", "--device", "cuda"])
    assert result.exit_code == 3
    assert result.output == "lava-ahp: device cuda: torch finds no GPU; use --device cpu\n"


def test_a_gpu_without_a_kernel_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    with pytest.raises(BackendUnavailable, match="no kernel; needs Triton"):
        training_gpu.device()


def test_threads_on_a_gpu_are_wrong_use():
    command = ["bench", "training", "--device", "cuda", "--threads", "2"]
    assert CliRunner().invoke(main, command).exit_code == 2
