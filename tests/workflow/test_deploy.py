"""From data to a network that runs in Lava, end to end on a tiny model, and the page that comes out."""

import json
import re
import shutil
from html.parser import HTMLParser

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import netx
from lava_ahp.cli import main
from lava_ahp.report.units import joules, seconds
from lava_ahp.training import checksums

from support.browser import needs_chromium, opened
from support.paths import ROOT

TINY = ["--set", "training.epochs=2", "--set", "model.hidden=[14]", "--device", "cpu"]


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "tiny"
    result = invoke("deploy", "--task", "digits", "--out", run, "--samples", 3, *TINY)
    assert result.exit_code == 0, result.output
    return run, result


def test_everything_is_in_the_run_folder_and_the_summary_says_so(deployed):
    run, result = deployed
    for name in ("config.toml", "model.safetensors", "network.net", "metrics.json", "report.html", "manifest.json",
                 "network.manifest.json", "history.csv", "profile.json", "profile.html"):  # fmt: skip
        assert (run / name).stat().st_size > 0, name
    assert not [p for p in run.iterdir() if p.name.endswith(".part")]
    assert "of 450 held-out samples (8-bit weights, fast)" in result.stdout
    assert "of 3 right; spikes and readouts equal to the training forward pass, bit for bit" in result.stdout
    assert str(run / "report.html") in result.stdout
    chip = json.loads((run / "profile.json").read_text())["hardware"][0]
    energy, latency = joules(chip["energy_j"]["total"]), seconds(chip["latency_s"])
    assert f"energy       {energy} and {latency} per sample on loihi1-davies2018, modelled" in result.stdout
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["proof"]["bit_exact"] is True
    assert metrics["proof"]["samples"] == 3
    assert metrics["neurons"] == 24
    assert f"{100 * metrics['test_accuracy']:.2f} %" in result.stdout
    rows = metrics["test_by_class"]
    assert sum(row["samples"] for row in rows) == metrics["test_samples"]
    assert metrics["test_balanced_accuracy"] == pytest.approx(np.mean([row["recall"] for row in rows]))
    assert metrics["test_mean_f1"] == pytest.approx(np.mean([row["f1"] for row in rows]))


def test_the_manifest_names_file_command_versions_and_hash(deployed):
    run, _ = deployed
    manifest = json.loads((run / "network.manifest.json").read_text())
    assert manifest["file"] == "network.net"
    assert manifest["command"].startswith("lava-ahp deploy --task digits --out ")
    assert re.fullmatch("[0-9a-f]{64}", manifest["sha256"])
    assert manifest["versions"]["lava-dl"] == "0.6.0"
    assert manifest["config"]["model"]["hidden"] == [14]
    metrics = json.loads((run / "metrics.json").read_text())
    assert (manifest["test_accuracy"], manifest["test_samples"]) == (metrics["test_accuracy"], 450)
    assert manifest["trained_by"] == manifest["command"]


def test_the_file_verifies_and_a_changed_weight_does_not(deployed, tmp_path):
    run, _ = deployed
    assert invoke("verify", run / "network.net").exit_code == 0
    copy = tmp_path / "changed.net"
    for layer, key in ((1, "weight"), (1, "weight_rec"), (2, "weight")):
        shutil.copy(run / "network.net", copy)
        with h5py.File(copy, "r+") as file:
            weights = file[f"layer/{layer}/{key}"]
            neuron, source = np.argwhere(weights[()])[7]
            weights[neuron, source] += -2 if weights[neuron, source] > 0 else 2
        result = invoke("verify", copy)
        assert result.exit_code == 1, (layer, key)
        population = "hidden" if layer == 1 else "readout"
        assert re.search(rf"population {population}, neuron {neuron}[,:]", result.stderr)


