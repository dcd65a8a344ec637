"""From a ``.ts`` file of unequal lengths to a report, equal in Lava, in one command."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import netx, tasks
from lava_ahp.cli import main

pytest.importorskip("torch")
pytest.importorskip("lava", reason="Lava is not installed")

TINY = ["--set", "training.epochs=3", "--set", "model.hidden=[12]", "--set", "training.batch_size=8", "--device", "cpu"]


def invoke(*arguments):
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == 0, result.output
    return result


def write(path, samples, seed):
    rng = np.random.default_rng(seed)
    rows = ["@timeStamps false", "@dimensions 2", "@equalLength false", "@classLabel true up down", "@data"]
    for k in range(samples):
        steps = rng.integers(3, 15)
        drift = np.linspace(0, (1, -1)[k % 2], steps)
        channels = [drift + rng.normal(0, 0.2, steps), rng.normal(0, 1, steps)]
        rows.append(":".join([*(",".join(f"{v:.3f}" for v in c) for c in channels), ("up", "down")[k % 2]]))
    path.write_text("\n".join(rows) + "\n")
    return path


def test_one_command_from_the_file_to_a_proof_in_lava(tmp_path):
    data = write(tmp_path / "Toy_TRAIN.ts", 32, 1)
    write(tmp_path / "Toy_TEST.ts", 10, 2)
    run = tmp_path / "run"
    result = invoke("deploy", "--task", "timeseries", "--data", data, "--out", run, "--backend", "loihi2sim",
                    "--samples", 4, *TINY)  # fmt: skip
    assert "spikes and readouts equal to the training forward pass, bit for bit" in result.output
    assert "data: 4 of the 32 training samples validate" in result.output
    assert "steps x 2 channels" in result.output
    page = (run / "report.html").read_text()
    assert f"of which the last {netx.read(run / 'network.net').task['window']} are read out" in page
    golden = netx.read_golden(run / "network.net")
    assert len(set(golden.events.steps.tolist())) > 1
    invoke("verify", run)
    found = {}
    for samples in (1, 10):
        invoke("run", run, "--data", data, "--samples", samples, "--json", tmp_path / "answers.json")
        found[samples] = json.loads((tmp_path / "answers.json").read_text())
    assert found[10]["predictions"][0] == found[1]["predictions"][0]
    task = tasks.load_task("timeseries", data, netx.read(run / "network.net").task)
    assert found[10]["steps_per_sample"] == task.split("test", np.arange(10)).events.steps.mean()
