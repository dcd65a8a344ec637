"""The command line as a stranger meets it: help, results, exit codes and messages."""

import json
import subprocess
import sys

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import dynamics, netx
from lava_ahp.cli import main
from lava_ahp.network import Connection, Golden, Network, Neuron, Population, stimuli
from lava_ahp.tasks import digits


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def network():
    """An untrained classifier for digits: what it says is wrong, but it says it exactly."""
    rng = np.random.default_rng(0)
    task = digits.load()

    def weights(*shape):
        return 2 * rng.integers(-30, 31, size=shape)

    return Network(
        (
            Population("input", task.channels),
            Population("hidden", 20, Neuron(threshold=200, voltage_decay=204, ahp_decay=20, ahp_weight=600)),
            Population("readout", 10, Neuron(threshold=131071, voltage_decay=204)),
        ),
        (
            Connection("input", "hidden", weights(20, task.channels)),
            Connection("hidden", "hidden", weights(20, 20)),
            Connection("hidden", "readout", weights(10, 20)),
        ),
        "readout",
        task=task.describe(),
    )


@pytest.fixture
def file(network, tmp_path):
    events = stimuli.covering(network)
    path = tmp_path / "some.net"
    netx.write(network, path, golden=Golden(events, dynamics.run(network, events)))
    return path


COMMANDS = ["deploy", "train", "export", "run", "ask", "verify", "profile", "inspect", "import-lsnn",
            "import-nir", "export-nir", "bench", "doctor"]  # fmt: skip


def test_help_lists_every_command_in_the_order_of_use():
    text = invoke("--help").output
    positions = [text.index(f"\n  {command} ") for command in COMMANDS]
    assert positions == sorted(positions)
    assert "Exit codes: 0 success; 1 a check failed" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert "Example:" in result.output
    assert f"lava-ahp {command}" in result.output


def test_run_gives_the_promised_json(file, network, tmp_path):
    out = tmp_path / "out.json"
    result = invoke("run", file, "--samples", 7, "--json", out)
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text())
    assert set(found) == {
        "task", "split", "backend", "samples", "accuracy", "predictions", "labels", "indices", "steps_per_sample",
        "seconds", "steps_per_second",
    }  # fmt: skip
    assert (found["task"], found["split"], found["backend"], found["samples"]) == ("digits", "test", "fast", 7)
    assert found["indices"] == list(range(7))
    task = digits.load()
    trace = dynamics.run(network, task.split("test", range(7)).events)
    expected = trace.readout[:, -task.readout_steps :].astype(np.int64).sum(axis=1).argmax(axis=1)
    assert found["predictions"] == expected.tolist()
    assert found["accuracy"] == np.mean(expected == task.labels["test"][:7])
    assert f"{sum(expected == task.labels['test'][:7])} of 7 right" in result.output


def test_run_takes_indices_as_text_or_npy(file, tmp_path):
    np.save(tmp_path / "some.npy", np.array([4, 2]))
    (tmp_path / "some.txt").write_text("4\n2\n")
    for name in ("some.npy", "some.txt"):
        result = invoke("run", file, "--indices", tmp_path / name, "--split", "validation", "--json", "-")
        assert json.loads(result.stdout)["indices"] == [4, 2]


@pytest.mark.parametrize(
    "content, message",
    [("1 two 3", "no list of sample numbers"), ("", "allowed one row of integers"), ("99999", "found 99999..99999")],
)
def test_indices_that_are_none(file, tmp_path, content, message):
    (tmp_path / "i.txt").write_text(content)
    result = invoke("run", file, "--indices", tmp_path / "i.txt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.count("\n") <= 2


def test_verify_passes_an_untouched_file_and_says_what_it_compared(file):
    result = invoke("verify", file)
    assert result.exit_code == 0, result.output
    for line in ("record = dynamics", "record = fast", "record = loihi2sim", "random: dynamics = loihi2sim"):
        assert line in result.output
    assert "DIFFERENT" not in result.output


def test_verify_names_the_place_where_a_changed_weight_shows(file):
    with h5py.File(file, "r+") as f:
        weights = f["layer/1/weight"]
        neuron, channel = np.argwhere(weights[()])[30]
        weights[neuron, channel] += 2 if weights[neuron, channel] < 0 else -2
    result = invoke("verify", file)
    assert result.exit_code == 1
    assert f"population hidden, neuron {neuron}, u:" in result.stderr
    assert "sample 0, step " in result.stderr


def test_inspect_shows_tables_and_json(file):
    shown = invoke("inspect", file)
    assert shown.exit_code == 0
    for text in ("hidden", "input -> hidden", "neurons: 30", "task name: digits", "golden samples: 1"):
        assert text in shown.output
    found = json.loads(invoke("inspect", file, "--json").stdout)
    assert found["totals"]["neurons"] == 30
    assert [p["population"] for p in found["populations"]] == ["input", "hidden", "readout"]


def test_doctor_knows_every_backend():
    result = invoke("doctor")
    assert result.exit_code == 0
    assert "backend fast        ready" in result.output
    assert "backend loihi2sim   ready" in result.output
    assert "backend loihi2      Intel's extension lava-loihi is not installed" in result.output


def test_the_chip_is_missing_with_its_own_exit_code(file):
    result = invoke("run", file, "--backend", "loihi2")
    assert result.exit_code == 3
    assert result.stderr.startswith("lava-ahp: backend loihi2: ")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("run", "nowhere.net"), "does not exist"),
        (("run", "{file}", "--backend", "loihi1"), "'loihi1' is not one of"),
        (("run", "{file}", "--samples", "0"), "0 is not in the range"),
        (("run", "{file}", "--samples", "3", "--indices", "{file}"), "exclude each other"),
        (("run", "{file}", "--samples", "100000"), "samples: found 100000, digits test has 450"),
        (("run", "{file}", "--task", "smnist"), "found smnist, the network was trained for digits"),
        (("run", "{file}", "--data", "{folder}"), "brings its own data"),
        (("export", "{folder}"), "holds no"),
        (("train", "--out", "{folder}/new"), "Missing option '--task'"),
        (("train", "--task", "mnist", "--out", "{folder}/new"), "allowed digits, smnist"),
        (("train", "--task", "digits", "--out", "{folder}/new", "--set", "training.epoch=3"), "epoch"),
        (("train", "--task", "digits", "--out", "{folder}/new", "--set", "training.epochs=0"), "epochs"),
        (("import-lsnn", "{folder}", "-o", "{folder}/x.net"), "w_in.npy"),
        (("import-nir", "{folder}/text.net", "-o", "{folder}/x.net", "--dt", "0"), "0.0 is not in the range"),
        (("run", "{folder}/text.net"), "text.net"),
    ],
)
def test_wrong_use_and_wrong_input_exit_2_with_a_short_message(file, arguments, message):
    folder = file.parent
    (folder / "text.net").write_text("no network")
    result = invoke(*(a.format(file=file, folder=folder) for a in arguments))
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not (folder / "new").exists()
    assert not (folder / "x.net").exists()


def test_a_result_that_cannot_be_written_is_said(file):
    result = invoke("run", file, "--samples", 1, "--json", file / "below" / "a.json")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("lava-ahp: ")


def test_a_reader_that_stops_reading_is_no_error():
    pipe = f"{sys.executable} -m lava_ahp doctor | head -n 1"
    found = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, timeout=120, check=True)
    assert found.stdout.startswith("python")
    assert "lava-ahp:" not in found.stderr
    assert "Traceback" not in found.stderr