def test_the_chip_may_be_named_and_need_not_hold_the_network(deployed, tmp_path):
    run = shutil.copytree(deployed[0], tmp_path / "run")
    small = tmp_path / "small.toml"
    known = (ROOT / "hw_profiles" / "loihi1-davies2018.toml").read_text()
    small.write_text(known.replace("value = 1024", "value = 1"))
    command = ["deploy", "--task", "digits", "--out", run, "--resume", "--backend", "fast", "--samples", 2, *TINY]
    named = invoke(*command, "--hardware", "loihi2")
    assert named.exit_code == 0, named.output
    assert "per sample on loihi2, modelled" in named.stdout
    assert "Do not quote these joules as Loihi 2's." in named.stdout
    refused = invoke(*command, "--hardware", small)
    assert refused.exit_code == 0, refused.output
    why = "placement on loihi1-davies2018: neuron hidden[0] takes 2 compartments, allowed 1, 1 over"
    assert f"energy       not modelled: {why}" in refused.stdout
    assert why in (run / "report.html").read_text()
    assert not (run / "profile.json").exists()
    both = invoke(*command, "--hardware", small, "--hardware", "loihi2")
    assert f"energy       not modelled: {why}" in both.stdout
    assert "per sample on loihi2, modelled" in both.stdout
    unknown = invoke(*command, "--hardware", "loihi9")
    assert (unknown.exit_code, "hardware: found 'loihi9', allowed" in unknown.stderr) == (2, True)


def test_golden_samples_are_a_real_one_and_one_that_covers_the_synapses(deployed):
    run, _ = deployed
    golden = netx.read_golden(run / "network.net")
    assert len(golden.events) == 2
    assert golden.labels.tolist()[1] == -1
    assert golden.events.select(1).to_dense().any(axis=(0, 1)).all()


def test_a_trained_run_is_not_overwritten_but_gone_on_from(deployed):
    run, _ = deployed
    before = (run / "model.safetensors").read_bytes()
    refused = invoke("train", "--task", "digits", "--out", run, *TINY)
    assert refused.exit_code == 2
    assert "holds a trained run; continue it with --resume" in refused.stderr
    again = invoke("train", "--out", run, "--resume")
    assert again.exit_code == 0, again.output
    assert (run / "model.safetensors").read_bytes() == before
    other = invoke("train", "--task", "digits", "--out", run, "--resume", "--set", "model.hidden=[15]")
    assert other.exit_code == 2
    assert "a resumed run keeps its configuration (model.hidden: requested [15], found [14])" in other.stderr


def test_export_writes_the_same_network_elsewhere(deployed, tmp_path):
    run, _ = deployed
    result = invoke("export", run, "-o", tmp_path / "again.net")
    assert result.exit_code == 0, result.output
    assert netx.read(tmp_path / "again.net").connections == netx.read(run / "network.net").connections
    manifest = json.loads((tmp_path / "again.manifest.json").read_text())
    assert manifest["command"].startswith("lava-ahp export ")
    assert manifest["trained_by"].startswith("lava-ahp ")
    assert manifest["test_samples"] == 450


def test_a_manifest_keeps_no_test_of_other_weights(deployed, tmp_path):
    run = shutil.copytree(deployed[0], tmp_path / "run")
    path = run / "model.safetensors"
    content = path.read_bytes()[:-4] + b"\0\0\0\0"
    checksums.announce(path, content)
    path.write_bytes(content)
    assert invoke("export", run, "-o", tmp_path / "other.net").exit_code == 0
    assert "test_accuracy" not in json.loads((tmp_path / "other.manifest.json").read_text())


class Links(HTMLParser):
    """What a page would fetch."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [
            v for k, v in attributes if k in ("src", "href", "xlink:href") and not v.startswith(("#", "data:"))
        ]


def test_the_report_stands_alone(deployed):
    run, _ = deployed
    page = (run / "report.html").read_text()
    links = Links()
    links.feed(page)
    assert links.found == []
    for text in ("What was trained is what ran", "Training loss", "Validation loss",
                 "Test samples", "readout v", "synaptic operations",
                 "What AHP neurons do", "AHP current a", "threshold", "rises", "A wrong answer", "balanced accuracy",
                 "What a sample costs on a chip", "Do not quote these joules as Loihi 2"):  # fmt: skip
        assert text in page
    assert "nan" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S).lower().split()


@needs_chromium
def test_the_report_opens_in_a_browser_without_an_error(deployed, tmp_path):
    run, _ = deployed
    shot = tmp_path / "page.png"
    done = opened(run / "report.html", tmp_path / "profile", "--window-size=1150,2600", f"--screenshot={shot}")
    assert "CONSOLE" not in done.stderr
    assert shot.stat().st_size > 20_000
