"""The page about one question: the answer, and how the network came to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import StoryCode
from lava_ahp.report import ask_figures as figures
from lava_ahp.report.ask_figures import Reading
from lava_ahp.report.html import fill

__all__ = ["Candidate", "Reading", "Report", "answer_rows", "render"]

#: Answers in the table of the page.
MAX_ANSWERS = 200


class Candidate(Protocol):
    """A possible answer; see :class:`lava_ahp.workflow.answer.Candidate`."""

    @property
    def answer(self) -> str:
        """Its name."""

    @property
    def voltage(self) -> float:
        """Mean voltage of its readout over the readout steps, in SLAYER's unit."""

    @property
    def softmax(self) -> float:
        """Its share of the softmax over all voltages, ``0..1``."""


@dataclass(frozen=True, eq=False)
class Report:
    """What the page shows.

    Attributes:
        network: name of the network's file.
        question: the question as the network read it.
        candidates: all answers, the best first.
        sentences: the story, oldest first.
        readings: what each encoder read, and its spikes; the question last.
        code: the network's encoder.
        pairs: spikes of the last layer of ``g`` for sentences ``i <= j``, ``int64 (i, j)``; empty for a network without
            pairs.
        readout: readout voltages, ``int32 (time, class)``.
        class_names: one for each class.
        readout_steps: steps at the end over which the voltages are averaged.
        facts: further figures by name.
        command: the command that made the page.
    """

    network: str
    question: str
    candidates: Sequence[Candidate]
    sentences: Sequence[str]
    readings: Sequence[Reading]
    code: StoryCode
    pairs: npt.NDArray[np.int64]
    readout: npt.NDArray[np.int32]
    class_names: Sequence[str]
    readout_steps: int
    facts: Mapping[str, object]
    command: str


def render(report: Report) -> str:
    """The whole page as HTML, with its pictures inside."""
    best, *others = report.candidates
    reads = len(report.pairs) * (len(report.pairs) + 1) // 2
    return fill(
        "ask.html.j2",
        report=report,
        best=best,
        runner_up=others[0] if others else None,
        active=f"{int((report.pairs > 0).sum())} of {reads}" if reads else None,
        answers=answer_rows(report.candidates[:MAX_ANSWERS]),
        more=len(report.candidates[MAX_ANSWERS:]),
        reading=figures.reading(report.readings, report.code) if report.readings else None,
        triangle=figures.triangle(report.pairs, report.sentences) if reads else None,
        readout=figures.readout(report.readout, report.class_names, report.readout_steps, report.code.go_steps.start),
    )


def answer_rows(candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """Rows of the table of answers."""
    return [
        {"answer": each.answer, "mean readout": f"{each.voltage:.3f}", "softmax": f"{100 * each.softmax:.1f} %"}
        for each in candidates
    ]
