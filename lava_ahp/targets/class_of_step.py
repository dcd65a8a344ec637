"""A class for every step: the readout with the largest voltage a few steps later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError, shorten
from lava_ahp.targets.base import Array, Sums, Target, Terms
from lava_ahp.targets.class_counts import ClassCounts
from lava_ahp.targets.class_of_sample import ClassScores, check_classes

if TYPE_CHECKING:
    from torch import Tensor

#: Label of a step without one.
UNLABELLED = -1
#: Largest shift, which is that of an encoder's cue, and most network steps per step of a series.
MAX_SHIFT, MAX_STRETCH = 65535, 256
#: Classes of a sample that are told in a text.
_TOLD = 5


class StepScores(ClassScores):
    """Scores over all labelled steps.

    Labels and predictions are ``int64 (sample, time)``, -1 for a step without label, or after the end of a sample.
    """

    _unit = " labelled steps"

    @classmethod
    def of(cls, labels: Array, predictions: Array, names: Sequence[str]) -> StepScores:
        """From labels of a task, which may have more steps than the samples at hand."""
        return cls(labels[:, : predictions.shape[1]], predictions, names)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which steps have a label, ``(sample, time)``."""
        known: npt.NDArray[np.bool_] = self.labels != UNLABELLED
        return known

    @property
    def counts(self) -> ClassCounts:
        """Numbers of labelled steps by class."""
        return ClassCounts.of(self.labels[self.known], self.predictions[self.known], self.names)

    @property
    def correct(self) -> int:
        """Number of labelled steps whose class was found."""
        return int((self.predictions == self.labels)[self.known].sum())

    @property
    def answers(self) -> int:
        """Number of labelled steps."""
        return int(self.known.sum())

    @property
    def accuracy(self) -> float:
        """Share of the labelled steps whose class was found, ``0..1``; NaN without labels."""
        return self.correct / self.answers if self.answers else float("nan")

    def held_out(self) -> str:
        """Accuracy, steps and samples."""
        return f"{100 * self.accuracy:.2f} % of {self.answers} labelled steps of {len(self.labels)}"

    def summary(self) -> str:
        """Number and share of steps whose class was found."""
        return f"{self.correct} of {self.answers} labelled steps right, {100 * self.accuracy:.2f} %"

    def short(self) -> str:
        """Number of steps whose class was found."""
        return f"{self.correct} of {self.answers} labelled steps right"

    def to_json(self) -> dict[str, Any]:
        """Accuracy, balanced accuracy, mean F1 and the number of labelled steps."""
        found = self.metrics()
        return {key: found[key] for key in ("accuracy", "balanced_accuracy", "mean_f1", "labelled_steps")}

    def metrics(self) -> dict[str, Any]:
        """As for the class of a sample, and the number of labelled steps."""
        return {**super().metrics(), "samples": len(self.labels), "labelled_steps": self.answers}

    def examples(self) -> list[tuple[int, str]]:
        """The samples with the largest and with the smallest share of right steps."""
        known = self.known
        right = ((self.predictions == self.labels) & known).sum(axis=1)
        share = np.where(known.any(axis=1), right / np.maximum(known.sum(axis=1), 1), np.nan)
        if np.isnan(share).all():
            return []
        best, worst = int(np.nanargmax(share)), int(np.nanargmin(share))
        chosen = [("best", best), *([("worst", worst)] if worst != best else [])]
        return [
            (k, f"The {which} sample: test sample {{}}, {100 * share[k]:.1f} % of its labelled steps right")
            for which, k in chosen
        ]


