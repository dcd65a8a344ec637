"""What a network answers to a question about a story."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import StoryCode
from lava_ahp.errors import DataError, brief, shorten
from lava_ahp.models.relational_graph import last_layers
from lava_ahp.network import Network, Trace
from lava_ahp.network.tables import html_table
from lava_ahp.report import ask_page
from lava_ahp.tasks import Described
from lava_ahp.tasks.babi.parsing import Words
from lava_ahp.workflow import saving


class Candidate(NamedTuple):
    """A possible answer.

    Attributes:
        answer: its name.
        voltage: mean voltage of its readout over the readout steps, in SLAYER's unit.
        softmax: its share of the softmax over all voltages, ``0..1``, as in the training loss.
    """

    answer: str
    voltage: float
    softmax: float


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """What a network answers.

    Attributes:
        network: what was run.
        name: of its file.
        story: the sentences as the network read them, oldest first.
        question: the words of the question.
        candidates: all answers, the best first.
        readout_steps: steps at the end over which the readout voltage is averaged.
        backend: where it ran.
        trace: readout of every step, counts of all populations, and rasters of the encoders of the sentences
            (``sentence{k}`` of slot ``k``) and of the question.
        command: what was asked for.
    """

    network: Network
    name: str
    story: tuple[Words, ...]
    question: Words
    candidates: tuple[Candidate, ...]
    readout_steps: int
    backend: str
    trace: Trace
    command: str

    @property
    def answer(self) -> str:
        """The best answer."""
        return self.candidates[0].answer

    @property
    def _class_names(self) -> tuple[str, ...]:
        names = Described.read(self.network.task).class_names
        assert names is not None
        return names

    @cached_property
    def pairs(self) -> npt.NDArray[np.int64]:
        """Spikes of the last layer of ``g`` for sentences ``i <= j`` of the story, else 0, ``int64 (i, j)``.

        Empty where the network has no pairs of sentences.
        """
        names = last_layers(self.network)
        size = len(self.story) if names else 0
        found = np.zeros((size, size), dtype=np.int64)
        first = self.code.sentences - size
        for (i, j), name in names.items():
            if first <= i <= j < self.code.sentences:
                found[i - first, j - first] = self.trace.counts[name].sum()
        return found

    @property
    def code(self) -> StoryCode:
        """The network's encoder."""
        return code_of(self.network)

    def lines(self, top: int = 3) -> Iterator[str]:
        """The answer for a terminal.

        Args:
            top: number of answers to show.
        """
        yield f"{' '.join(self.question)}? {brief(self.answer)}"
        shown = self.candidates[:top]
        names = [brief(each.answer) for each in shown]
        width = max(map(len, names))
        for name, each in zip(names, shown, strict=True):
            yield f"  {name:{width}} {each.voltage:9.3f} {100 * each.softmax:6.1f} %"
        more = len(self.candidates) - len(shown)
        others = f"{more} more answer{'s' * (more > 1)}; " if more else ""
        yield f"{others}mean readout voltage, softmax ({self.backend}, {self.trace.steps[0]} steps)"

    def to_json(self) -> dict[str, Any]:
        """The keys of ``ask --json``."""
        return {
            "network": self.name,
            "task": self.network.task.get("name"),
            "backend": self.backend,
            "story": [" ".join(sentence) for sentence in self.story],
            "question": " ".join(self.question),
            "answer": self.answer,
            "answers": [each._asdict() for each in self.candidates],
            "steps": int(self.trace.steps[0]),
            "readout_steps": self.readout_steps,
            "pairs": self.pairs.tolist(),
        }

    def to_html(self) -> str:
        """The page, with its pictures inside."""
        code, names = self.code, self._class_names
        absent = code.sentences - len(self.story)
        rasters = self.trace.spikes
        texts = {f"sentence{absent + k}": (str(k + 1), words) for k, words in enumerate(self.story)}
        texts["question"] = ("?", self.question)
        return ask_page.render(
            ask_page.Report(
                network=self.name,
                question=" ".join(self.question),
                candidates=self.candidates,
                sentences=[" ".join(sentence) for sentence in self.story],
                readings=[
                    ask_page.Reading(label, words, rasters[name][0])
                    for name, (label, words) in texts.items()
                    if name in rasters
                ],
                code=code,
                pairs=self.pairs,
                readout=self.trace.readout[0],
                class_names=names,
                readout_steps=self.readout_steps,
                facts=dict(self._facts()),
                command=self.command,
            )
        )

    def _facts(self) -> Iterator[tuple[str, object]]:
        """What the page says of the run, by name."""
        spikes = sum(int(counts.sum()) for counts in self.trace.counts.values())
        steps = int(self.trace.steps[0])
        yield "network", f"{self.name}, {self.network.neurons:,} neurons, {self.network.synapses:,} synapses"
        yield "run in", f"{self.backend}, {steps} steps"
        yield "spikes", f"{spikes:,}, {100 * spikes / (steps * self.network.neurons):.2f} % of neurons per step"
        yield "sentences", f"{len(self.story)} in {self.code.sentences} slots of {self.code.words} words"
        yield "vocabulary", f"{len(self.code.vocabulary)} words"

    def save(
        self, *, json_path: str | os.PathLike[str] | None = None, html_path: str | os.PathLike[str] | None = None
    ) -> None:
        """Write the JSON, the page, or both.

        Raises:
            DataError: both are the same file.
        """
        saving.save(self, json_path, html_path)

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return html_table(f"{' '.join(self.question)}? {self.answer}", ask_page.answer_rows(self.candidates))


def code_of(network: Network) -> StoryCode:
    """The encoder of a network that reads stories.

    Raises:
        DataError: the network is not one that reads stories.
    """
    encoder = Described.read(network.task).encoder
    if not isinstance(encoder, StoryCode):
        found = "no encoder" if encoder is None else f"the encoder {encoder.to_json()['name']}"
        raise DataError(
            f"network: found task {shorten(network.task.get('name'))} with {found}, allowed a network that reads "
            "stories (encoder story); train one with lava-ahp train --task babi"
        )
    return encoder
