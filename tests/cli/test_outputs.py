"""No command destroys what it reads, and a result survives a terminal that fails."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import netx
from lava_ahp.cli import _group, main
from lava_ahp.network import Connection, Network, Neuron, Population
from lava_ahp.tasks import digits, registry

from support.full_disk import limited_size


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def network():
    task = digits.load()
    return Network(
        (Population("input", task.channels), Population("readout", 10, Neuron(threshold=131071, voltage_decay=204))),
        (Connection("input", "readout", 2 * np.random.default_rng(0).integers(-30, 31, (10, task.channels))),),
        "readout",
        task=task.describe(),
    )


@pytest.fixture
def run(network, tmp_path):
    """A run folder as the commands look at it: the contents of its files do not matter to them."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("config.toml", "model.safetensors", "metrics.json", "report.html", "w_in.npy"):
        (folder / name).write_text(name)
    (folder / "config.toml").write_text('[task]\nname = "digits"\n')
    netx.write(network, folder / "network.net")
    (folder / "link.html").symlink_to(folder / "network.net")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        "run {run}/network.net --json {run}/network.net",
        "run {run} --json {run}/network.net",
        "run {run} --json {run}/model.safetensors",
        "run {run}/network.net --json {run}/metrics.json",
        "run {run} --indices {run}/w_in.npy --json {run}/w_in.npy",
        "verify {run} --json {run}/link.html",
        "profile {run} --html {run}/network.net",
        "profile {run} --html {run}/link.html",
        "profile {run} --html same --json same",
        "profile {run} --html same --json {run}/../same",
        "profile {run} --baseline lstm --save-baseline {run}/network.net",
        "profile {run} --measured {run}/w_in.npy --json {run}/w_in.npy",
        "bench simulator --network {run}/network.net --json {run}/network.net",
        "export {run} -o {run}/model.safetensors",
        "export {run} -o {run}/report.html",
        "import-lsnn {run} -o {run}/w_in.npy",
        "import-nir {run}/network.net -o {run}/network.net",
        "export-nir {run}/network.net -o {run}/link.html",
        "train --task digits --out {run} --init {run}/model.safetensors",
        "train --task digits --out {run} --config {run}/config.toml",
        "deploy --task digits --out {run} --config {run}/config.toml",
    ],
)
def test_an_output_that_is_an_input_or_another_output_is_refused(run, command, monkeypatch):
    monkeypatch.chdir(run.parent)
    before = contents(run.parent)
    result = invoke(*command.format(run=run).split())
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("lava-ahp: ")
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.endswith("; choose another file\n")
    assert contents(run.parent) == before


