"""An untrained relational network for the generated task 1, and stories as somebody writes them."""

from functools import cache

import torch

from lava_ahp import tasks

from support.stories import CONFIG

SETTINGS = {"tasks": [1], "size": 100, "sentences": 3, "steps_per_word": 3}
STORY = ["Anna walked to the attic.", "Clara ran to the workshop.", "Anna strolled over to the library."]
QUESTION = "Where is Anna?"


@cache
def task(sentences=3):
    return tasks.load_task("babi", settings={**SETTINGS, "sentences": sentences})


@cache
def network(sentences=3):
    """What it says is wrong, but it says it exactly."""
    data = task(sentences)
    model = CONFIG.build(data.channels, data.classes, torch.Generator().manual_seed(3), data.encoder)
    model.calibrate(lambda: torch.from_numpy(data.signals["train"][:8]))
    return model.network(task=data.describe())


def written(signals, code):
    """Sentences and question of a story of word numbers ``(slot + 1, word)``."""
    texts = [" ".join(code.vocabulary[word] for word in row if word >= 0) for row in signals]
    return [text for text in texts[:-1] if text], texts[-1]
