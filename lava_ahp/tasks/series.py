"""Labelled time series, checked and split: what a user's file and a user's arrays have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders.lengths import own_steps
from lava_ahp.errors import DataError
from lava_ahp.targets import UNLABELLED
from lava_ahp.tasks.base import SPLITS
from lava_ahp.tasks.labels import Labels, labels
from lava_ahp.tasks.lengths import REFUSE, completed

#: Every class is split in the same proportions; the seed is part of the task.
SPLIT_SEED, TEST_SHARE, VALIDATION_SHARE = 20220421, 0.2, 0.1

MAX_CHANNELS, MAX_STEPS, MAX_SAMPLE_VALUES = 1024, 2**16, 2**22
#: Largest magnitude of a value: float32 holds it, and differences do not overflow.
MAX_VALUE = 1e38


@dataclass(frozen=True, eq=False)
class Series:
    """Labelled series.

    Attributes:
        x: numbers ``(sample, time, channel)``; NaN in every channel after the end of a shorter sample.
        labels: what each sample is labelled with; classes are numbers in ascending order or text in alphabetical order,
            unless the caller gave an order.
        split: name of the split of every sample, or None.
        thresholds: ``(channel, threshold)``, or None.
        source: file that the arrays are from, for messages; empty for arrays in memory.
        official: whether ``split`` is a publisher's, who gives training and test samples only.
    """

    x: npt.NDArray[Any]
    labels: Labels
    split: npt.NDArray[np.str_] | None
    thresholds: npt.NDArray[Any] | None
    source: str
    official: bool = False

    def where(self, array: str) -> str:
        """One of its arrays, as messages name it."""
        return _where(self.source, array)

    def splits(self) -> dict[str, npt.NDArray[np.int64]]:
        """Positions of the samples of every split, ascending.

        Where ``split`` is None, about 70, 10 and 20 % of the samples of each class are drawn by a fixed seed; without
        classes of samples, of all samples.  Where it has training samples and none for validation, an eighth is moved
        to validation in the same way.
        """
        if self.split is not None:
            named = {split: np.flatnonzero(self.split == split) for split in SPLITS}
            return {**named, **self._with_validation(named["train"])} if self.lacks_validation else named
        # NumPy keeps the stream of RandomState for ever: the test samples of a trained network must never change.
        random = np.random.RandomState(SPLIT_SEED)
        parts: dict[str, list[npt.NDArray[np.int64]]] = {split: [] for split in SPLITS}
        strata = self.labels.strata
        for stratum in range(int(strata.max()) + 1):
            members = random.permutation(np.flatnonzero(strata == stratum))
            test, validation = (max(1, round(share * len(members))) for share in (TEST_SHARE, VALIDATION_SHARE))
            parts["test"].append(members[:test])
            parts["validation"].append(members[test : test + validation])
            parts["train"].append(members[test + validation :])
        return {split: np.sort(np.concatenate(found)) for split, found in parts.items()}

    @property
    def lacks_validation(self) -> bool:
        """Whether ``split`` names training samples, but none for validation."""
        return self.split is not None and "train" in self.split and "validation" not in self.split

    def _with_validation(self, train: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.int64]]:
        random = np.random.RandomState(SPLIT_SEED)
        moved, strata = [], self.labels.strata
        for stratum in range(int(strata.max()) + 1):
            members = random.permutation(train[strata[train] == stratum])
            # A single sample stays in training, which needs every class.
            moved.append(members[: min(len(members) - 1, max(1, round(len(members) / 8)))] if len(members) else members)
        validation = np.sort(np.concatenate(moved))
        return {"train": np.setdiff1d(train, validation), "validation": validation}


def check(
    x: npt.NDArray[Any],
    y: npt.NDArray[Any],
    *,
    split: npt.NDArray[Any] | None = None,
    thresholds: npt.NDArray[Any] | None = None,
    class_names: Sequence[str] | None = None,
    lengths: npt.NDArray[Any] | None = None,
    missing: str = REFUSE,
    source: str = "",
    official: bool = False,
    target: str = "auto",
    unlabelled: int | str = UNLABELLED,
) -> Series:
    """Arrays as :class:`Series`.

    Args:
        x: numbers ``(sample, time, channel)``; NaN is a missing value, or follows the end of a sample.
        y: labels, see :func:`lava_ahp.tasks.labels.labels`.
        split: ``train``, ``validation`` or ``test`` ``(sample,)``, or None.
        thresholds: ``(channel, threshold)``, or None.
        class_names: names of the classes in their order, or None for the sorted values of ``y``.  ``y`` then holds
            positions in it, or names that are in it.
        lengths: steps of every sample ``(sample,)``; None if NaN in every channel follows the end.
        missing: what is done with missing values, see :func:`lava_ahp.tasks.lengths.completed`.
        source: file that the arrays are from; empty for arrays in memory.
        official: whether ``split`` is a publisher's.
        target: one of :data:`lava_ahp.tasks.labels.TARGETS`.
        unlabelled: what stands for no label in a step.

    Raises:
        DataError: an array of another type or shape, or with values outside the allowed range.
    """
    _check_shape(x, _where(source, "x"))
    length = x.shape[1]
    x = completed(x, lengths, missing, _where(source, "x"))
    _check_values(x, _where(source, "x"))
    found = labels(
        y,
        own_steps(x),
        length,
        target=target,
        class_names=class_names,
        unlabelled=unlabelled,
        where=_where(source, "y"),
    )
    if split is not None and (split.shape != x.shape[:1] or not set(np.unique(split).tolist()) <= set(SPLITS)):
        raise DataError(
            f"{_where(source, 'split')}: allowed {', '.join(SPLITS)} for each of {len(x)} samples; or leave it out"
        )
    if thresholds is not None and (thresholds.ndim != 2 or len(thresholds) != x.shape[2]):
        shape = f"{_where(source, 'thresholds')}: found {thresholds.shape}"
        raise DataError(f"{shape}, allowed ({x.shape[2]}, thresholds)")
    return Series(x, found, split, thresholds, source, official)


def _where(source: str, array: str) -> str:
    return f"{source} {array}".strip()


def _check_shape(x: npt.NDArray[Any], where: str) -> None:
    if x.ndim != 3 or 0 in x.shape or x.dtype.kind not in "biuf":
        fix = "; pad samples to one length with NaN" if x.dtype.kind == "O" else ""
        raise DataError(
            f"{where}: found {x.dtype} {x.shape}, allowed numbers (sample, time, channel), no axis of size 0{fix}"
        )
    _, steps, channels = x.shape
    if steps > MAX_STEPS or channels > MAX_CHANNELS or steps * channels > MAX_SAMPLE_VALUES:
        raise DataError(
            f"{where}: found {steps} steps of {channels} channels, allowed {MAX_STEPS} steps, {MAX_CHANNELS} channels, "
            f"{MAX_SAMPLE_VALUES} values in a sample"
        )


def _check_values(x: npt.NDArray[Any], where: str) -> None:
    """Check that values are in range; NaN is after the end of a sample."""
    # Check the extremes first: it needs no second array of the size of x.
    lowest, highest = (float(f.reduce(x, axis=None)) for f in (np.fmin, np.fmax))
    if not (abs(lowest) <= MAX_VALUE and abs(highest) <= MAX_VALUE):
        for k, sample in enumerate(x):
            bad = np.abs(sample.astype(np.float64)) > MAX_VALUE
            if bad.any():
                step, channel = np.argwhere(bad)[0]
                raise DataError(
                    f"{where}: found {sample[step, channel]} (sample {k}, step {step}, channel {channel}), "
                    f"allowed finite numbers up to {MAX_VALUE:g}"
                )
