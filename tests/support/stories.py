"""Random stories, and a relational network for them that is small enough for the readable arithmetic."""

import numpy as np
import torch

from lava_ahp.encoders import StoryCode
from lava_ahp.models import RelationalConfig

CODE = StoryCode(tuple("abcdef"), sentences=3, words=4, steps_per_word=3, relay_steps=5, tail=9)
CLASSES = 4
CONFIG = RelationalConfig(encoder=20, g=(12, 10), f=(11, 9), g_gain=2.0, f_gain=2.0)


def random_stories(seed, samples, code=CODE):
    """``int16 (sample, slot + 1, word)``: one sentence or more of one word or more, and a question."""
    rng = np.random.default_rng(seed)
    rows = np.full((samples, code.sentences + 1, code.words), -1, np.int16)
    for story in rows:
        for row in story[rng.integers(code.sentences) :]:
            length = rng.integers(1, code.words + 1)
            row[-length:] = rng.integers(len(code.vocabulary), size=length)
    return rows


def relational(seed=1, config=CONFIG, code=CODE):
    """A network with random weights, whose first layer of ``f`` is calibrated."""
    model = config.build(code.channels, CLASSES, torch.Generator().manual_seed(seed), code)
    model.calibrate(lambda: torch.from_numpy(random_stories(seed, 8, code)))
    return model
