"""The questions of a task by split: from the publisher's files, or from the generator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lava_ahp.errors import DataError
from lava_ahp.files.parsing import read_text
from lava_ahp.tasks.babi import generator, layout
from lava_ahp.tasks.babi.parsing import Question, parse

#: Bytes of a file.  The publisher's largest one has 5 million.
MAX_BYTES = 2**24
#: Where there is no validation split, one story in so many is cut off the end of the training split for it.
VALIDATION_SHARE = 10


@dataclass(frozen=True)
class Stories:
    """The questions of one task.

    Attributes:
        splits: the questions by split, in their order.
        notes: what the user should know of where they are from, one line each.
    """

    splits: Mapping[str, list[Question]]
    notes: tuple[str, ...] = ()


def generated(tasks: tuple[int, ...], size: int) -> dict[int, Stories]:
    """Tasks from the generator: ``size`` training questions each, a tenth as many for validation and for the test.

    Raises:
        DataError: a task that the generator does not have.
    """
    for task in tasks:
        if task not in generator.TASKS:
            allowed = ", ".join(map(str, generator.TASKS))
            raise DataError(f"task babi: generates tasks {allowed} only, found {task}; give the files with --data DIR")
    found = {}
    for task in tasks:
        texts = generator.generate(task, {"train": size, "validation": size // 10, "test": size // 10})
        found[task] = Stories({split: parse(text, f"generated task {task}") for split, text in texts.items()})
    return found


def from_files(data: Path, tasks: tuple[int, ...], size: int) -> dict[int, Stories]:
    """Tasks from the publisher's files.

    Args:
        data: their folder, see :func:`lava_ahp.tasks.babi.layout.find`.
        tasks: numbers of the tasks.
        size: training questions per task; of larger files the first ones are taken.

    Raises:
        DataError: files that are missing, or a line that is not allowed.
    """
    files = layout.find(data, size)
    for task in tasks:
        if task not in files:
            raise DataError(
                f"{data}: holds no files of task {task} (qa{task}_train.txt and qa{task}_test.txt), "
                f"found tasks {', '.join(map(str, files))}"
            )
    return {task: _read(task, files[task], size) for task in tasks}


def _read(task: int, files: layout.Files, size: int) -> Stories:
    train, test = _parsed(files.train), _parsed(files.test)
    notes = []
    if files.stands_in and size > layout.SMALL_SIZE:
        notes.append(f"data: task {task} has no large training file, {files.train.name} stands in for it")
    if files.validation is not None:
        validation = _parsed(files.validation)
    else:
        stories = train[-1].story + 1
        first = stories - max(1, stories // VALIDATION_SHARE)
        validation = [question for question in train if question.story >= first]
        train = [question for question in train if question.story < first]
        notes.append(
            f"data: task {task} has no validation file, the last {stories - first} of {stories} training stories "
            "are for validation"
        )
        if not train:
            raise DataError(f"{files.train}: found one story, allowed two or more; one is cut off for validation")
    return Stories({"train": train[:size], "validation": validation, "test": test}, tuple(notes))


def _parsed(path: Path) -> list[Question]:
    return parse(read_text(path, MAX_BYTES), str(path))
