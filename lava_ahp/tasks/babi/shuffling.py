"""Stories in another order: augmentation for tasks in which the order of the sentences means nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def shuffled(stories: npt.NDArray[np.int16], rng: np.random.Generator) -> npt.NDArray[np.int16]:
    """The sentences of every story in a random order; the question stays last and empty slots stay first.

    Args:
        stories: word numbers, -1 for none, ``int16 (sample, slot + 1, word)``; the last row is the question.
        rng: source of the orders.
    """
    told = stories[:, :-1]
    place = rng.random(told.shape[:2])
    # The words of a sentence are at the end of its row.
    place[told[..., -1] < 0] = -1.0
    order = np.argsort(place, axis=1, kind="stable")
    return np.concatenate([np.take_along_axis(told, order[..., None], axis=1), stories[:, -1:]], axis=1)
