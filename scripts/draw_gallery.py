"""The pictures of the front page and the gallery that come from shipped exports.  Those of the notebooks are made with
the documentation.

python scripts/draw_gallery.py
"""

import dataclasses
import subprocess
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt
from PIL import Image

import lava_ahp
from lava_ahp import Connection, Network, Neuron, Population
from lava_ahp.network import classify
from lava_ahp.network.time_constants import ahp_time_constants

ROOT = Path(__file__).resolve().parents[1]
EXPORTS, IMAGES = ROOT / "netx_exports", ROOT / "docs" / "img"
BLUE, ORANGE, GREY = "#0b6e99", "#e07a1f", "#9aa7b5"
#: Pixels of an image of sequential MNIST, and steps with the cue that follows.
PIXELS, STEPS = 784, 840


def save(figure, name):
    """An SVG without date and random names, so that equal pictures are equal files."""
    options = {"svg.hashsalt": "lava-ahp", "svg.fonttype": "none", "font.family": "sans-serif"}
    with plt.rc_context(options):
        figure.savefig(IMAGES / f"{name}.svg", metadata={"Date": None, "Creator": None}, dpi=160)
    plt.close(figure)


def strokes(axes, spikes, color="black"):
    """Spikes ``(time, neuron)``, as a bitmap: strokes by the thousand would make a large SVG."""
    axes.plot(*np.nonzero(spikes), "|", color=color, markersize=1.6, markeredgewidth=0.6, rasterized=True)


def smnist():
    """An image of sequential MNIST that is recorded in the shipped network, from input to readout."""
    path = EXPORTS / "smnist_ahp240.net"
    network, golden = lava_ahp.read(path), lava_ahp.read_golden(path)
    whole = golden.events.steps == STEPS
    read = lava_ahp.simulate(network, golden.events, readout_steps=network.task["window"]).readout
    right = classify(read) == golden.labels
    sample = np.flatnonzero(whole & right)[0]
    events, label = golden.events.select([sample]), golden.labels[sample]
    trace = lava_ahp.simulate(network, events, rasters=["hidden"])
    order = np.argsort(ahp_time_constants(network["hidden"]))
    figure, (given, hidden, readout) = plt.subplots(
        3, 1, figsize=(9, 4.6), sharex=True, height_ratios=(2, 4, 2), layout="constrained"
    )
    strokes(given, events.to_dense()[0], GREY)
    given.set(ylabel="input", yticks=[])
    strokes(hidden, trace.spikes["hidden"][0][:, order])
    hidden.set(ylabel="240 AHP neurons,\nthe slowest on top", yticks=[])
    for k, voltage in enumerate(trace.readout[0].T):
        mine = k == label
        color, width = (ORANGE, 1.6) if mine else (GREY, 0.7)
        readout.plot(np.arange(0, STEPS, 4), voltage[::4], color=color, linewidth=width, zorder=2 + mine)
    readout.set(ylabel="readouts", yticks=[], xlabel="step: 784 pixels, then the cue", xlim=(0, STEPS))
    readout.text(0.01, 0.3, f"the readout of class {label}", color=ORANGE, transform=readout.transAxes, size=9)
    for axes in (given, hidden, readout):
        axes.axvspan(PIXELS, STEPS, color=BLUE, alpha=0.1, linewidth=0)
        axes.spines[["top", "right"]].set_visible(False)
    save(figure, "smnist")


