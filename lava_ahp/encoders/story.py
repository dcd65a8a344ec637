"""The encoder for question answering: sentences and a question, word by word, then a cue for the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import _runs
from lava_ahp.errors import DataError, shorten
from lava_ahp.network import Events

#: Words are numbered in int16; a word must fit into a message.
MAX_VOCABULARY, MAX_WORD = 32767, 64
_LIMITS = {"sentences": 64, "words": 64, "steps_per_word": 256, "relay_steps": 1024, "tail": 1024}


@dataclass(frozen=True)
class StoryCode:
    """Every word of a sentence spikes in its own steps; all sentences and the question are read at the same time.

    With ``V`` words in the vocabulary, ``S`` sentence slots, ``W`` words in a slot and ``P`` steps per word, the word
    ``w`` at position ``p`` of slot ``k`` spikes in channel ``k V + w`` at the steps ``p P .. p P + P - 1``; slot ``S``
    is the question.  Three kinds of channel follow:

    - :attr:`go` opens the way from the sentences to the rest of the network, in the steps :attr:`go_steps`.  The last
      of them is the step after the last word, when the neurons that read that word spike.
    - :attr:`on` spikes in the same steps; it carries the biases.
    - :attr:`absent`, one channel per sentence slot, spikes for an empty slot from the first step of ``go`` to the end.

    The code of words is that of Rao et al. 2022 (arXiv 2107.03992), where a word spikes in 10 steps.

    Attributes:
        vocabulary: the words, each once, ``1..32767`` of them.
        sentences: number of sentence slots ``S``, ``1..64``.
        words: number of words in a slot ``W``, ``1..64``.
        steps_per_word: number of time steps of a word ``P``, ``1..256``.
        relay_steps: number of time steps of ``go``, ``1..words * steps_per_word``.
        tail: number of time steps after the last word, ``1..1024``.

    Raises:
        DataError: a parameter that is not allowed.
    """

    vocabulary: tuple[str, ...]
    sentences: int
    words: int
    steps_per_word: int
    relay_steps: int
    tail: int

    name = "story"

    def __post_init__(self) -> None:
        for field, most in _LIMITS.items():
            value = getattr(self, field)
            if type(value) is not int or not 1 <= value <= most:
                raise DataError(f"encoder {field}: found {shorten(value)}, allowed 1..{most}")
        if self.relay_steps > self.words * self.steps_per_word:
            raise DataError(
                f"encoder relay_steps: found {self.relay_steps}, allowed 1..{self.words * self.steps_per_word}, "
                "the steps of all words"
            )
        object.__setattr__(self, "vocabulary", _distinct(self.vocabulary))

    @property
    def go(self) -> int:
        """The channel that opens the way to the answer."""
        return (self.sentences + 1) * len(self.vocabulary)

    @property
    def on(self) -> int:
        """The channel that carries biases."""
        return self.go + 1

    @property
    def absent(self) -> range:
        """The channels that say which sentence slots are empty, one per slot."""
        return range(self.go + 2, self.go + 2 + self.sentences)

    @property
    def go_steps(self) -> range:
        """The steps in which ``go`` and ``on`` spike."""
        end = self.words * self.steps_per_word + 1
        return range(end - self.relay_steps, end)

    @property
    def signals(self) -> int:
        """Size of axis 2 of what it encodes: the words of a slot."""
        return self.words

    @property
    def channels(self) -> int:
        """Number of input channels: the vocabulary once for every slot and for the question, and the three signals."""
        return self.go + 2 + self.sentences

    def steps(self, length: int) -> int:
        """Number of time steps of a sample, the same for every ``length``, which is that of the axis of slots."""
        return self.words * self.steps_per_word + self.tail

    def in_order(self, signals: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Signals ``(sample, slot, word)`` in the order in which they are encoded, here unchanged."""
        return signals

    def kinds(self) -> dict[str, range]:
        """The input channels by what their spikes say."""
        question = self.sentences * len(self.vocabulary)
        return {
            "sentences": range(question),
            "question": range(question, self.go),
            "go": range(self.go, self.go + 1),
            "on": range(self.on, self.on + 1),
            "empty slots": self.absent,
        }

    def encode(self, signals: npt.ArrayLike) -> Events:
        """Encode a batch of stories with their questions.

        Args:
            signals: word numbers ``0..V - 1``, -1 for none, integers ``(sample, S + 1, W)``.  The last row is the
                question.  Empty slots come before the others, and words are at the end of their row.

        Raises:
            DataError: signals of another shape or type, a number out of range, or words that are not in their places.
        """
        x = np.asarray(signals)
        shape = (self.sentences + 1, self.words)
        if x.ndim != 3 or len(x) == 0 or x.dtype.kind not in "iu" or x.shape[1:] != shape:
            raise DataError(f"signals: found {x.dtype} {x.shape}, allowed integers (sample, {shape[0]}, {shape[1]})")
        if x.min() < -1 or x.max() >= len(self.vocabulary):
            raise DataError(
                f"signals: found {x.min()}..{x.max()}, allowed 0..{len(self.vocabulary) - 1}, words, and -1 for none"
            )
        _check_places(x >= 0)
        return _runs.encode(x, self._runs, self.channels, (2 * self.sentences + 3) * self.steps(shape[0]))

    def _runs(self, x: npt.NDArray[Any]) -> _runs.Runs:
        """One run, of one channel, per slot, for the question, for ``go``, for ``on``, and for each empty slot."""
        spoken, slots = self.words * self.steps_per_word, self.sentences + 1
        first = np.empty((len(x), self.steps(slots), slots + 2 + self.sentences), dtype=np.int64)
        counts = np.zeros_like(first)
        # From (sample, slot, position) to (sample, step, slot).
        word = np.repeat(x.astype(np.int64).swapaxes(1, 2), self.steps_per_word, axis=1)
        counts[:, :spoken, :slots] = word >= 0
        first[:, :spoken, :slots] = word + len(self.vocabulary) * np.arange(slots)
        opened, closed = self.go_steps.start, self.go_steps.stop
        counts[:, opened:closed, slots : slots + 2] = 1
        counts[:, opened:, slots + 2 :] = (x[:, :-1, -1] < 0)[:, None]
        first[:, :, slots:] = np.arange(self.go, self.channels)
        return counts, first

    def misfit(self, signals: npt.NDArray[Any]) -> None:
        """None: the vocabulary is fixed, and other numbers are refused."""

    def to_json(self) -> dict[str, Any]:
        """The description stored in a network file."""
        return {
            "name": self.name,
            "vocabulary": list(self.vocabulary),
            **{field: getattr(self, field) for field in _LIMITS},
        }


