"""Ask a network a question about a story of one's own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lava_ahp import backends, netx
from lava_ahp.encoders import StoryCode
from lava_ahp.errors import DataError, printable, shorten
from lava_ahp.files.parsing import read_text
from lava_ahp.network import Network
from lava_ahp.tasks import Described
from lava_ahp.tasks.babi import numbering
from lava_ahp.tasks.babi.parsing import Question, Words, words

#: Bytes of a story.
_MAX_STORY = 2**16
#: Answers that are printed.
_SHOWN = 4


@dataclass(frozen=True, repr=False)
class Answer:
    """The answer to a question.

    Attributes:
        question: the question as it was asked.
        answer: the answer with the largest readout; of equal ones, the first in the order of the network.
        readouts: mean voltage of every answer's readout over the readout steps, in units of the state, largest first.
        backend: where the network ran.
    """

    question: str
    answer: str
    readouts: dict[str, float]
    backend: str

    def lines(self) -> Iterator[str]:
        """The answer, and the answers with the largest readouts, for a terminal."""
        yield printable(self.answer)
        for name, voltage in list(self.readouts.items())[:_SHOWN]:
            yield f"  {printable(name):20} {voltage:12,.0f}"

    def to_json(self) -> dict[str, Any]:
        """The keys of ``ask --json``."""
        return {
            "question": self.question,
            "answer": self.answer,
            "readouts": self.readouts,
            "backend": self.backend,
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def ask(
    network: Network | str | os.PathLike[str],
    story: str | os.PathLike[str] | Sequence[str],
    question: str,
    *,
    backend: str = "fast",
) -> Answer:
    """Ask a network a question about a story.

    Args:
        network: a network that was trained on stories, or the path of its file.
        story: the path of a text file with one sentence in a line, which a number may precede, or a list of sentences.
        question: one question in words of the network's vocabulary.
        backend: ``fast`` or ``loihi2sim``.

    Raises:
        DataError: a network of another kind, a word that it does not know, or a sentence or story that is too long.
        BackendUnavailable: the backend is not installed.

    Example:
        >>> lava_ahp.ask("qa.net", ["Mary moved to the bathroom."], "Where is Mary?").answer  # doctest: +SKIP
        'bathroom'
    """
    engine = backends.get(backend)
    net = netx.as_network(network)
    described = Described.read(net.task)
    code, names, steps = described.encoder, described.class_names, described.readout_steps
    if not isinstance(code, StoryCode) or names is None or steps is None:
        raise DataError("network: was not trained on stories; ask one of task babi")
    told, where = _sentences(story)
    if len(told) > code.sentences:
        raise DataError(f"{where}: found {len(told)} sentences, allowed {code.sentences} for this network")
    asked = Question(tuple(told), _words(question, "question"), "", 0, len(told), where)
    events = code.encode(numbering.signals([asked], code))
    sums = engine(net, events, readout_steps=steps).readout[0].sum(axis=0, dtype=np.int64)
    order = np.argsort(-sums, kind="stable")
    readouts = {names[k]: float(sums[k] / steps) for k in order}
    return Answer(question, names[order[0]], readouts, backend)


def _sentences(story: str | os.PathLike[str] | Sequence[str]) -> tuple[list[Words], str]:
    """The words of every sentence, and the origin of the story for messages."""
    if isinstance(story, (str, os.PathLike)):
        lines, where = read_text(Path(story), _MAX_STORY).splitlines(), os.fspath(story)
    else:
        lines, where = list(story), "story"
    found = []
    for number, line in enumerate(lines, 1):
        head, _, rest = line.strip().partition(" ")
        text = rest if head.isdecimal() else line
        if text.strip():
            found.append(_words(text, f"{where} line {number}"))
    if not found:
        raise DataError(f"{where}: found no sentence, allowed one or more")
    return found, where


def _words(text: str, where: str) -> Words:
    found = words(text)
    if not found:
        raise DataError(f"{where}: found {shorten(text)}, allowed one word or more")
    return found
