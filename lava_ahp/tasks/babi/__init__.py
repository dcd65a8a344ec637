"""The bAbI tasks: questions about short stories, answered by one class out of all answers.

Source: J. Weston et al., *Towards AI-Complete Question Answering: A Set of Prerequisite Toy Tasks*, 2015 (arXiv
1502.05698); 20 sentences of 11 words are the limits of Rao et al. 2022 (arXiv 2107.03992).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import StoryCode
from lava_ahp.errors import DataError
from lava_ahp.tasks.babi import exchanging, numbering, shuffling, stories
from lava_ahp.tasks.babi.parsing import Question
from lava_ahp.tasks.babi.settings import Settings
from lava_ahp.tasks.babi.stories import Stories
from lava_ahp.tasks.base import SPLITS, Described, Task

__all__ = ["DESCRIPTION", "MODELS", "NAME", "Settings", "load"]

NAME = "babi"
DESCRIPTION = "questions about stories: bAbI's files with --data DIR, or generated ones of tasks 1, 6 and 15"
MODELS = ("relational", "lstm-relational")


def load(data: Path | None, described: Described | None = None, settings: Settings | None = None) -> Task:
    """Questions of one or several bAbI tasks, task after task in every split.

    The groups of the result are the tasks, ``qa1`` to ``qa20``.  Vocabulary and answers are those of all splits: what
    the training split lacks stays untrained, so questions with it are hardly answered right, but none is left out.

    Args:
        data: the folder of the publisher's files (see :func:`lava_ahp.tasks.babi.layout.find`); None for the generator.
        described: what a network file says of the task.
        settings: which tasks, and the code; None for the defaults.

    Raises:
        DataError: files that are missing or damaged, a task that is not there, stories that do not fit the network, or
            words that cannot be exchanged.
    """
    settings = settings or Settings(name=NAME)
    found = _stories(data, settings.every_task, settings.size)
    chosen = [found[number] for number in settings.tasks]
    questions = {split: list(chain.from_iterable(task.splits[split] for task in chosen)) for split in SPLITS}
    every = list(chain.from_iterable(split for task in found.values() for split in task.splits.values()))
    described = described or Described()
    encoder = described.encoder or _encoder(every, settings)
    if not isinstance(encoder, StoryCode):
        raise DataError(f"network task {NAME}: found the encoder {encoder.to_json()['name']}, allowed story")
    class_names = described.class_names or numbering.answers(every)
    return Task(
        name=NAME,
        signals={split: numbering.signals(questions[split], encoder) for split in SPLITS},
        labels={split: numbering.labels(questions[split], class_names) for split in SPLITS},
        encoder=encoder,
        readout_steps=described.readout_steps or settings.readout_steps,
        class_names=class_names,
        rewrite=exchanging.exchange(settings.exchange, encoder.vocabulary, class_names),
        augment=shuffling.shuffled if settings.shuffle else None,
        groups={split: _groups([len(task.splits[split]) for task in chosen]) for split in SPLITS},
        group_names=tuple(f"qa{number}" for number in settings.tasks),
        notes=(*chain.from_iterable(task.notes for task in chosen), *_unseen(questions)),
    )


def _stories(data: Path | None, numbers: tuple[int, ...], size: int) -> dict[int, Stories]:
    """The stories of every task, from the generator or from files."""
    return stories.generated(numbers, size) if data is None else stories.from_files(data, numbers, size)


def _groups(sizes: Sequence[int]) -> npt.NDArray[np.int64]:
    """The position of its task for every question."""
    return np.repeat(np.arange(len(sizes)), sizes)


def _encoder(every: Sequence[Question], settings: Settings) -> StoryCode:
    """The encoder with room for every story, within the limits of the settings."""
    told = max(len(question.sentences) for question in every)
    longest = max(len(text) for question in every for text in (*question.sentences, question.words))
    return StoryCode(
        vocabulary=numbering.vocabulary(every),
        sentences=settings.sentences or told,
        words=settings.words or longest,
        steps_per_word=settings.steps_per_word,
        relay_steps=settings.relay_steps,
        tail=settings.tail,
    )


def _unseen(questions: Mapping[str, Sequence[Question]]) -> list[str]:
    """What the network meets in validation and test but not in training."""
    notes = []
    for kind, collect in (("word", numbering.vocabulary), ("answer", numbering.answers)):
        trained = set(collect(questions["train"]))
        new = [name for name in collect([*questions["validation"], *questions["test"]]) if name not in trained]
        if new:
            more = (
                f" and {len(new) - 1} more of validation and test are" if len(new) > 1 else " of validation or test is"
            )
            notes.append(f"data: the {kind} {new[0]!r}{more} not in the training split")
    return notes
