"""The training benchmark at a size that takes no time: what it reports, not how fast it is."""

import json

import pytest
import torch
from click.testing import CliRunner

from lava_ahp.bench.training import TrainingBench, measure
from lava_ahp.cli import main


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
