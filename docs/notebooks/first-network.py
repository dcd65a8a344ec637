# %% [markdown]
# # First network to Lava in ten minutes
#
# This notebook trains a small network of AHP neurons and exports it.
# It runs the file in the simulator and in Lava, and models what a sample costs on a chip.
# It needs no download: the 8x8 digits come with scikit-learn.
# Every figure was computed when this page was built.

# %%
import csv

import matplotlib.pyplot as plt
import numpy as np

import lava_ahp
from lava_ahp.tasks import load_task

# %% [markdown]
# ## The task
#
# The network reads an image pixel by pixel.
# An encoder turns the brightness into spikes: some channels spike where it rises through a threshold, others where it falls.
# At the end, a cue asks for the answer.

# %% picture="input" alt="A handwritten digit, its brightness pixel by pixel, and the spikes that the encoder makes of it"
task = load_task("digits")
signal = np.asarray(task.signals["test"][0], float).reshape(64)
spikes = task.split("test", [0]).events.to_dense()[0]  # (time, channel)

figure, (image, brightness, raster) = plt.subplots(
    1, 3, figsize=(10, 2.6), width_ratios=(1, 2, 2), layout="constrained"
)
image.imshow(signal.reshape(8, 8), cmap="gray_r")
image.set(title=f"a {task.class_names[task.labels['test'][0]]}", xticks=[], yticks=[])
brightness.plot(signal, color="black", linewidth=1)
brightness.set(title="brightness", xlabel="pixel")
raster.plot(*np.nonzero(spikes), "|", color="black", markersize=3)
raster.set(title="input spikes", xlabel="step", ylabel="channel")
print(f"{task.size('train')} images for training and {task.size('test')} for testing")
print(f"{task.channels} input channels, {task.steps} steps, {task.classes} classes")

# %% [markdown]
# ## Training
#
# Training runs the integers of the chip forward and computes gradients back through time.
# The command line says `lava-ahp train --task digits --out runs/first --set training.epochs=40`.
# The default is 250 epochs; `make demo` trains that long.

# %%
run = lava_ahp.train("digits", out="runs/first", settings={"training.epochs": 40})
run

# %% picture="accuracy" alt="Accuracy on the training and the validation split over epochs"
with run.history.open() as file:
    history = list(csv.DictReader(file))
figure, axes = plt.subplots(figsize=(6, 2.8))
for key, style in {"accuracy": ":", "validation_accuracy": "-"}.items():
    axes.plot([100 * float(row[key]) for row in history], style, color="black", label=key.replace("_", " "))
axes.set(xlabel="epoch", ylabel="%")
axes.legend(frameon=False)
# %% [markdown]
# ## The file
#
# The export is one NetX HDF5 file: the network with 8-bit weights, the task, and a few recorded samples as proof.

# %%
lava_ahp.export(run, "digits.net")
network = lava_ahp.read("digits.net")
network

# %% [markdown]
# The whole test split in the simulator:

# %% picture="confusion" alt="Confusion matrix of the test split"
found = lava_ahp.evaluate("digits.net")
print(f"{found.correct} of {len(found.labels)} right, {100 * found.accuracy:.1f} %")

confusion = np.zeros((10, 10), int)
np.add.at(confusion, (found.labels, found.predictions), 1)
figure, axes = plt.subplots(figsize=(4, 4))
axes.imshow(confusion, cmap="gray_r")
axes.set(xlabel="class found", ylabel="true class", xticks=range(10), yticks=range(10))
# %% [markdown]
# ## In Lava
#
# `loihi2sim` is Lava itself, with the fixed-point process models that stand for the chip.
# It computes the same voltages as the simulator.

# %%
in_lava = lava_ahp.evaluate("digits.net", backend="loihi2sim", samples=10)
same = np.array_equal(in_lava.trace.readout, found.trace.readout[:10])
print(f"{in_lava.correct} of {len(in_lava.labels)} right in Lava; all readout voltages equal: {same}")

# %% [markdown]
# `verify` checks more: spikes and states against the record of training in the file, in every engine, in every step.

# %%
lava_ahp.verify("digits.net")

# %% [markdown]
# ## What the neurons do
#
# The hidden neurons, ordered by the time constant of their AHP current.
# The readouts, below, are summed at the end.

# %% picture="spikes" alt="Spikes of the hidden neurons, ordered by time constant, and the voltages of the readouts over time"
hidden = network["hidden"]
trace = lava_ahp.simulate(network, task.split("test", [0]).events, rasters=None)
order = np.argsort(hidden.parameters()["ahp_decay"])[::-1]

figure, (raster, readout) = plt.subplots(
    2, 1, figsize=(9, 4.6), sharex=True, height_ratios=(3, 2), layout="constrained"
)
raster.plot(*np.nonzero(trace.spikes[hidden.name][0][:, order]), "|", color="black", markersize=3)
raster.set(ylabel="neuron, the slowest on top")
right = task.labels["test"][0]
for k, voltage in enumerate(trace.readout[0].T):
    readout.plot(voltage, color="black" if k == right else "silver", linewidth=1.5 if k == right else 0.8)
readout.set(xlabel="step", ylabel="readout v", title=f"black: class {right}")
# %% [markdown]
# ## What it costs
#
# The profiler counts every spike and every synaptic operation, and prices them.
# These are models, not measurements; the page on [energy and latency](../profiling.md) says how far to trust them.

# %%
lava_ahp.profile("digits.net")

# %% [markdown]
# ## Next
#
# - `lava_ahp.deploy("digits", out="runs/demo")` does all of this in one call and writes a report.
# - [Your own time series](your-time-series.md) does the same with data made in the notebook.
# - The [tutorial](../tutorial.md) uses the command line.
