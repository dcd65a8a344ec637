# %% [markdown]
# # Questions about stories
#
# A relational network of AHP neurons reads a story and a question, and answers.
# This notebook looks at the generated stories of the task `babi`, exports a very small network of two epochs, and then asks a network of the repository that was trained at length.
# It needs no download; run it in the root of a checkout, where `netx_exports/` is.
# Every figure was computed when this page was built.

# %%
import matplotlib.pyplot as plt
import numpy as np

import lava_ahp
from lava_ahp.tasks import load_task

# %% [markdown]
# ## Stories
#
# The generator makes stories of people who move between places, in the form of bAbI.
# A network reads all sentences and the question at the same time, word by word.

# %% picture="input" alt="Input spikes of one story: words of the sentences and of the question over time"
task = load_task("babi")
events = task.split("test", [0]).events
spikes = events.to_dense()[0]

figure, axes = plt.subplots(figsize=(9, 3))
axes.plot(*np.nonzero(spikes), "|", color="black", markersize=2)
axes.set(xlabel="step", ylabel="input channel")
print(f"{task.size('train')} questions for training, {task.size('test')} for testing")
print("answers:", ", ".join(task.class_names))

# %% [markdown]
# ## From training to a file
#
# The settings make everything small: a tenth of the questions, few neurons, two epochs.
# This shows the way, not a result: after so little training, a network can only guess.

# %%
small = {
    "task.size": 1000,
    "model.encoder": 64,
    "model.g": [48, 48],
    "model.f": [48, 48],
    "training.epochs": 2,
}
run = lava_ahp.train("babi", out="runs/small", settings=small)
lava_ahp.export(run, "small.net")
found = lava_ahp.evaluate("small.net")
print(f"{100 * found.accuracy:.0f} % of {len(found.labels)} questions right; a guess: {100 / task.classes:.0f} %")

# %% [markdown]
# Even so, the file is exact: what was trained is what runs.

# %%
lava_ahp.verify("small.net", engines=["fast"])

# %% [markdown]
# Without these settings, `lava-ahp train --task babi` takes some minutes, and [question answering](../question-answering.md#results) lists what long training reaches on bAbI itself.
#
# ## A network that was trained at length
#
# `babi_joint.net` answers questions of seven tasks of bAbI.
# It needs no data to be asked: words, slots and answers are in the file.

# %%
story = [
    "Mary moved to the bathroom.",
    "Sandra journeyed to the bedroom.",
    "John went to the kitchen.",
    "Mary went back to the garden.",
    "Sandra travelled to the office.",
    "Daniel journeyed to the hallway.",
]
network = lava_ahp.read("netx_exports/babi_joint.net")
answer = lava_ahp.ask(network, story, "Where is Mary?")
answer

# %% [markdown]
# Layers of LIF neurons, called g, read every pair of sentences.
# The answer is computed from the sum of their spikes.

# %% picture="pairs" alt="Number of spikes of g for every pair of sentences"
figure, axes = plt.subplots(figsize=(6.4, 3.4))
axes.imshow(answer.pairs, cmap="gray_r")
axes.set(
    title=f"spikes of g for each pair; the answer is {answer.answer}",
    xticks=range(len(story)),
    yticks=range(len(story)),
    yticklabels=story,
)
# %% [markdown]
# One story proves little.
# Here are random ones, whose answers are known because they are made here.

# %%
rng = np.random.default_rng(0)
people, places = ["Mary", "Sandra", "John", "Daniel"], ["bathroom", "bedroom", "garden", "hallway", "kitchen", "office"]
right = 0
for _ in range(50):
    where, told = {}, []
    for _ in range(rng.integers(2, 9)):
        person, place = str(rng.choice(people)), str(rng.choice(places))
        where[person] = place
        told.append(f"{person} {rng.choice(['moved', 'went', 'journeyed', 'travelled'])} to the {place}.")
    person = str(rng.choice(list(where)))
    right += lava_ahp.ask(network, told, f"Where is {person}?").answer == where[person]
print(f"{right} of 50 random stories answered rightly")

# %% [markdown]
# ## Next
#
# - `answer.save(html_path="answer.html")` writes a page that shows how the network came to its answer.
# - [Question answering](../question-answering.md) describes the model, its place on a chip, and how the networks were trained.
