"""What every reader of labelled series gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

#: Bytes of a file of series.
MAX_BYTES = 2**33


@dataclass(frozen=True, eq=False)
class Arrays:
    """Labelled series as a file holds them; :func:`lava_ahp.tasks.series.check` has not seen them yet.

    Attributes:
        x: numbers ``(sample, time, channel)``; NaN is a missing value, or follows the end of a shorter sample.
        y: labels, ``(sample,)``, or ``(sample, time)`` or ``(sample, value)``.
        split: ``train``, ``validation`` or ``test`` for each sample, ``(sample,)``; None if the file has no parts.
        thresholds: ``(channel, threshold)``, or None.
        lengths: steps of each sample, integers ``(sample,)``; None if NaN in every channel follows the end.
        class_names: classes in their order; None for the sorted values of ``y``.
        source: where the arrays are from, for messages.
        official: whether ``split`` is a publisher's division into training and test samples, of which validation
            samples are taken as a matter of course.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    split: npt.NDArray[Any] | None = None
    thresholds: npt.NDArray[Any] | None = None
    lengths: npt.NDArray[Any] | None = None
    class_names: tuple[str, ...] | None = None
    source: str = ""
    official: bool = False
