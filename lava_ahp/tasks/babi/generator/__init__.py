"""A generator of stories for tasks 1, 6 and 15, with words of its own, so that the task needs no download."""

from __future__ import annotations

from collections.abc import Mapping

from lava_ahp.tasks.babi.generator.draw import Draw
from lava_ahp.tasks.babi.generator.kinds import fears
from lava_ahp.tasks.babi.generator.places import where, whether

TASKS = {1: where, 6: whether, 15: fears}
#: The seed is part of the task: the seed of a task's stories is this one plus its number.
SEED = 15020_56980


def generate(task: int, sizes: Mapping[str, int]) -> dict[str, str]:
    """The text of each split, in the form of the publisher's files.  No two stories are equal, within or across splits.

    Args:
        task: one of :data:`TASKS`.
        sizes: number of questions by split; the last story of a split may hold fewer questions than the others.
    """
    draw, seen = Draw(SEED + task), set()
    found = {}
    for split, size in sizes.items():
        lines: list[str] = []
        missing = size
        while missing:
            story = TASKS[task](draw)
            text = tuple(line.partition("\t")[0] for line in story)
            if text in seen:
                continue
            seen.add(text)
            for line in story:
                lines.append(line)
                missing -= "\t" in line
                if not missing:
                    break
        found[split] = "\n".join(lines) + "\n"
    return found
