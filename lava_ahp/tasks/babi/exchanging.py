"""Words that stand for one another: augmentation for tasks in which any name or place would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError, nearest, shorten

_SETTING = "config task.exchange"


@dataclass(frozen=True, eq=False)
class Exchange:
    """Exchanges words within groups at random, for every story anew: in its sentences, its question and its answer.

    Attributes:
        groups: word numbers of each group, ``int64 (word,)``.
        answers: the words of every answer, ``int64 (class, word)``.  Words that only answers have are numbered
            after those of the vocabulary; -1 fills up shorter answers.
    """

    groups: tuple[npt.NDArray[np.int64], ...]
    answers: npt.NDArray[np.int64]

    def __call__(
        self, stories: npt.NDArray[np.int16], labels: npt.NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int64]]:
        """The stories in other words, and their answers.

        Args:
            stories: word numbers, -1 for none, ``int16 (sample, slot + 1, word)``.
            labels: ``int64 (sample,)``.
            rng: source of the exchanges.

        Returns:
            Of the same shapes and types.
        """
        size = max(int(self.answers.max()), int(stories.max()), *(int(group.max()) for group in self.groups)) + 1
        # What each word becomes in each sample; the last column is for no word, which stays none.
        becomes = np.tile(np.append(np.arange(size, dtype=np.int16), np.int16(-1)), (len(stories), 1))
        for group in self.groups:
            order = np.argsort(rng.random((len(stories), len(group))), axis=1)
            becomes[:, group] = group[order]
        sample = np.arange(len(stories))[:, None]
        said, answered = becomes[sample[:, None], stories], becomes[sample, self.answers[labels]]
        position = _positions(self.answers)
        distinct, inverse = np.unique(answered, axis=0, return_inverse=True)
        classes = np.array([position[tuple(words)] for words in distinct.tolist()], dtype=np.int64)
        return said, classes[inverse.reshape(-1)]


def exchange(groups: Sequence[Sequence[str]], vocabulary: Sequence[str], class_names: Sequence[str]) -> Exchange | None:
    """The exchange of words within groups; None without groups.

    Args:
        groups: words that may stand for one another.
        vocabulary: the words of the network.
        class_names: its answers; words of an answer are separated by commas.

    Raises:
        DataError: a word that is not in the vocabulary or is named twice, or an answer that becomes none of the
            answers.
    """
    if not groups:
        return None
    _check(groups, vocabulary)
    answers = [name.split(",") for name in class_names]
    number = {
        word: k for k, word in enumerate(dict.fromkeys([*vocabulary, *(word for name in answers for word in name)]))
    }
    table = np.full((len(answers), max(map(len, answers))), -1, dtype=np.int64)
    for k, name in enumerate(answers):
        table[k, : len(name)] = [number[word] for word in name]
    _check_answers(groups, answers)
    return Exchange(tuple(np.array([number[word] for word in group]) for group in groups), table)


def _positions(answers: npt.NDArray[np.int64]) -> dict[tuple[int, ...], int]:
    return {tuple(words): k for k, words in enumerate(answers.tolist())}


def _check(groups: Sequence[Sequence[str]], vocabulary: Sequence[str]) -> None:
    seen: set[str] = set()
    for word in (word for group in groups for word in group):
        if word not in vocabulary:
            guess = nearest(word, vocabulary)
            hint = "leave it out" if guess is None else f"did you mean {guess}?"
            raise DataError(f"{_SETTING}: found {shorten(word)}, allowed words of the stories, in lower case; {hint}")
        if word in seen:
            raise DataError(f"{_SETTING}: found {word} twice, allowed each word once, in one group; leave one out")
        seen.add(word)


def _check_answers(groups: Sequence[Sequence[str]], answers: Sequence[Sequence[str]]) -> None:
    """Check that every exchange turns answers into answers; exchanges of two neighbours make up all others."""
    known = {tuple(name) for name in answers}
    for one, other in chain.from_iterable(pairwise(group) for group in groups):
        swap = {one: other, other: one}
        for name in answers:
            found = tuple(swap.get(word, word) for word in name)
            if found not in known:
                raise DataError(
                    f"{_SETTING}: found {one} and {other} in a group, which makes {','.join(found)} of the answer "
                    f"{','.join(name)}; allowed words that make answers of answers, {','.join(found)} is none; "
                    f"take one of the two out of the group"
                )
