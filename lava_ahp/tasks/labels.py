"""Labels of series as users give them: a class of each sample, a class of each step, or values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders.lengths import running
from lava_ahp.errors import DataError, shorten
from lava_ahp.targets import UNLABELLED
from lava_ahp.targets.value import MAX_VALUES

MAX_CLASSES, MAX_NAME = 1000, 256
#: Kinds of target, as in settings; ``auto`` is ``steps`` for labels of every step, else ``class``.
TARGETS = ("auto", "class", "steps", "value")


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of series.

    Attributes:
        target: ``class``, ``steps`` or ``value``.
        values: positions in the names ``int64 (sample,)`` or ``int64 (sample, time)``, with -1 for a step without
            label, or values ``float64 (sample, value)``.
        names: one for each readout.
    """

    target: str
    values: npt.NDArray[Any]
    names: tuple[str, ...]

    @property
    def strata(self) -> npt.NDArray[np.int64]:
        """What random splits have in the same proportions, ``int64 (sample,)``: the classes of samples."""
        none = np.zeros(len(self.values), dtype=np.int64)
        strata: npt.NDArray[np.int64] = self.values if self.target == "class" else none
        return strata

    def renumbered(self, names: tuple[str, ...], where: str) -> npt.NDArray[Any]:
        """The same values as positions in the classes of a network.

        Raises:
            DataError: a class that the network does not have, or another number of values.
        """
        if self.target == "value":
            if self.values.shape[1] != len(names):
                raise DataError(f"{where}: found {self.values.shape[1]} values, the network has {len(names)}")
            return self.values
        known = {name: k for k, name in enumerate(names)}
        for name in self.names:
            if name not in known:
                raise DataError(f"{where}: found the class {name!r}, the network has {', '.join(names):.80}")
        # The last one is for steps without label.
        numbers = np.array([*(known[name] for name in self.names), UNLABELLED], dtype=np.int64)
        found: npt.NDArray[Any] = numbers[self.values]
        return found


def labels(
    y: npt.NDArray[Any],
    steps: npt.NDArray[np.int64],
    length: int,
    *,
    target: str,
    class_names: Sequence[str] | None,
    unlabelled: int | str,
    where: str,
) -> Labels:
    """Labels from an array.

    Args:
        y: whole numbers, bools, text or bytes ``(sample,)`` or ``(sample, 1)``; for ``steps`` such ``(sample, time)``;
            for ``value`` numbers ``(sample,)`` or ``(sample, value)``.
        steps: steps of every sample, ``int64 (sample,)``.
        length: steps that a sample has in the arrays.
        target: one of :data:`TARGETS`.
        class_names: names of the classes in their order; None for the sorted values.
        unlabelled: what stands for no label in a step; so does NaN.
        where: origin of the array, for messages.

    Raises:
        DataError: an array of another type or shape, or values that are not allowed.
    """
    if target not in TARGETS:
        raise DataError(f"target: found {shorten(target)}, allowed {', '.join(TARGETS)}")
    if target == "auto":
        target = "steps" if y.ndim == 2 and y.shape[1] == length > 1 else "class"
    if target == "value":
        return _values(y, len(steps), where)
    return (
        _of_steps(y, steps, length, class_names, unlabelled, where)
        if target == "steps"
        else _of_samples(y, len(steps), length, class_names, where)
    )


def _of_samples(
    y: npt.NDArray[Any], samples: int, length: int, class_names: Sequence[str] | None, where: str
) -> Labels:
    y = _plain(y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y)
    if y.shape != (samples,) or y.dtype.kind not in "biuU":
        more = f", or {(samples, length)} for a class at every step" if y.ndim == 2 else ""
        more += "; for values, --set task.target=value" if y.dtype.kind == "f" else ""
        raise DataError(
            f"{where}: found {y.dtype} {y.shape}, allowed integers, bools or text of shape {(samples,)}{more}"
        )
    numbers, names = _classes(y) if class_names is None else _named_classes(y, tuple(class_names), where)
    return Labels("class", numbers, _checked(names, where))


