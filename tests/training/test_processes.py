"""Several processes train like one: the same batches, loss, gradients and history, up to the rounding of sums."""

import csv
import json
import os
import socket
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from lava_ahp import training
from lava_ahp.cli import main
from lava_ahp.errors import BackendUnavailable, DataError
from lava_ahp.models import AHPClassifier
from lava_ahp.training import processes
from lava_ahp.training.batches import Batches, Part
from lava_ahp.training.checkpoint import LAST
from lava_ahp.training.module import Training

from support.paths import TESTS
from support.toy_training import CHANNELS, CLASSES, CONFIG, Stop, StopAt, run, toy, weights

TOY = TESTS / "support" / "toy_training.py"


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_parts_make_up_every_batch(count):
    split = toy(np.random.default_rng(0), samples=18)
    order = np.random.default_rng(1).permutation(18)
    whole = list(Batches(split, 8, Part(), order))
    parts = [list(Batches(split, 8, Part(rank, count), order)) for rank in range(count)]
    assert [len(batch.labels) for batch in whole] == [8, 8, 2]
    assert {len(part) for part in parts} == {3}
    for k, batch in enumerate(whole):
        found = [part[k] for part in parts]
        assert all(len(part.labels) for part in found)
        counted = [part for part in found if part.counted]
        assert torch.equal(torch.cat([part.read for part in counted]), batch.read)
        assert torch.equal(torch.cat([part.labels for part in counted]), batch.labels)


class Strategy:
    """Simulates the sum over all processes: first collects the parts, then returns their sum."""

    def __init__(self):
        self.heard, self.answers = [], False

    def reduce(self, part, reduce_op):
        assert reduce_op == "sum"
        if self.answers:
            return sum(self.heard)
        self.heard.append(part)
        return part


def test_the_mean_of_all_gradients_is_that_of_the_whole_batch():
    """Uneven parts and an ignored sample; class weights, label smoothing, and rates far from the target."""
    settings = {**CONFIG["training"], "label_smoothing": 0.1, "rate_weight": 0.3}
    config = training.TrainConfig.of({**CONFIG, "training": settings})
    model = AHPClassifier(config.model, CHANNELS, CLASSES, torch.Generator().manual_seed(3))
    split = toy(np.random.default_rng(0), samples=9)
    module = Training(model, config.training, None, split, 5, np.array([0.5, 1.0, 2.0]))

    def gradients(strategy, count, batch):
        module.trainer = SimpleNamespace(strategy=strategy, world_size=count)
        module.zero_grad()
        loss = module.training_step(batch)
        loss.backward()
        return loss.detach(), [p.grad.clone() for p in model.parameters() if p.grad is not None]

    for size in (9, 2):
        loss, expected = gradients(Strategy(), 1, next(iter(Batches(split, size, Part()))))
        batches = [next(iter(Batches(split, size, Part(rank, 4)))) for rank in range(4)]
        together = Strategy()
        for batch in batches:
            gradients(together, 4, batch)
        together.answers = True
        found = [gradients(together, 4, batch) for batch in batches]
        assert all(torch.allclose(of_one, loss, rtol=1e-5) for of_one, _ in found)
        assert len(expected) >= 5
        for parts, whole in zip(zip(*(g for _, g in found), strict=True), expected, strict=True):
            torch.testing.assert_close(sum(parts) / 4, whole, rtol=1e-4, atol=1e-6 * float(whole.abs().max()))