def neuron():
    """One neuron that adapts, and the same without an AHP current."""
    cell = Neuron(threshold=100, voltage_decay=400, ahp_decay=64, ahp_weight=1000)
    figure, columns = plt.subplots(2, 2, figsize=(9, 3.4), sharex=True, sharey="row", layout="constrained")
    kinds = {"AHP neuron": cell, "LIF neuron": dataclasses.replace(cell, ahp_weight=0)}
    for (voltage, current), (title, kind) in zip(columns.T, kinds.items(), strict=True):
        network = Network(
            (Population("input", 1), Population("cell", 1, kind)), (Connection("input", "cell", [[60]]),), "cell"
        )
        trace = lava_ahp.simulate(network, np.ones((1, 160, 1)), rasters=None, states=["cell"])
        states = {key: values[0, :, 0] / (64 * kind.threshold) for key, values in trace.states["cell"].items()}
        voltage.plot(states["v"], color="black", linewidth=1)
        spikes = np.flatnonzero(trace.spikes["cell"])
        voltage.plot(spikes, np.full(len(spikes), 1.1), "|", color=ORANGE, markersize=9)
        voltage.axhline(1, color=GREY, linewidth=0.8, linestyle="--")
        voltage.set_title(f"{title}: {len(spikes)} spikes", size=10)
        current.plot(states["a"], color=BLUE, linewidth=1)
        current.set(xlabel="step")
    columns[0, 0].set(ylabel="voltage v\n(thresholds)")
    columns[1, 0].set(ylabel="AHP current a")
    for axes in columns.flat:
        axes.spines[["top", "right"]].set_visible(False)
    save(figure, "neuron")


def energy():
    """The shipped networks of sequential MNIST beside what is published for the task, in joules per image."""
    rows = []
    for name in ("smnist_ahp240", "smnist_ahp240_sparse"):
        found = lava_ahp.profile(EXPORTS / f"{name}.net", measured=("loihi1-lsnn-smnist",)).to_json()
        rows += [(f"{name} on {chip['name']}", chip["energy_j"]["total"], "modelled") for chip in found["hardware"]]
    rows += [(chip["name"], chip["energy_j"]["total"], "measured by others") for chip in found["chip"]]
    known = [row for row in found["baseline"] if row["energy_j"] is not None]
    rows += [(f"{row['name']}, batch {row['batch']}", row["energy_j"], "published") for row in known]
    colours = {"modelled": BLUE, "measured by others": "black", "published": GREY}
    figure, axes = plt.subplots(figsize=(9, 0.5 + 0.32 * len(rows)), layout="constrained")
    for kind, colour in colours.items():
        places = [k for k, row in enumerate(rows) if row[2] == kind]
        axes.plot([rows[k][1] for k in places], places, "o", color=colour, label=kind)
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes.set(xscale="log", xlabel="J per image", ylim=(len(rows) - 0.5, -0.5))
    axes.grid(color="#dfe5ec", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, "energy")


def page():
    """The page of a profile, as Chromium shows it."""
    found = lava_ahp.profile(
        EXPORTS / "smnist_ahp240.net", measured=("loihi1-lsnn-smnist",), command="lava-ahp profile smnist_ahp240.net"
    )
    with tempfile.TemporaryDirectory() as folder:
        found.save(html_path=f"{folder}/page.html")
        browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        shot = ["--window-size=1120,1180", f"--screenshot={folder}/page.png", f"file://{folder}/page.html"]
        subprocess.run([*browser, *shot], check=True, capture_output=True)
        shrink(f"{folder}/page.png", "profile", width=900)


def sweep():
    """Eight short trainings on the digits, over learning rates and sizes."""
    with tempfile.TemporaryDirectory() as folder:
        vary = {"training.learning_rate": "log:1e-3..5e-2", "model.hidden": [[60], [120]]}
        lava_ahp.sweep(
            "digits", out=folder, vary=vary, trials=8, seed=0, pruner="none", settings={"training.epochs": 5}
        )
        shrink(f"{folder}/sweep_history.png", "sweep", width=900)


def shrink(path, name, width):
    """A picture of at most so many pixels in width, in 32 colours: enough for a page or a plot."""
    with Image.open(path) as picture:
        size = (width, round(picture.height * width / picture.width))
        picture.convert("RGB").resize(size, Image.Resampling.LANCZOS).quantize(32).save(
            IMAGES / f"{name}.png", optimize=True
        )


if __name__ == "__main__":
    smnist()
    neuron()
    energy()
    page()
    sweep()
