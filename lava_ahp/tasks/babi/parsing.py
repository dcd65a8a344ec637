"""The lines of a bAbI file: numbered sentences and questions, story after story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lava_ahp.encoders.story import MAX_WORD
from lava_ahp.errors import DataError, shorten
from lava_ahp.tasks.labels import MAX_NAME

#: Sentences of a story that are kept for a question, and words of a sentence: the limits of Rao et al. 2022.
MAX_SENTENCES, MAX_WORDS = 20, 11
#: Lines of a file and characters of a line.  The publisher's largest file has some 190,000 lines.
MAX_LINES, MAX_LINE = 2**19, 1000

#: The words of a sentence or of a question.
Words = tuple[str, ...]

_PUNCTUATION = str.maketrans(dict.fromkeys('.,;:!?"()', " "))


@dataclass(frozen=True)
class Question:
    """A question, the story so far, and the answer.

    Attributes:
        sentences: the last sentences before the question, oldest first, at most :data:`MAX_SENTENCES`.
        words: the question.
        answer: the answer in lower case; several words are joined by commas.
        story: number of the story in its file, from 0.
        told: number of sentences of the story before the question.
        where: file and line of the question.
    """

    sentences: tuple[Words, ...]
    words: Words
    answer: str
    story: int
    told: int
    where: str


@lru_cache(maxsize=2**16)  # few sentences are distinct
def words(text: str) -> Words:
    """The words of a sentence in lower case, without punctuation."""
    return tuple(text.lower().translate(_PUNCTUATION).split())


def parse(text: str, source: str) -> list[Question]:
    """The questions of a file in their order.

    Each line is ``ID sentence``, or ``ID question``, a tab, the answer, and optionally another tab and the IDs of the
    sentences that the answer follows from.  IDs count the lines of a story from 1, so ID 1 starts a new story.

    Args:
        text: content of the file.
        source: its name, for messages.

    Raises:
        DataError: a line of another form, or no question at all.
    """
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise DataError(f"{source}: found {len(lines)} lines, allowed {MAX_LINES}")
    found = list(_questions(lines, source))
    if not found:
        raise DataError(f"{source}: found no question, allowed one or more: ID question, a tab, the answer")
    return found


def _questions(lines: list[str], source: str) -> Iterator[Question]:
    story, expected = -1, 1
    told: list[Words] = []
    for number, line in enumerate(lines, start=1):
        line = line.rstrip("\r ")
        if not line:
            continue
        where = f"{source} line {number}"
        position, content = _numbered(line, where)
        if position == 1:
            story, expected, told = story + 1, 1, []
        if position != expected:
            allowed = "1, a new story" if story < 0 else f"{expected}, the next line, or 1, a new story"
            raise DataError(f"{where}: found ID {shorten(position)}, allowed {allowed}")
        expected += 1
        if "\t" not in content:
            told.append(_words(content, where, "sentence"))
            continue
        asked, answer = _question(content, position, where)
        if not told:
            raise DataError(f"{where}: found a question, allowed after one sentence or more")
        yield Question(tuple(told[-MAX_SENTENCES:]), asked, answer, story, len(told), where)


def check_line(line: str, where: str) -> None:
    """Check that a line is short enough, and text.

    Raises:
        DataError: it is not.
    """
    if len(line) > MAX_LINE:
        raise DataError(f"{where}: found {len(line)} characters, allowed {MAX_LINE}")
    if not line.replace("\t", " ").isprintable():
        raise DataError(f"{where}: found {shorten(line)} with control characters, allowed text; save the file again")


def _numbered(line: str, where: str) -> tuple[int, str]:
    """The ID and the rest of a line."""
    check_line(line, where)
    identifier, _, content = line.partition(" ")
    if not (identifier.isascii() and identifier.isdecimal() and content.strip()):
        raise DataError(f"{where}: found {shorten(line)}, allowed an ID and a text, as in 1 Anna walked to the attic.")
    return int(identifier), content


def _question(content: str, position: int, where: str) -> tuple[Words, str]:
    """Words and answer of a question."""
    asked, *rest = content.split("\t")
    if len(rest) > 2:
        raise DataError(
            f"{where}: found {len(rest)} tabs, allowed one or two: question, answer, IDs of the supporting sentences"
        )
    parts = [" ".join(words(part)) for part in rest[0].split(",")]
    if not all(parts) or len(rest[0]) > MAX_NAME:
        raise DataError(
            f"{where}: found the answer {shorten(rest[0])}, allowed one word, or several with commas, "
            f"of up to {MAX_NAME} characters"
        )
    for support in rest[1].split() if len(rest) > 1 else ():
        if not (support.isascii() and support.isdecimal() and 1 <= int(support) < position):
            raise DataError(
                f"{where}: found the supporting ID {shorten(support)}, allowed 1..{position - 1}, lines of the story"
            )
    return _words(asked, where, "question"), ",".join(parts)


def _words(text: str, where: str, kind: str) -> Words:
    found = words(text)
    if not 1 <= len(found) <= MAX_WORDS:
        raise DataError(f"{where}: found a {kind} of {len(found)} words, {shorten(text)}, allowed 1..{MAX_WORDS}")
    for word in found:
        if len(word) > MAX_WORD:
            raise DataError(f"{where}: found the word {shorten(word)}, allowed {MAX_WORD} characters")
    return found