def rows(out):
    with (out / "history.csv").open(newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def assert_same_but_for_rounding(one, other):
    """Integer counts are equal; sums of fractions are equal up to rounding."""
    mine, theirs = rows(one), rows(other)
    assert len(mine) == len(theirs)
    for here, there in zip(mine, theirs, strict=True):
        for key in ("epoch", "accuracy", "validation_accuracy", "synops", "learning_rate"):
            assert here[key] == there[key], key
        for key in ("loss", "validation_loss", "rate"):
            assert here[key] == pytest.approx(there[key], rel=1e-5), key


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def on_two_nodes(*arguments):
    """Run a command twice, with the environment that SLURM gives to two tasks on two nodes."""
    common = {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "1", "SLURM_NNODES": "2", "SLURM_LOCALID": "0",
              "SLURM_JOB_NAME": "train", "SLURM_JOB_ID": "1", "MASTER_ADDR": "127.0.0.1",
              "MASTER_PORT": str(free_port())}  # fmt: skip
    tasks = []
    for rank in "01":
        environment = {**os.environ, **common, "SLURM_PROCID": rank, "SLURM_NODEID": rank}
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        tasks.append(subprocess.Popen([sys.executable, *arguments], env=environment, **piped))
    try:
        said = [task.communicate(timeout=900)[0] for task in tasks]
    finally:
        for task in tasks:
            task.kill()
    assert [task.returncode for task in tasks] == [0, 0], said
    return said


@pytest.mark.slow
def test_two_nodes_go_on_from_one_process_and_stop_as_it_does(tmp_path):
    """The last batch of 33 samples has one sample: the second node gets an ignored one."""
    options = {
        "model": {"density": 0.5},
        "training": {"epochs": 20, "patience": 1, "rewire_every": 2, "rate_weight": 0.3, "label_smoothing": 0.1},
        "class_weights": [0.5, 1.0, 2.0],
    }
    alone, together = tmp_path / "alone", tmp_path / "together"

    def small(rng):
        return toy(rng, samples=33)

    history = run(alone, train=small, **options)
    assert 3 < len(history) < 20
    with pytest.raises(Stop):
        run(together, train=small, progress=StopAt(1), **options)
    said = on_two_nodes(TOY, together, json.dumps({**options, "resume": True, "nodes": 2}), "--samples", "33")
    assert said == ["", ""]
    assert_same_but_for_rounding(alone, together)
    assert sorted(p.name for p in alone.iterdir()) == sorted(p.name for p in together.iterdir())
    assert json.loads((together / "metrics.json").read_text())["stopped_early"]
    mine, theirs = weights(alone, LAST), weights(together, LAST)
    for key in mine:
        torch.testing.assert_close(mine[key], theirs[key], rtol=1e-3, atol=1e-4, msg=key)


def test_the_command_starts_its_processes_itself(tmp_path):
    """As a user types it; output is printed once."""
    tiny = {"training.epochs": "2", "training.batch_size": "300", "model.hidden": "[8]"}
    settings = [part for key, value in tiny.items() for part in ("--set", f"{key}={value}")]
    command = ["train", "--task", "digits", "--device", "cpu", *settings]
    assert CliRunner().invoke(main, [*command, "--out", str(tmp_path / "alone")]).exit_code == 0
    done = subprocess.run(
        [sys.executable, "-m", "lava_ahp", *command, "--out", "together", "--devices", "2"],
        cwd=tmp_path, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("together: validation accuracy ")
    assert len(done.stdout.splitlines()) == 1
    assert [line.split()[2] for line in done.stderr.splitlines()] == ["1/2", "2/2"], done.stderr
    assert_same_but_for_rounding(tmp_path / "alone", tmp_path / "together")
    manifest = json.loads((tmp_path / "together" / "manifest.json").read_text())
    assert manifest["command"].endswith("--out together --devices 2")


def test_a_process_that_fails_ends_all_and_cores_are_shared(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, TOY, tmp_path / "run", '{"devices": 2}', "--failing"],
        env=environment, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode != 0
    assert "the second process fails" in done.stderr
    share = max(1, len(os.sched_getaffinity(0)) // 2)
    told = done.stdout.splitlines()
    assert {f"rank {rank}: torch 1, kernels {share}" for rank in range(2)} <= set(told)
    assert len(rows(tmp_path / "run")) == 1
    assert len(run(tmp_path / "run", resume=True)) == 4


def test_gpus_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(BackendUnavailable, match="devices: found 3, allowed up to 2, the GPUs that torch finds"):
        run(tmp_path, device="cuda", devices=3)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert processes.options("auto", 3, 1)["accelerator"] == "cpu"


def test_nodes_that_do_not_know_one_another(tmp_path, monkeypatch):
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(DataError, match=r"num-nodes: found 2 without SLURM; use srun, or set MASTER_ADDR"):
        run(tmp_path, nodes=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("per_node", ["4", None])
def test_other_numbers_than_slurm_has(tmp_path, monkeypatch, per_node):
    for name, value in {"NTASKS": "4", "NTASKS_PER_NODE": per_node, "NNODES": "1", "JOB_NAME": "train"}.items():
        if value is not None:
            monkeypatch.setenv(f"SLURM_{name}", value)
    with pytest.raises(DataError, match=r"SLURM: found 4 tasks on 1 nodes, requested --devices 2 --num-nodes 1; start"):
        run(tmp_path, devices=2)
    assert list(tmp_path.iterdir()) == []
