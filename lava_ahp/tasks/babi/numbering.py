"""Stories as numbers: the vocabulary, the answers, and the signals of the encoder."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import StoryCode
from lava_ahp.errors import DataError, cut, nearest, shorten
from lava_ahp.tasks.babi.parsing import Question, Words
from lava_ahp.tasks.labels import MAX_CLASSES

#: Characters of a vocabulary in a message.
_LISTED = 240


def vocabulary(questions: Iterable[Question]) -> tuple[str, ...]:
    """Every word of the stories and questions once, in alphabetical order."""
    texts = {text for question in questions for text in (*question.sentences, question.words)}
    return tuple(sorted(set(chain.from_iterable(texts))))


def answers(questions: Iterable[Question]) -> tuple[str, ...]:
    """Every answer once, in alphabetical order; an answer of several words is one.

    Raises:
        DataError: more answers than a task may have classes.
    """
    found = {question.answer for question in questions}
    if len(found) > MAX_CLASSES:
        raise DataError(f"task babi: found {len(found)} different answers, allowed {MAX_CLASSES}")
    return tuple(sorted(found))


def labels(questions: Sequence[Question], classes: Sequence[str]) -> npt.NDArray[np.int64]:
    """The class of each question's answer, ``int64 (question,)``.

    Raises:
        DataError: an answer that is not among the classes.
    """
    position = {name: k for k, name in enumerate(classes)}
    for question in questions:
        if question.answer not in position:
            raise DataError(
                f"{question.where}: found the answer {question.answer!r}, the network answers {', '.join(classes):.80}"
            )
    return np.array([position[question.answer] for question in questions], dtype=np.int64)


def signals(questions: Sequence[Question], encoder: StoryCode) -> npt.NDArray[np.int16]:
    """Stories and questions as word numbers.

    Args:
        questions: one or more.
        encoder: has the vocabulary and the numbers of slots and words.

    Returns:
        ``int16 (question, slot, word)``, as :meth:`lava_ahp.encoders.StoryCode.encode` takes them: the last sentences
        that there are slots for, and the question in the last row.

    Raises:
        DataError: a word that is not in the vocabulary, or more words than a slot has room for.
    """
    number = {word: k for k, word in enumerate(encoder.vocabulary)}
    # Few sentences are distinct: each is numbered once.  Row 0 is an empty slot.
    rows = [np.full(encoder.words, -1, dtype=np.int16)]
    known: dict[Words, int] = {}
    index = np.zeros((len(questions), encoder.sentences + 1), dtype=np.int64)
    for k, question in enumerate(questions):
        texts = (*question.sentences[-encoder.sentences :], question.words)
        for text in texts:
            if text not in known:
                known[text] = len(rows)
                rows.append(_row(text, number, encoder.words, question.where))
        index[k, -len(texts) :] = [known[text] for text in texts]
    return np.stack(rows)[index]


def check(text: Words, vocabulary: Collection[str], length: int, where: str) -> None:
    """Check that a sentence or question fits a slot, and that all its words are known.

    Args:
        text: its words.
        vocabulary: the words that the network knows.
        length: words that a slot has room for.
        where: origin of the sentence, for messages.

    Raises:
        DataError: a word that is not in the vocabulary, or more words than a slot has room for.
    """
    said = shorten(" ".join(text))
    if len(text) > length:
        raise DataError(f"{where}: found {len(text)} words, {said}, allowed {length} in a sentence here")
    for word in text:
        if word not in vocabulary:
            guess = nearest(word, vocabulary)
            hint = "" if guess is None else f"; did you mean {guess}?"
            raise DataError(
                f"{where}: found the word {shorten(word)} in {said}, which is none of the {len(vocabulary)} words that "
                f"the network knows: {cut(', '.join(vocabulary), _LISTED)}{hint}"
            )


def _row(text: Words, number: dict[str, int], length: int, where: str) -> npt.NDArray[np.int16]:
    check(text, number, length, where)
    row = np.full(length, -1, dtype=np.int16)
    row[-len(text) :] = [number[word] for word in text]
    return row
