"""A network in the paired form, from training to Lava's own processes, on the command line."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.torch import load_file

import lava_ahp
from lava_ahp import netx
from lava_ahp.cli import main

SMALL = (
    "--set", "training.epochs=1", "--set", "model.hidden=[12]", "--set", "model.groups=2",
    "--set", "model.membrane_tau=[4,8]",
)  # fmt: skip


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def done(*arguments):
    found = invoke(*arguments)
    assert found.exit_code == 0, found.output
    return found.stdout


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A native run, and a paired one that starts from it."""
    folder = tmp_path_factory.mktemp("paired")
    learn = "model.learn=['threshold', 'current_decay', 'voltage_decay', 'ahp_decay', 'ahp_strength']"
    done("train", "--task", "digits", "--out", folder / "native", *SMALL)
    start = folder / "native" / "model.safetensors"
    done("train", "--task", "digits", "--out", folder / "paired", *SMALL, "--set", "model.form=paired",
         "--set", "model.lag=2", "--set", learn, "--init", start)  # fmt: skip
    done("export", folder / "paired")
    return folder


def test_the_file_holds_lif_neurons_in_few_groups(runs):
    network = netx.read(runs / "paired" / "network.net")
    assert not any(p.neuron.has_ahp for p in network)
    p = network["hidden"].parameters()
    rows = np.stack([p["current_decay"], p["voltage_decay"], p["threshold"]])
    assert len(np.unique(rows, axis=1).T) == 2
    delays = {(c.source, c.delay) for c in network.connections if c.target == "hidden"}
    assert delays == {("input", 1), ("input", 3), ("hidden", 1), ("hidden", 3)}


def test_every_command_takes_it(runs):
    file = runs / "paired" / "network.net"
    metrics = json.loads((runs / "paired" / "metrics.json").read_text())
    found = json.loads(done("run", file, "--split", "validation", "--json", "-"))
    assert found["accuracy"] == metrics["validation_accuracy"]
    assert "equal" in done("verify", file, "--samples", 1, "--backend", "loihi2stock")
    assert "AHP neurons" in done("inspect", file, "--target", "loihi2")
    profile = json.loads(done("profile", file, "--samples", 5, "--json", "-", "--baseline", "none"))
    assert profile["hardware"]


def test_stock_lava_gives_the_same_voltages(runs):
    file = runs / "paired" / "network.net"
    spikes = netx.read_golden(file).events.select([0, 1])
    mine, stock = (lava_ahp.simulate(file, spikes, backend=name) for name in ("fast", "loihi2stock"))
    np.testing.assert_array_equal(mine.readout, stock.readout)
    assert all(np.array_equal(mine.counts[name], stock.counts[name]) for name in mine.counts)


def test_weights_of_the_native_run_are_the_start(runs, tmp_path):
    tiny = ("--set", "training.learning_rate=1e-12")
    start = runs / "native" / "model.safetensors"
    done(
        "train",
        "--task",
        "digits",
        "--out",
        tmp_path / "b",
        *SMALL,
        *tiny,
        "--set",
        "model.form=paired",
        "--init",
        start,
    )
    native, begun = load_file(start), load_file(tmp_path / "b" / "last.safetensors")
    for name in (name for name in native if name.endswith("synapse.weight")):
        least = -4 if name.startswith("readout") else -254 / 64
        np.testing.assert_allclose(begun[name], native[name].clamp(least), atol=1e-6)
    # The current of the native network brings three times its first value, and the pair acts for three steps.
    assert begun["hidden.0.neuron.threshold_raw"].numpy() == pytest.approx(508 / 64)


def test_what_cannot_be_started_from_says_so(runs, tmp_path):
    paired = runs / "paired" / "model.safetensors"
    back = invoke("train", "--task", "digits", "--out", tmp_path / "a", *SMALL, "--init", paired)
    assert back.exit_code == 2
    assert "first weights" in back.stderr
    fewer = invoke("train", "--task", "digits", "--out", tmp_path / "b", *SMALL, "--set", "model.form=paired",
                   "--set", "model.groups=1", "--init", paired)  # fmt: skip
    assert fewer.exit_code == 2
    assert "first weights hidden.0.neuron.group: found 0..1, allowed 0..0" in fewer.stderr