@dataclass(frozen=True)
class ClassOfStep(Target):
    """A class for every step of a series, ``0..classes - 1``, or -1 for a step without label.

    Step ``k`` of the series is step ``k * stretch`` of the network.  Its answer is the readout ``shift`` steps later,
    since spikes need a step for every synapse on their way, and since later values may tell something too.  A sample
    ends with the answer to its last step: it has ``(length - 1) * stretch + 1 + shift`` steps.

    Attributes:
        shift: network steps from a step of the series to its answer.
        stretch: network steps from one step of the series to the next.
    """

    shift: int
    stretch: int = 1

    kind = "steps"
    answer_name = "classes of steps"
    score = "accuracy"
    every_step = True

    def __post_init__(self) -> None:
        for name, low, high in (("shift", 0, MAX_SHIFT), ("stretch", 1, MAX_STRETCH)):
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise DataError(f"network task target {name}: found {shorten(value)}, allowed {low}..{high}")

    def describe(self) -> dict[str, Any]:
        """Kind, shift and stretch."""
        return {"kind": self.kind, "shift": self.shift, "stretch": self.stretch}

    def of_signals(self) -> ClassOfStep:
        """A model without synaptic delays answers at once."""
        return replace(self, shift=0, stretch=1)

    def lengths(self, steps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Steps of the series from steps of the network, ``int64 (sample,)``."""
        return (steps - 1 - self.shift) // self.stretch + 1

    def _places(
        self, steps: npt.NDArray[np.int64], readout_steps: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """For every step of the series, the readout step that answers, and whether there is one; ``(sample, time)``."""
        lengths = self.lengths(steps)
        series = np.arange(int(lengths.max()))
        places = (readout_steps - steps)[:, None] + series * self.stretch + self.shift
        return places, (series < lengths[:, None]) & (places >= 0)

    def for_training(self, labels: Array, steps: npt.NDArray[np.int64], readout_steps: int) -> Array:
        """Labels at the readout steps that answer, ``int64 (sample, readout_steps)``; -1 at all others."""
        places, there = self._places(steps, readout_steps)
        placed = np.full((len(labels), readout_steps), UNLABELLED, dtype=np.int64)
        sample, series = np.nonzero(there[:, : labels.shape[1]])
        placed[sample, places[sample, series]] = labels[sample, series]
        return placed

    def check(self, labels: Array, readouts: int) -> None:
        """Check that every class has a readout, and that there is a label at all."""
        known = labels[labels != UNLABELLED]
        if not len(known):
            raise DataError("validation labels: found no labelled step, allowed one or more")
        check_classes(known, readouts)

    def sums(self, readout: Tensor, labels: Tensor, terms: Terms) -> Sums:
        """Cross-entropy at every labelled step, each of the same weight, and the number of right ones."""
        from torch.nn import functional

        labels = labels[:, -readout.shape[2] :]
        known = labels >= 0
        loss = functional.cross_entropy(
            readout * terms.logit_scale,
            labels.where(known, UNLABELLED),
            terms.class_weights,
            reduction="sum",
            label_smoothing=terms.label_smoothing,
            ignore_index=UNLABELLED,
        )
        right = (readout.detach().argmax(dim=1) == labels) & known
        return Sums(loss, known.sum().to(loss.dtype), right.sum().double(), known.sum().double())

    def answers(self, readout: Array, steps: npt.NDArray[np.int64]) -> Array:
        """The class of every step, ``int64 (sample, time)``, -1 after the end of a shorter sample."""
        places, there = self._places(steps, readout.shape[1])
        found = np.take_along_axis(readout.argmax(axis=2), np.clip(places, 0, readout.shape[1] - 1), axis=1)
        return np.where(there, found, UNLABELLED)

    def scores(self, labels: Array, predictions: Array, names: Sequence[str]) -> StepScores:
        """Accuracy over labelled steps, and scores by class."""
        return StepScores.of(labels, predictions, names)

    def to_json(self, labels: Array) -> list[Any]:
        """A list of classes for each sample, None for a step without."""
        return [[None if k == UNLABELLED else k for k in row] for row in labels.tolist()]

    def tell(self, answer: Any) -> str:
        """The first few classes in their order, with how many steps each lasts."""
        steps = answer[answer != UNLABELLED]
        starts = np.flatnonzero(np.diff(steps, prepend=UNLABELLED))
        lengths = np.diff(starts, append=len(steps))
        told = [f"{steps[k]} ({n} steps)" for k, n in zip(starts[:_TOLD], lengths, strict=False)]
        return f"class {', '.join(told)}{', ...' if len(starts) > _TOLD else ''}"

    def stacked(self, parts: Sequence[Array]) -> Array:
        """Answers of several batches, as wide as the longest sample."""
        width = max(part.shape[1] for part in parts)
        padded = [np.pad(p, ((0, 0), (0, width - p.shape[1])), constant_values=UNLABELLED) for p in parts]
        return np.concatenate(padded)
