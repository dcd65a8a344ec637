"""Recall, precision and F1 of every class, for classes that differ in size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """Numbers of samples (or of labelled steps) by class, and the scores that follow from them.

    Attributes:
        names: one for each class.
        samples: samples of each class, ``int64 (class,)``.
        found: samples that the network takes for each class, ``int64 (class,)``.
        right: samples of each class that it takes for that class, ``int64 (class,)``.
    """

    names: Sequence[str]
    samples: npt.NDArray[np.int64]
    found: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]

    @classmethod
    def of(cls, labels: npt.NDArray[np.int64], predictions: npt.NDArray[np.int64], names: Sequence[str]) -> ClassCounts:
        """Count.

        Args:
            labels: true classes, ``int64 (sample,)``.
            predictions: classes found, ``int64 (sample,)``.
            names: one for each class.
        """
        counts = (np.bincount(x, minlength=len(names)) for x in (labels, predictions, labels[labels == predictions]))
        return cls(names, *counts)

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that occur, ``0..1``."""
        occurs = self.samples > 0
        return float((self.right[occurs] / self.samples[occurs]).mean())

    @property
    def mean_f1(self) -> float:
        """Mean F1 of the classes that occur or were found, ``0..1``."""
        return float(np.mean([row["f1"] for row in self.rows()]))

    def rows(self) -> list[dict[str, Any]]:
        """Scores of each class that occurs or was found, ``0..1``.

        The recall of a class without samples is None, as is the precision of a class that was never found.
        """
        return [
            {
                "class": name,
                "samples": samples,
                "recall": right / samples if samples else None,
                "precision": right / found if found else None,
                "f1": 2 * right / (samples + found),
            }
            for name, samples, found, right in zip(
                self.names, self.samples.tolist(), self.found.tolist(), self.right.tolist(), strict=True
            )
            if samples or found
        ]
