"""A story and a question as somebody writes them, for a network that knows some words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from lava_ahp.encoders import StoryCode
from lava_ahp.errors import DataError, shorten
from lava_ahp.tasks.babi.numbering import check
from lava_ahp.tasks.babi.parsing import Question, Words, check_line, words

#: Characters of a story: 64 slots of lines as long as a file may have them.  Bytes of a file with it.
MAX_STORY, MAX_BYTES = 2**16, 2**18

_ID = re.compile(r"([0-9]{1,9}) +")
_NEXT_SENTENCE = re.compile(r"[.!?]\s+\w")


def told(story: str | Iterable[str], question: str, encoder: StoryCode) -> Question:
    """A story and a question that a network can read.

    Args:
        story: one sentence per line, or sentences; blank ones are left out.  The lines may be those of one story in a
            bAbI file, with their IDs; its questions, which have a tab before the answer, are left out.
        question: the question.
        encoder: has the vocabulary and the numbers of slots and words.

    Returns:
        The question, without an answer.

    Raises:
        DataError: no sentence or more than there are slots for, no question, a word that is not in the vocabulary, a
            sentence that is too long, or a line that is not one sentence.
    """
    known = dict.fromkeys(encoder.vocabulary)
    sentences = [_sentence(line, known, encoder.words, where) for line, where in _lines(story)]
    if not sentences:
        raise DataError(f"story: found no sentence, allowed 1..{encoder.sentences}, one per line")
    if len(sentences) > encoder.sentences:
        excess = len(sentences) - encoder.sentences
        raise DataError(
            f"story: found {len(sentences)} sentences, allowed {encoder.sentences}, the slots of the network; leave "
            f"out {excess}, for example the oldest up to {shorten(' '.join(sentences[excess - 1]))}"
        )
    if not isinstance(question, str) or not question.strip():
        raise DataError(f"question: found {shorten(question)}, allowed a question of one word or more")
    asked = _sentence(question.strip(), known, encoder.words, "question")
    return Question(tuple(sentences), asked, "", story=0, told=len(sentences), where="question")


def _lines(story: str | Iterable[str]) -> list[tuple[str, str]]:
    """The sentences of a story, each with its place for messages."""
    given = story.removeprefix("\ufeff").split("\n") if isinstance(story, str) else list(story)
    kind = "line" if isinstance(story, str) else "sentence"
    for line in given:
        if not isinstance(line, str):
            raise DataError(f"story: found {shorten(line)}, allowed sentences as text")
    size = sum(map(len, given))
    if size > MAX_STORY:
        raise DataError(f"story: found {size} characters, allowed {MAX_STORY}")
    lines = [(line.strip(), f"story {kind} {k}") for k, line in enumerate(given, start=1) if line.strip()]
    for line, where in lines:
        check_line(line, where)
    return _without_ids(lines) if lines and _ID.match(lines[0][0]) else lines


def _without_ids(lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The sentences of the lines of a bAbI file."""
    found, last = [], 0
    for line, where in lines:
        start = _ID.match(line)
        if start is None:
            raise DataError(
                f"{where}: found {shorten(line)} without an ID, the lines before have one; number all or none"
            )
        if int(start[1]) <= last:
            raise DataError(f"{where}: found ID {start[1]} after {last}, allowed one story; leave out the others")
        last = int(start[1])
        if "\t" not in line:
            found.append((line[start.end() :], where))
    return found


def _sentence(text: str, vocabulary: Collection[str], length: int, where: str) -> Words:
    check_line(text, where)
    found = words(text)
    if not found or _NEXT_SENTENCE.search(text):
        raise DataError(f"{where}: found {shorten(text)}, allowed one sentence, of one word or more")
    check(found, vocabulary, length, where)
    return found
