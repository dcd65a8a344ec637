"""What a user can set of the task babi."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from lava_ahp.tasks.babi.parsing import MAX_SENTENCES, MAX_WORDS
from lava_ahp.tasks.base import TaskSettings

Numbers = tuple[Annotated[int, Field(ge=1, le=20)], ...]
Group = Annotated[tuple[str, ...], Field(min_length=2, strict=False)]


class Settings(TaskSettings):
    """Settings of the task babi.

    The default times fit a network that is five synapses deep behind its sentence encoders: what ``go`` opens at one
    step reaches the readout six steps later.  The last step of ``go`` is the first of the tail, so a tail of 7 steps
    lets everything arrive.

    Attributes:
        tasks: numbers of the tasks, 1..20; several are trained jointly.
        room_for: numbers of further tasks whose words, answers and stories the network shall have room for, so that
            training can go on to them from these weights.
        size: training questions per task: as many are generated, or the first ones of the files are taken.
        shuffle: whether training reads the sentences of each story in a new random order in every epoch, for tasks in
            which their order means nothing.
        exchange: groups of words that training exchanges at random within each story and its answer, anew in every
            epoch, for words any of which would do in the place of another.
        sentences: sentence slots, for the last sentences before the question; 0 for as many as the tasks need, at most
            20.
        words: words in a slot; 0 for as many as the tasks need, at most 11.
        steps_per_word: time steps of a word.
        relay_steps: time steps in which the sentences are passed on.
        tail: time steps after the last word.
        readout_steps: time steps at the end over which the readout voltage is summed.
    """

    tasks: Numbers = Field(default=(1,), min_length=1, strict=False)
    room_for: Numbers = Field(default=(), strict=False)
    size: int = Field(default=10_000, ge=100, le=100_000)
    shuffle: bool = False
    exchange: tuple[Group, ...] = Field(default=(), strict=False)
    sentences: int = Field(default=0, ge=0, le=MAX_SENTENCES)
    words: int = Field(default=0, ge=0, le=MAX_WORDS)
    steps_per_word: int = Field(default=4, ge=1, le=256)
    relay_steps: int = Field(default=5, ge=1, le=1024)
    tail: int = Field(default=8, ge=1, le=1024)
    readout_steps: int = Field(default=4, ge=1, le=1024)

    @field_validator("tasks", "room_for")
    @classmethod
    def _in_order(cls, numbers: tuple[int, ...]) -> tuple[int, ...]:
        """Each task once, in ascending order."""
        return tuple(sorted(set(numbers)))

    @property
    def every_task(self) -> tuple[int, ...]:
        """Every task that the network has room for, in ascending order."""
        return tuple(sorted({*self.tasks, *self.room_for}))
