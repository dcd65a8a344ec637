# %% [markdown]
# # Your own time series
#
# Any array `(sample, time, channel)` with one class per sample can be trained on.
# This notebook makes such data, trains a network on them, and shows what its memory is made of.
# Every figure was computed when this page was built.

# %%
import dataclasses

import matplotlib.pyplot as plt
import numpy as np

import lava_ahp

# %% [markdown]
# ## Data
#
# Two sensors each see one pulse, early in the series.
# The class is the sensor that saw it first.
# After that there is only noise, so a network that answers at the end has to remember.

# %% picture="data" alt="Two samples: pulses of two sensors, and noise after them"
rng = np.random.default_rng(0)
classes = np.array(["left first", "right first"])
y = rng.integers(2, size=400)
x = rng.normal(0, 0.1, size=(400, 100, 2))  # (sample, time, channel)
for sample, first in zip(x, y):
    early, late = rng.integers(3, 12), rng.integers(18, 30)
    sample[early : early + 3, first] += 1
    sample[late : late + 3, 1 - first] += 1

figure, panels = plt.subplots(1, 2, figsize=(9, 2.4), sharey=True)
for panel, sample in zip(panels, [np.argmax(y == 0), np.argmax(y == 1)]):
    panel.plot(x[sample, :, 0], color="black", linewidth=1, label="left")
    panel.plot(x[sample, :, 1], color="gray", linewidth=1, linestyle="--", label="right")
    panel.set(title=classes[y[sample]], xlabel="step")
panels[0].legend(frameon=False)
# %% [markdown]
# ## Training
#
# The first 300 samples are for training and the choice of the best epoch, the others for the test.
# Thresholds of the encoder, time constants and batch size follow from the data.

# %%
known, new = slice(None, 300), slice(300, None)
run = lava_ahp.train(
    x[known], classes[y[known]], out="runs/pulses", settings={"training.epochs": 8, "model.hidden": [60]}
)
lava_ahp.export(run, "pulses.net")
found = lava_ahp.evaluate("pulses.net", x[new], classes[y[new]])
print(f"{found.correct} of {len(found.labels)} new samples right, {100 * found.accuracy:.1f} %")

# %% [markdown]
# ## Memory
#
# Each spike of an AHP neuron charges a current that holds its voltage down, and this current decays slowly.
# Its time constants are between a few steps and the length of a sample.
# The picture shows the AHP currents of the neurons that spike most, in a sample of each class.

# %% picture="currents" alt="AHP currents of a few neurons over time, in a sample of each class"
network = lava_ahp.read("pulses.net")
hidden = network["hidden"]
pair = found.batch.events.select([np.argmax(found.labels == 0), np.argmax(found.labels == 1)])
trace = lava_ahp.simulate(network, pair, rasters=None, states=[hidden.name])

threshold = 64 * hidden.parameters()["threshold"]  # a state has 64 units for one of the threshold
most = np.argsort(-trace.counts[hidden.name].sum(axis=0), kind="stable")[:4]
figure, panels = plt.subplots(1, 2, figsize=(9, 2.8), sharey=True)
for k, panel in enumerate(panels):
    panel.plot(trace.states[hidden.name]["a"][k][:, most] / threshold[most], linewidth=1)
    panel.set(title=classes[k], xlabel="step")
panels[0].set(ylabel="AHP current, in thresholds")
# %% [markdown]
# Here is the same network without AHP currents; nothing is trained again.
# What is left is the memory of recurrent spikes.
# This is no clean measure of memory, since neurons without AHP currents also spike more often.

# %%
plain = dataclasses.replace(
    network,
    populations=tuple(
        p if p.neuron is None else dataclasses.replace(p, neuron=dataclasses.replace(p.neuron, ahp_weight=0))
        for p in network.populations
    ),
)
without = lava_ahp.evaluate(plain, x[new], classes[y[new]])
print(f"with AHP currents    {100 * found.accuracy:.1f} %")
print(f"without              {100 * without.accuracy:.1f} %")
print(
    f"spikes per sample: {found.trace.counts['hidden'].sum(1).mean():.0f} and {without.trace.counts['hidden'].sum(1).mean():.0f}"
)

# %% [markdown]
# ## Onto the chip
#
# The file holds thresholds, cue and class names, so it needs nothing else to answer about new data.

# %%
lava_ahp.verify("pulses.net")

# %%
lava_ahp.profile("pulses.net", x[new], classes[y[new]])

# %% [markdown]
# ## With data of yours
#
# Put your recordings in the place of `x` and `y`.
# The page on [time series](../timeseries.md) says what the axes are and how samples are split, and [data formats](../data.md) lists the files that are read.
# `lava_ahp.Classifier` wraps the same in an estimator of scikit-learn.
