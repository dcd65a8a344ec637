"""One class for every sample: the readout with the largest voltage, summed over the last steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError
from lava_ahp.targets.base import Array, Scores, Sums, Target, Terms
from lava_ahp.targets.class_counts import ClassCounts

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class ClassScores(Scores):
    """Scores of one class for every sample.

    Attributes:
        labels: true classes, ``int64 (sample,)``.
        predictions: classes found, ``int64 (sample,)``.
        names: one for each class.
    """

    labels: npt.NDArray[np.int64]
    predictions: npt.NDArray[np.int64]
    names: Sequence[str]

    label = "accuracy"
    _unit = ""

    @property
    def counts(self) -> ClassCounts:
        """Numbers of answers by class."""
        return ClassCounts.of(self.labels, self.predictions, self.names)

    @property
    def correct(self) -> int:
        """Number of right answers."""
        return int((self.predictions == self.labels).sum())

    @property
    def answers(self) -> int:
        """Number of answers."""
        return len(self.labels)

    @property
    def accuracy(self) -> float:
        """Share of right answers, ``0..1``."""
        return self.correct / self.answers

    @property
    def main(self) -> str:
        """Accuracy in percent."""
        return f"{100 * self.accuracy:.1f} %"

    def held_out(self) -> str:
        """Accuracy and number of samples."""
        return f"{100 * self.accuracy:.2f} % of {self.answers}"

    def summary(self) -> str:
        """Number and share of right answers."""
        return f"{self.correct} of {self.answers} right, {100 * self.accuracy:.2f} %"

    def short(self) -> str:
        """Number of right answers."""
        return f"{self.correct} of {self.answers} right"

    def cards(self) -> list[tuple[str, str, str]]:
        """Accuracy and balanced accuracy."""
        counts = self.counts
        return [
            ("test accuracy", self.main, f"{self.correct} of {self.answers}{self._unit}, 8-bit weights"),
            (
                "balanced accuracy",
                f"{100 * counts.balanced_accuracy:.1f} %",
                f"mean recall of the classes; mean F1 {100 * counts.mean_f1:.1f} %",
            ),
        ]

    def to_json(self) -> dict[str, Any]:
        """The accuracy."""
        return {"accuracy": self.accuracy}

    def metrics(self) -> dict[str, Any]:
        """Accuracy, balanced accuracy, mean F1, and the scores of every class."""
        counts = self.counts
        return {
            "accuracy": self.accuracy,
            "samples": self.answers,
            "balanced_accuracy": counts.balanced_accuracy,
            "mean_f1": counts.mean_f1,
            "by_class": counts.rows(),
        }

    def examples(self) -> list[tuple[int, str]]:
        """The first right and the first wrong answer, those that occur."""
        right = self.predictions == self.labels
        found = []
        for outcome, mask in (("right", right), ("wrong", ~right)):
            if mask.any():
                k = int(np.argmax(mask))
                label, answer = (self.names[int(x[k])] for x in (self.labels, self.predictions))
                found.append((k, f"A {outcome} answer: test sample {{}}, class {label}, classified as {answer}"))
        return found


@dataclass(frozen=True)
class ClassOfSample(Target):
    """One class for every sample, ``0..classes - 1``."""

    kind = "class"
    answer_name = "classes"
    score = "accuracy"

    def describe(self) -> dict[str, Any]:
        """Nothing: files of older versions know no other target."""
        return {}

    def for_training(self, labels: Array, steps: npt.NDArray[np.int64], readout_steps: int) -> Array:
        """The labels, ``int64 (sample,)``."""
        return labels

    def check(self, labels: Array, readouts: int) -> None:
        """Check that every class has a readout."""
        check_classes(labels, readouts)

    def sums(self, readout: Tensor, labels: Tensor, terms: Terms) -> Sums:
        """Cross-entropy of the mean readout, and the number of right answers."""
        from torch.nn import functional

        logits = readout.mean(dim=-1) * terms.logit_scale
        loss = functional.cross_entropy(
            logits, labels, terms.class_weights, reduction="sum", label_smoothing=terms.label_smoothing
        )
        # In float64 the sum of integer voltages is exact, so that ties go to the lower class here as everywhere else.
        right = readout.detach().double().sum(dim=-1).argmax(dim=1) == labels
        counted = (labels >= 0).sum()
        return Sums(loss, counted.to(loss.dtype), right.sum().double(), counted.double())

    def answers(self, readout: Array, steps: npt.NDArray[np.int64]) -> Array:
        """The class with the largest sum, ``int64 (sample,)``; of equal sums, the lowest class."""
        exact = np.int64 if readout.dtype.kind == "i" else np.float64
        found: Array = readout.astype(exact).sum(axis=1).argmax(axis=1)
        return found

    def scores(self, labels: Array, predictions: Array, names: Sequence[str]) -> ClassScores:
        """Accuracy, and scores by class."""
        return ClassScores(labels, predictions, names)

    def marks(self, labels: Array) -> npt.NDArray[np.int64]:
        """The classes."""
        return labels.astype(np.int64)

    def to_json(self, labels: Array) -> list[Any]:
        """The classes as numbers."""
        found: list[Any] = labels.tolist()
        return found

    def tell(self, answer: Any) -> str:
        """The class."""
        return f"class {answer}"


def check_classes(labels: Array, readouts: int) -> None:
    """Check that every class has a readout.

    Raises:
        DataError: a class without one.
    """
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= readouts:
        raise DataError(f"validation labels: found {low}..{high}, allowed 0..{readouts - 1}")
