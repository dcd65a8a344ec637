"""Stories as a relational network reads them: the distinct sentences of a batch, and where each one occurs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.encoders import StoryCode
from lava_ahp.errors import DataError
from lava_ahp.network import Events


class Stories(NamedTuple):
    """A batch of stories with questions, in which every distinct sentence and question is held once.

    Attributes:
        sentences: words of the distinct sentences, ``int64 (distinct, word)``, -1 for none.
        slots: which distinct sentence each sentence of each story is, stories one after another and the oldest
            sentence first, ``int64 (present,)``.
        ages: age of each of them, 0 for the newest, ``int64 (present,)``.
        offsets: index in ``slots`` of the first sentence of each story, and the number of all sentences,
            ``int64 (story + 1,)``.
        questions: words of the distinct questions, ``int64 (distinct question, word)``.
        asked: which of them each story asks, ``int64 (story,)``.
    """

    sentences: Tensor
    slots: Tensor
    ages: Tensor
    offsets: Tensor
    questions: Tensor
    asked: Tensor

    @property
    def pairs(self) -> int:
        """Number of pairs ``i <= j`` of sentences, over all stories."""
        sizes = self.offsets.diff()
        return int((sizes * (sizes + 1) // 2).sum())


def gather(read: Tensor) -> Stories:
    """The stories of a batch.

    Args:
        read: word numbers, -1 for none, integers ``(story, slot + 1, word)``; the last row is the question.
    """
    rows = read.long()
    slots, words = rows[:, :-1], rows[:, -1]
    # The words of a sentence are at the end of its row.
    present = slots[..., -1] >= 0
    sentences, which = torch.unique(slots[present], dim=0, return_inverse=True)
    questions, asked = torch.unique(words, dim=0, return_inverse=True)
    ages = torch.arange(slots.shape[1] - 1, -1, -1, device=read.device).expand(present.shape)
    offsets = torch.nn.functional.pad(present.sum(dim=1).cumsum(0), (1, 0))
    return Stories(sentences, which, ages[present], offsets, questions, asked)


def spikes_of(words: Tensor, code: StoryCode, steps: int) -> Tensor:
    """Spikes of the words of sentences or questions.

    Args:
        words: word numbers, -1 for none, ``int64 (row, word)``.
        code: the encoder.
        steps: number of steps, at least those of the words.

    Returns:
        Zeros and ones ``float32 (row, vocabulary, time)``, in memory as ``(row, time, vocabulary)``.
    """
    spoken = words.repeat_interleave(code.steps_per_word, dim=1)
    spikes = torch.zeros(len(words), steps, len(code.vocabulary), device=words.device)
    row, step = torch.nonzero(spoken >= 0, as_tuple=True)
    spikes[row, step, spoken[row, step]] = 1
    return spikes.transpose(1, 2)


def covering(code: StoryCode) -> npt.NDArray[np.int16]:
    """One story that fills every slot, with as many different words as possible.

    Returns:
        Word numbers ``int16 (1, slot + 1, word)``.
    """
    shape = 1, code.sentences + 1, code.words
    # The question comes first, so that it has words of its own even where there are more words than places.
    words = np.roll(np.arange(np.prod(shape)).reshape(shape), -1, axis=1)
    return (words % len(code.vocabulary)).astype(np.int16)


def decode(events: Events, code: StoryCode) -> npt.NDArray[np.int16]:
    """The stories that an encoder has turned into spikes.

    Args:
        events: input spikes.
        code: the encoder.

    Returns:
        Word numbers, -1 for none, ``int16 (sample, slot + 1, word)``.

    Raises:
        DataError: spikes that the encoder never gives.
    """
    stories = np.full((len(events), code.sentences + 1, code.words), -1, np.int16)
    sample = np.repeat(np.arange(len(events)), np.diff(events.offsets))
    is_word = (events.sources < code.go) & (events.times < code.words * code.steps_per_word)
    slot, word = np.divmod(events.sources[is_word], len(code.vocabulary))
    stories[sample[is_word], slot, events.times[is_word] // code.steps_per_word] = word
    again = code.encode(stories)
    fields = ("steps", "offsets", "times", "sources")
    if not all(np.array_equal(getattr(events, field), getattr(again, field)) for field in fields):
        raise DataError("input spikes: found some that encoder story never gives, allowed encoded stories")
    return stories
