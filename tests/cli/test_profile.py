"""``lava-ahp profile`` as a stranger meets it: JSON, tables, page, measurement files and refusals."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import dynamics, netx, profiler
from lava_ahp.cli import main
from lava_ahp.network import Connection, Golden, Network, Neuron, Population, stimuli
from lava_ahp.profiler import measurement
from lava_ahp.tasks import digits
from lava_ahp.workflow import profiling
from lava_ahp.workflow.stimulus import stimulus

from support.browser import needs_chromium, opened
from support.profiles import made


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def net(task=None):
    rng = np.random.default_rng(0)
    channels = 80 if task is None else task.channels

    def weights(*shape):
        return 2 * rng.integers(-30, 31, size=shape)

    return Network(
        (
            Population("input", channels),
            Population("hidden", 20, Neuron(threshold=200, voltage_decay=204, ahp_decay=20, ahp_weight=600)),
            Population("readout", 10, Neuron(threshold=131071, voltage_decay=204)),
        ),
        (
            Connection("input", "hidden", weights(20, channels)),
            Connection("hidden", "hidden", weights(20, 20)),
            Connection("hidden", "readout", weights(10, 20)),
        ),
        "readout",
        task={} if task is None else task.describe(),
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("net") / "digits.net"
    netx.write(net(digits.load()), path)
    return path


def baseline(**changes):
    rows = [
        {"batch": 1, "latency_s": 1e-3, "energy_j": 1e-1, "idle_w": 20.0, "method": "made", "repeats": 3},
        {"batch": 1024, "latency_s": 2e-3, "energy_j": 1e-7, "idle_w": 20.0, "method": "made", "repeats": 3},
    ]
    values = {"what": "baseline", "name": "made", "model": "LSTM-128", "task": "digits", "steps": 64, "device": "made",
              "rows": rows, "source": "made for a test", "kind": "measured", **changes}  # fmt: skip
    return measurement.Baseline.model_validate(values)


def test_json_has_the_promised_keys(file, tmp_path):
    out = tmp_path / "out.json"
    result = invoke("profile", file, "--samples", 5, "--json", out)
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text())
    assert {"network", "activity", "hardware", "baseline", "ratios"} <= set(found)
    assert [entry["name"] for entry in found["hardware"]] == list(profiling.DEFAULT_HARDWARE)
    for entry in found["hardware"]:
        keys = {"name", "energy_j", "latency_s", "edp_js", "cores", "chips", "provenance"}
        assert keys <= set(entry)
        energy = entry["energy_j"]
        assert set(energy) == {"neurocore_dynamic", "neurocore_static", "host_io", "total"}
        assert sum(v for k, v in energy.items() if k != "total") == pytest.approx(energy["total"])
        assert all({"constant", "value", "unit", "kind", "source"} == set(row) for row in entry["provenance"])
        assert entry["spread"]["energy_j"]["min"] <= entry["spread"]["energy_j"]["p50"]
        assert any(row["operation"] == "barrier" for row in entry["unpriced"])
    assert found["network"]["samples"] == 5
    assert set(found["standing"]) == {"measured", "modelled", "unknown"}
    assert "loihi2: Energies per operation of Loihi 2 are not published" in result.output.replace("\n", " ")


def test_json_on_stdout_is_nothing_but_json(file):
    result = invoke("profile", file, "--samples", 2, "--json", "-")
    assert json.loads(result.stdout)["network"]["samples"] == 2


def test_chunks_give_what_the_whole_gives(file, monkeypatch):
    network = netx.read(file)
    found = stimulus(network, None, samples=5)
    whole = profiling.count(network, "net", found, [made()])
    monkeypatch.setattr(profiling, "_CHUNK_BYTES", 1)
    parts = profiling.count(network, "net", found, [made()])
    assert whole.to_json() == parts.to_json()


def test_golden_samples_serve_where_there_is_no_data(tmp_path):
    network = net()
    events = stimuli.covering(network)
    path = tmp_path / "some.net"
    netx.write(network, path)
    result = invoke("profile", path)
    assert (result.exit_code, "names no task" in result.output) == (2, True)
    netx.write(network, path, golden=Golden(events, dynamics.run(network, events)))
    result = invoke("profile", path, "--json", tmp_path / "out.json")
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["network"]["stimulus"] == "1 golden sample inside the file"
    assert found["network"]["accuracy"] is None
    result = invoke("profile", path, "--samples", len(events) + 1)
    assert (result.exit_code, "golden ones; give --data for more" in result.output) == (2, True)


def test_ratios_name_their_batch_and_the_crossing_is_found(file, tmp_path):
    measurement.write(baseline(), tmp_path / "made.json")
    out = tmp_path / "out.json"
    result = invoke("profile", file, "--samples", 3, "--measured", tmp_path / "made.json", "--json", out)
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text())
    chip = found["hardware"][0]
    row = found["ratios"][0]
    assert (row["chip"], row["baseline"], row["batch"]) == (chip["name"], "made", 1)
    assert row["energy"] == pytest.approx(1e-1 / chip["energy_j"]["total"])
    assert row["latency"] == pytest.approx(1e-3 / chip["latency_s"])
    assert row["edp"] == pytest.approx(1e-4 / chip["edp_js"])
    # On logarithmic axes the line falls from 1e-1 J at 1 to 1e-7 J at 2**10.
    batch = 2 ** (10 * np.log10(1e-1 / chip["energy_j"]["total"]) / 6)
    assert found["crossings"][0]["batch"] == pytest.approx(batch)
    assert found["baseline"][0]["dynamic_j"] == pytest.approx(1e-1 - 20 * 1e-3)
    assert f"from batch {batch:.0f} on" in result.output


def test_lstm_measured_here_can_be_saved_and_shown_again(file, tmp_path):
    saved = tmp_path / "here.json"
    arguments = ("--baseline", "lstm", "--device", "cpu", "--batches", "1,3", "--seconds", 0.01)
    result = invoke("profile", file, "--samples", 2, *arguments, "--save-baseline", saved)
    assert result.exit_code == 0, result.output
    found = measurement.read(str(saved))
    assert [row.batch for row in found.rows] == [1, 3]
    assert (found.kind, found.task, found.steps, found.accuracy) == ("measured", "digits", 64, None)
    assert found.machine["processor"]
    assert found.versions["torch"]
    assert found.source.startswith("measured by: lava-ahp")
    again = invoke("profile", file, "--samples", 2, "--measured", saved, "--json", tmp_path / "out.json")
    assert again.exit_code == 0, again.output
    rows = json.loads((tmp_path / "out.json").read_text())["baseline"]
    assert [row["latency_s"] for row in rows] == [row.latency_s for row in found.rows]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--hardware", "loihi9"), "hardware: found 'loihi9', allowed loihi1-davies2018"),
        (("--measured", "none"), "measurement: found 'none', allowed"),
        (("--measured", "loihi1-lsnn-smnist"), "found task smnist, the network is for task digits"),
        (("--samples", 10**6), "samples: found 1000000"),
        (("--save-baseline", "x.json"), "--save-baseline needs --baseline lstm"),
        (("--seconds", "nan"), "nan is not in the range 0.01<=x<=600"),
        (("--batches", "1,x"), "allowed whole numbers from 1 with commas"),
    ],
)
def test_refusals(file, arguments, message):
    result = invoke("profile", file, *arguments)
    assert (result.exit_code, message in result.output.replace("\n", " ")) == (2, True), result.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": []}, "rows: found []"),
        ({"task": None}, "task: found None"),
        ({"speed": 1}, "speed: unknown key, allowed what, name, model"),
        ({"what": "guess"}, "what: found 'guess', allowed chip, baseline"),
        ({"rows": [{"batch": 0, "latency_s": 1, "method": "x"}]}, "rows.0.batch: found 0"),
        ({"rows": [{"batch": 1, "latency_s": 1, "method": "x", "watts": 3}]}, "watts: unknown key, allowed batch, lat"),
    ],
)
def test_measurement_files_that_make_no_sense(file, tmp_path, change, message):
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({**json.loads(baseline().model_dump_json()), **change}))
    result = invoke("profile", file, "--measured", path)
    assert (result.exit_code, message in result.output) == (2, True), result.output
    assert str(path) in result.output


def test_every_measurement_that_comes_along_can_be_read():
    assert {"loihi1-lsnn-smnist", "lstm-titan-v"} <= set(measurement.names())
    for name in measurement.names():
        assert measurement.read(name).source


@pytest.fixture(scope="module")
def page(file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    measurement.write(baseline(), folder / "made.json")
    path = folder / "page.html"
    arguments = [x for name in profiler.hardware_names() for x in ("--hardware", name)]
    result = invoke("profile", file, "--samples", 3, *arguments, "--measured", folder / "made.json", "--html", path)
    assert result.exit_code == 0, result.output
    return path


def test_page_stands_alone_and_says_what_it_must(page):
    text = page.read_text(encoding="utf-8")
    # Names of XML namespaces may look like addresses; what is fetched stands in src, href, url() or a script.
    assert not re.search(r"""(src|href)\s*=\s*["'](?!data:|#)|url\((?!#)|<script|@import""", text)
    for phrase in (
        "What is measured, what is modelled, what is not known",
        "Energies per operation of Loihi 2 are not published",
        "Davies et al., Loihi: a neuromorphic manycore processor",
        "inherited",
        "simulated",
        "Without a price",
        "NeuroBench",
        "takes less energy per sample than made below batch",
    ):
        assert phrase in text, phrase


@needs_chromium
def test_page_opens_in_a_browser_without_a_complaint(page, tmp_path):
    done = opened(page, tmp_path / "profile", "--dump-dom")
    assert "CONSOLE" not in done.stderr, done.stderr[-2000:]
    assert done.stdout.count("<svg") == 4 + len(profiler.hardware_names())
    assert "Placement on the chip" in done.stdout
    # The same check does see a complaint where there is one.
    broken = tmp_path / "broken.html"
    broken.write_text(page.read_text(encoding="utf-8").replace("</main>", "<script>nothing()</script></main>"))
    assert "CONSOLE" in opened(broken, tmp_path / "other", "--dump-dom").stderr