def _of_steps(
    y: npt.NDArray[Any],
    steps: npt.NDArray[np.int64],
    length: int,
    class_names: Sequence[str] | None,
    unlabelled: int | str,
    where: str,
) -> Labels:
    if y.shape != (len(steps), length):
        raise DataError(f"{where}: found {y.dtype} {y.shape}, allowed {(len(steps), length)} for a class at every step")
    known = running(steps, length)
    if y.dtype.kind == "f":
        known &= ~np.isnan(y)
    given = _plain(y[known])
    if given.dtype.kind not in "biuU":
        raise DataError(f"{where}: found {y.dtype} {y.shape}, allowed integers, bools or text for classes of steps")
    there = given.astype(np.str_) != str(unlabelled)
    if given.dtype.kind == "U":
        there &= given != ""
    given = _whole(given[there])
    if not given.size:
        raise DataError(f"{where}: found no step with a label, allowed one or more; {unlabelled} stands for none")
    numbers, names = _classes(given) if class_names is None else _named_classes(given, tuple(class_names), where)
    found = np.full(y.shape, UNLABELLED, dtype=np.int64)
    known[known] = there
    found[known] = numbers
    return Labels("steps", found[:, : int(steps.max())], _checked(names, where))


def _values(y: npt.NDArray[Any], samples: int, where: str) -> Labels:
    if y.dtype.kind in "SU":
        try:
            y = y.astype(np.float64)
        except ValueError as error:
            raise DataError(f"{where}: found a value that is no number ({shorten(str(error))})") from None
    y = y[:, None] if y.ndim == 1 else y
    if y.ndim != 2 or len(y) != samples or not 1 <= y.shape[1] <= MAX_VALUES or y.dtype.kind not in "biuf":
        raise DataError(
            f"{where}: found {y.dtype} {y.shape}, allowed numbers ({samples},) or ({samples}, value), up to "
            f"{MAX_VALUES} values"
        )
    found = y.astype(np.float64)
    bad = np.argwhere(~(np.abs(found) <= 1e100))
    if bad.size:
        raise DataError(
            f"{where}: found {found[tuple(bad[0])]} (sample {bad[0, 0]}), allowed finite numbers; leave the sample out"
        )
    count = found.shape[1]
    return Labels("value", found, ("value",) if count == 1 else tuple(f"value {k}" for k in range(count)))


def _plain(y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Labels as other tools keep them: whole numbers as floating-point ones, and bytes."""
    if y.dtype.kind == "f" and y.size and np.all(np.abs(y) < 2**53) and np.all(y == np.rint(y)):
        return y.astype(np.int64)
    if y.dtype.kind == "S":
        # Latin-1 has a character for every byte; those that cannot be printed are refused later.
        return np.char.decode(y, "latin-1")
    return y


def _whole(y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Text as whole numbers where all of it is, so that 10 comes after 9."""
    if y.dtype.kind != "U":
        return y
    try:
        numbers = {name: int(name) for name in np.unique(y).tolist()}
    except ValueError:
        return y
    if any(str(number) != name or abs(number) >= 2**63 for name, number in numbers.items()):
        return y
    return np.array([numbers[name] for name in y.tolist()], dtype=np.int64)


def _checked(names: tuple[str, ...], where: str) -> tuple[str, ...]:
    if len(names) > MAX_CLASSES or not all(name.isprintable() and len(name) <= MAX_NAME for name in names):
        raise DataError(
            f"{where}: found {len(names)} classes, allowed {MAX_CLASSES}, with printable names of {MAX_NAME} characters"
        )
    return names


def _classes(y: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    values, numbers = np.unique(y, return_inverse=True)
    return numbers.astype(np.int64), tuple(str(value) for value in values.tolist())


def _named_classes(
    y: npt.NDArray[Any], names: tuple[str, ...], where: str
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    if not names or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise DataError(f"class_names: found {names!r:.80}, allowed one text for each class, none of them twice")
    if y.dtype.kind != "U":
        if int(y.min()) < 0 or int(y.max()) >= len(names):
            found = f"{where}: found {int(y.min())}..{int(y.max())}"
            raise DataError(f"{found}, allowed 0..{len(names) - 1} for {len(names)} class_names")
        return y.astype(np.int64), names
    position = {name: k for k, name in enumerate(names)}
    for name in np.unique(y).tolist():
        if name not in position:
            raise DataError(f"{where}: found the class {name!r}, allowed the class_names, {', '.join(names):.80}")
    return np.array([position[name] for name in y.tolist()], dtype=np.int64), names
