"""Names and texts of a stranger, and files that hold them."""

import json

import numpy as np
import pytest

from lava_ahp import dynamics, netx
from lava_ahp.network import Connection, Golden, Network, Neuron, Population, stimuli
from lava_ahp.profiler import hardware

NASTY = {
    "markup": "[/high][fast][red]:smile:",
    "escape": "\x1b[2J\x1b]0;title\x07\x9b1m",
    "line": "a\nlava-ahp: everything is equal\r\x0b\u2028",
    "null": "a\x00b\x7f",
    "formula": r"$x_1$ \frac $ $$ \$",
    "script": "</svg></title><script>alert(1)</script>-->",
    "attribute": "\" onload='alert(1)' x=\"",
    "surrogate": "\udcff\ud800",
    "long": "name " * 1000,
    "direction": "\u202e\u2066abc\u200f",
    "underscore": "_hidden",
    "words": "日本 µ é",
}
#: Most of them at once, and as far as a file name can have them.
HOSTILE = "".join(NASTY[key] for key in NASTY if key not in ("null", "long", "script", "surrogate")) + "\udcff<script>"
NAME = HOSTILE.replace("/", "")
#: The same without what UTF-8 cannot hold, for texts inside files.
TEXT = HOSTILE.replace("\udcff", "")


def check_lines(text):
    """No character of a terminal text does anything but appear."""
    for line in text.split("\n"):
        assert line.replace("\u00a0", "").isprintable(), ascii(line)
    text.encode("utf-8")


@pytest.fixture(name="network", scope="module")
def fixture_network():
    return Network(
        (
            Population("input", 3),
            Population("hidden", 4, Neuron(threshold=20, ahp_weight=10)),
            Population("readout", 2, Neuron(threshold=131071)),
        ),
        (
            Connection("input", "hidden", np.full((4, 3), 20)),
            Connection("hidden", "readout", np.full((2, 4), 20)),
        ),
        "readout",
        task={"name": HOSTILE, "class_names": [HOSTILE, "other"]},
        provenance={HOSTILE: HOSTILE},
    )


@pytest.fixture(name="folder", scope="module")
def fixture_folder(network, tmp_path_factory):
    """Files of a stranger, each under a hostile name: a network, a chip, a measurement, a configuration."""
    folder = tmp_path_factory.mktemp("strangers")
    events = stimuli.covering(network)
    network = Network(
        network.populations,
        network.connections,
        network.output,
        {"name": "toy", "class_names": [TEXT, "other"]},
        {TEXT: TEXT},
    )
    netx.write(network, folder / f"{NAME}.net", golden=Golden(events, dynamics.run(network, events)))
    text = (hardware.folder() / "loihi2.toml").read_text()
    kept = [line for line in text.splitlines() if not line.startswith(("title", "warning"))]
    said = json.dumps(TEXT)
    chip = "\n".join([f"title = {said}\nwarning = {said}", *kept])
    (folder / f"{NAME}.toml").write_text(chip, encoding="utf-8")
    rows = [{"batch": b, "latency_s": 1e-3, "energy_j": 1 / b, "idle_w": 1, "method": TEXT} for b in (1, 8)]
    baseline = {"what": "baseline", "name": TEXT, "model": TEXT, "task": "toy", "steps": 9, "device": TEXT,
                "rows": rows, "source": TEXT, "kind": "measured", "accuracy": {"value": 0.5, "samples": 10},
                "machine": {TEXT: TEXT}}  # fmt: skip
    (folder / f"{NAME}.json").write_text(json.dumps(baseline))
    (folder / "config.toml").write_text('[training]\n"\\u001b[2J[/high]" = 1\n')
    return folder


def profile_arguments(folder):
    arguments = ["profile", folder / f"{NAME}.net", "--hardware", folder / f"{NAME}.toml"]
    return [str(a) for a in (*arguments, "--measured", folder / f"{NAME}.json")]