def contents(folder):
    return {path: path.is_symlink() or path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_report_in_the_run_folder_may_be_replaced(run):
    result = invoke("profile", run, "--samples", 2, "--html", run / "report.html")
    assert result.exit_code == 0, result.output
    assert (run / "report.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("command", ["run", "inspect", "profile", "verify"])
def test_a_run_folder_stands_for_its_network(run, command, monkeypatch):
    monkeypatch.setattr("lava_ahp.proof.ENGINES", ("fast",))
    samples = {"run": ["--samples", 2], "profile": ["--samples", 2]}.get(command, [])
    assert invoke(command, run, *samples).exit_code == 0
    (run / "network.net").unlink()
    result = invoke(command, run)
    assert result.exit_code == 2
    assert f"holds no network.net; export it first (lava-ahp export {run})" in result.stderr


def test_json_to_a_device_or_stdout(run):
    assert invoke("run", run, "--samples", 2, "--json", os.devnull).exit_code == 0
    assert Path(os.devnull).is_char_device()
    assert json.loads(invoke("run", run, "--samples", 2, "--json", "/dev/stdout").stdout)["samples"] == 2


def test_profile_keeps_its_files_where_the_terminal_fails(run, monkeypatch):
    def fail(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("lava_ahp.report.profile_terminal.show_profile", fail)
    out = [run / "out.json", run / "out.html"]
    result = invoke("profile", run, "--samples", 2, "--json", out[0], "--html", out[1])
    assert result.exit_code == 2
    assert all(path.stat().st_size > 0 for path in out)


def test_a_full_disk_is_one_line_and_leaves_nothing(run):
    before = sorted(os.listdir(run))
    with limited_size(100):
        result = invoke("run", run, "--samples", 2, "--json", run / "out.json")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"lava-ahp: {run / 'out.json'}: File too large"
    assert sorted(os.listdir(run)) == before


@pytest.mark.parametrize("advice", ["", "completed epochs are saved, continue with train --resume"])
def test_ctrl_c_speaks_of_resume_only_where_a_run_can_be_resumed(advice):
    @click.group(cls=_group.Group)
    def group():
        pass

    @group.command()
    def command():
        raise KeyboardInterrupt(advice)

    result = CliRunner().invoke(group, ["command"])
    assert result.exit_code == 130
    assert result.stderr == (f"lava-ahp: interrupted; {advice}\n" if advice else "lava-ahp: interrupted\n")


def test_a_resumed_run_needs_no_task_and_keeps_its_configuration(run):
    (run / "config.toml").write_text('[task]\nname = "digits"\n[training]\nepochs = 7\n')
    result = invoke("train", "--resume", "--out", run, "--set", "training.seed=0", "--set", "training.epochs=9")
    assert result.exit_code == 2
    assert result.stderr == (
        f"lava-ahp: {run}: a resumed run keeps its configuration (training.epochs: requested 9, found 7); "
        "resume without changes, or train into another folder\n"
    )


def test_a_resumed_run_keeps_its_kind_of_model(run):
    (run / "config.toml").write_text('[task]\nname = "digits"\n')
    result = invoke("train", "--resume", "--out", run, "--model", "lstm")
    assert (result.exit_code, result.stderr) == (2, f"lava-ahp: model: found lstm, {run} holds one of kind ahp\n")


@pytest.mark.parametrize("command", ["train", "deploy"])
def test_help_and_errors_list_the_tasks_of_other_distributions(command, monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "names", lambda: ("digits", "theirs"))
    monkeypatch.setattr("lava_ahp.tasks.names", registry.names)
    assert "Tasks: digits, theirs." in " ".join(invoke(command, "--help").output.split())
    missing = invoke(command, "--out", tmp_path / "new")
    assert missing.exit_code == 2
    assert "Missing option '--task'. Choose from: digits, theirs." in missing.stderr


def test_the_command_line_imports_no_task_at_start():
    code = "import sys, lava_ahp.cli; sys.exit(any(name.startswith('lava_ahp.tasks') for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="shared memory is a folder only in Linux")
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_closed_terminal_leaves_no_shared_memory(run, number):
    shared = Path("/dev/shm")
    before = set(shared.iterdir())
    command = [sys.executable, "-m", "lava_ahp", "run", run, "--backend", "loihi2sim", "--split", "train"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as process:
        deadline = time.monotonic() + 120
        while len(mine := segments(shared, process.pid) - before) < 5 and time.monotonic() < deadline:
            time.sleep(0.1)
        # Lava is still starting: processes that it has only begun are ended as well.
        os.killpg(process.pid, number)
        assert process.wait(60) == 128 + number
    assert mine
    assert not any(path.exists() for path in mine)


def segments(shared, group):
    """Segments of shared memory that a process of the group has mapped."""
    found = set()
    for maps in Path("/proc").glob("[0-9]*/maps"):
        try:
            if os.getpgid(int(maps.parent.name)) == group:
                found |= {
                    shared / line.rpartition("/dev/shm/")[2]
                    for line in maps.read_text().splitlines()
                    if "/dev/shm/" in line
                }
        except (ProcessLookupError, FileNotFoundError, PermissionError):
            continue
    return found
