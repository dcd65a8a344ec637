"""The interface of targets to training, evaluation and reports, which do not depend on what a network is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

Array = npt.NDArray[Any]


class Terms(NamedTuple):
    """Settings of the loss of classes; values have none.

    Attributes:
        class_weights: factor of the loss by class, ``float32 (class,)``; None for 1.
        logit_scale: factor from readout voltages to logits.
        label_smoothing: share of the target distribution that is spread evenly over all classes.
    """

    class_weights: Tensor | None = None
    logit_scale: float = 1.0
    label_smoothing: float = 0.0


class Sums(NamedTuple):
    """Sums over the samples of a batch, each a scalar tensor.

    Attributes:
        loss: loss with gradients.
        weight: number of answers that the loss is a sum over: samples, or labelled steps.
        gain: what the answers gained of what they could, ``float64``: right answers, or explained variance.
        potential: what they could gain, ``float64``: answers, or variance.  The score is the share of it.
    """

    loss: Tensor
    weight: Tensor
    gain: Tensor
    potential: Tensor


class Scores(ABC):
    """How good answers are: every figure and sentence about it that is shown or written.

    Attributes:
        label: name of the main score in a text.
    """

    label: ClassVar[str]

    @property
    @abstractmethod
    def accuracy(self) -> float | None:
        """Share of right answers, ``0..1``; None for values."""

    @property
    @abstractmethod
    def main(self) -> str:
        """The main score as a text, for example ``96.7 %``."""

    def title(self) -> str:
        """The main score in a heading."""
        return self.main

    @abstractmethod
    def held_out(self) -> str:
        """The main score and the samples that it is of, without what is said of them after."""

    @abstractmethod
    def summary(self) -> str:
        """The scores in one line."""

    @abstractmethod
    def short(self) -> str:
        """As :meth:`summary`, in a few words."""

    @abstractmethod
    def cards(self) -> list[tuple[str, str, str]]:
        """``(label, value, remark)`` of the scores that a page shows at its top."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """The keys of ``run --json`` before ``predictions`` and ``labels``."""

    @abstractmethod
    def metrics(self) -> dict[str, Any]:
        """The keys of ``metrics.json``, without the name of the split before them."""

    @abstractmethod
    def examples(self) -> list[tuple[int, str]]:
        """Telling samples, a good one first: position, and in words what became of it."""


class Target(ABC):
    """What a network is asked for, and how its readout answers.

    Labels are those of a task: one row for each sample.

    Attributes:
        kind: name in a network file and in settings.
        answer_name: what the answers are, in the plural.
        score: name of the score that chooses the best epoch: ``accuracy``, or ``r2`` for the share of variance.
        every_step: whether the readout of every step is asked for, not only that of the last steps.
    """

    kind: ClassVar[str]
    answer_name: ClassVar[str]
    score: ClassVar[str]
    every_step: ClassVar[bool] = False

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """What a network file keeps, as JSON values; empty for the class of a sample, which files do not mention."""

    def of_signals(self) -> Target:
        """The same target for a model that reads signals step by step, without an encoder."""
        return self

    @abstractmethod
    def for_training(self, labels: Array, steps: npt.NDArray[np.int64], readout_steps: int) -> Array:
        """Labels as :meth:`sums` takes them.

        Args:
            labels: those of the task.
            steps: steps of every sample, ``int64 (sample,)``.
            readout_steps: steps at the end of every sample that are read out.
        """

    @abstractmethod
    def check(self, labels: Array, readouts: int) -> None:
        """Check labels for training.

        Raises:
            DataError: labels that a network with so many readouts cannot be asked for.
        """

    @abstractmethod
    def sums(self, readout: Tensor, labels: Tensor, terms: Terms) -> Sums:
        """Loss and score of a batch.

        Args:
            readout: of the last steps, in SLAYER's unit, ``float32 (sample, readout, readout_steps)``.
            labels: as :meth:`for_training` gives them.
            terms: settings of the loss.
        """

    @abstractmethod
    def answers(self, readout: Array, steps: npt.NDArray[np.int64]) -> Array:
        """Answers in the form of the task's labels.

        Args:
            readout: of the last steps, ``(sample, readout_steps, readout)``: integers as a chip has them, or floats in
                SLAYER's unit.
            steps: steps of every sample, ``int64 (sample,)``.
        """

    @abstractmethod
    def scores(self, labels: Array, predictions: Array, names: Sequence[str]) -> Scores:
        """How good answers are.

        Args:
            labels: those of the task.
            predictions: as :meth:`answers` gives them.
            names: one for each readout.
        """

    def marks(self, labels: Array) -> npt.NDArray[np.int64]:
        """What a record in a network file keeps of labels, ``int64 (sample,)``: 0 for a sample of the task."""
        return np.zeros(len(labels), dtype=np.int64)

    @abstractmethod
    def to_json(self, labels: Array) -> list[Any]:
        """Labels or predictions as JSON values; None where there is none."""

    @abstractmethod
    def tell(self, answer: Any) -> str:
        """The answer to one sample in a few words.

        Args:
            answer: a row of what :meth:`answers` gives.
        """

    def stacked(self, parts: Sequence[Array]) -> Array:
        """Answers of several batches together, ``(sample, ...)``."""
        return np.concatenate(parts)
