"""The training benchmark at a small size: its report, not its speed."""

import json
from statistics import median

import pytest
import torch
from click.testing import CliRunner

from lava_ahp import slayer
from lava_ahp.bench import training, training_gpu
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
        "seconds", "delay_seconds", "lstm_seconds", "slayer_seconds", "ratio_delay", "ratio_lstm", "ratio_slayer",
        "batch", "steps", "neurons", "threads", "repeats", "firing_rate",
    }  # fmt: skip
    assert (found["batch"], found["steps"], found["neurons"], found["threads"]) == (2, 30, [80, 240, 10], 1)
    assert found["ratio_lstm"] == found["lstm_seconds"] / found["seconds"]
    if slayer.has_lava_dl():
        assert found["ratio_slayer"] == found["slayer_seconds"] / found["seconds"]
    assert 0 < found["firing_rate"] < 1
    assert "80-240-10 neurons, batch 2, 30 steps" in result.output
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_says_what_it_measures():
    said = []
    assert isinstance(measure(batch=1, steps=4, repeats=2, threads=1, progress=said.append), TrainingBench)
    names = ["AHP", "AHP with delays", "torch's LSTM", *["lava-dl's ALIF"] * slayer.has_lava_dl()]
    assert said == [*(f"{name}: warming up" for name in names), "round 1 of 2", "round 2 of 2"]


def test_times_and_ratios_are_medians_of_rounds_in_turns(monkeypatch):
    # The whole machine is ten times slower in the second round.
    ours, lstm, alif = iter([9, 1, 10, 1]), iter([9, 4, 50, 6]), iter([9, 20, 200, 30])
    delayed = iter([9, 1.25, 12, 1.5])
    order = []

    def step(name, seconds):
        return lambda: order.append(name) or next(seconds)

    monkeypatch.setattr(slayer, "has_lava_dl", lambda: True)
    blocks = iter([step("AHP", ours), step("delays", delayed)])
    monkeypatch.setattr(training, "_ahp", lambda spikes, *longest: (next(blocks), lambda x: x))
    monkeypatch.setattr(training, "_lstm", lambda spikes: step("LSTM", lstm))
    monkeypatch.setattr(training, "_alif", lambda spikes: step("ALIF", alif))
    found = measure(batch=1, steps=4, repeats=3, progress=lambda line: None)
    assert order == ["AHP", "delays", "LSTM", "ALIF"] * 4
    assert (found.seconds, found.delay_seconds, found.lstm_seconds, found.slayer_seconds) == (1, 1.5, 6, 30)
    assert found.ratio_delay == median([1.25, 1.2, 1.5]) == 1.25
    assert found.ratio_lstm == median([4 / 1, 50 / 10, 6 / 1]) == 5
    assert found.ratio_slayer == 20


def test_without_lava_dl_its_block_is_reported_as_missing(monkeypatch):
    monkeypatch.setattr(slayer, "has_lava_dl", lambda: False)
    said = []
    found = measure(batch=1, steps=4, repeats=1, threads=1, progress=said.append)
    assert not [line for line in said if "lava-dl" in line]
    assert (found.to_json()["slayer_seconds"], found.to_json()["ratio_slayer"]) == (None, None)
    assert found.ratio_lstm > 0
    name, _, reason = list(found.lines())[-1].partition(" not measured: ")
    assert name.strip() == "lava-dl alif.Recurrent(80, 240)"
    assert reason == "lava-dl is not installed (it needs Python 3.10)"


@pytest.mark.parametrize("option", ["--batch", "--steps", "--repeats", "--threads"])
def test_nothing_to_measure_is_wrong_use(option):
    assert CliRunner().invoke(main, ["bench", "training", option, "0"]).exit_code == 2


def test_measures_batch_by_batch_on_a_device():
    # The CPU stands in for a GPU; the code is the same.
    cpu, said = torch.device("cpu"), []
    found = training_gpu.measure(cpu, batches=(1, 3), steps=60, repeats=1, progress=said.append)
    lines = ["batch {}, AHP: warming up", "batch {}, torch's LSTM: warming up", "round 1 of 1"]
    assert said == [line.format(batch) for batch in (1, 3) for line in lines]
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