def _check_places(present: npt.NDArray[np.bool_]) -> None:
    """Check that words are at the end of their row, sentences at the end of the slots, and that a question is there."""
    gap = np.argwhere((present[:, :, :-1] & ~present[:, :, 1:]).any(axis=2))
    if gap.size:
        raise DataError(
            f"signals: sample {gap[0, 0]}, row {gap[0, 1]}: a word before -1, allowed words at the end alone"
        )
    spoken = present[:, :, -1]
    gap = np.argwhere(spoken[:, :-2] & ~spoken[:, 1:-1])
    if gap.size:
        raise DataError(
            f"signals: sample {gap[0, 0]}: an empty slot {gap[0, 1] + 1} after a sentence, allowed empty slots first"
        )
    if not spoken[:, -1].all():
        raise DataError(f"signals: sample {int(spoken[:, -1].argmin())}: no question, allowed one word or more")


def _distinct(vocabulary: Any) -> tuple[str, ...]:
    """Check a vocabulary, since it may come from a file, and make it a tuple."""
    if not isinstance(vocabulary, (list, tuple)) or not 1 <= len(vocabulary) <= MAX_VOCABULARY:
        raise DataError(f"encoder vocabulary: allowed a list of 1..{MAX_VOCABULARY} words")
    seen: set[str] = set()
    for word in vocabulary:
        if not isinstance(word, str) or not 1 <= len(word) <= MAX_WORD or not word.isprintable():
            raise DataError(f"encoder vocabulary: found {shorten(word)}, allowed words of 1..{MAX_WORD} characters")
        if word in seen:
            raise DataError(f"encoder vocabulary: found {word!r} twice, allowed each word once")
        seen.add(word)
    return tuple(vocabulary)
