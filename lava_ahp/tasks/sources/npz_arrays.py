"""Series in an ``.npz`` archive of NumPy arrays."""

from __future__ import annotations

from pathlib import Path

from lava_ahp.tasks.npz import read_npz
from lava_ahp.tasks.sources.arrays import Arrays


def read_series(path: Path) -> Arrays:
    """Series from arrays.

    Args:
        path: the file, with ``x`` and ``y``, and optionally ``split``, ``thresholds`` and ``lengths``.

    Raises:
        DataError: a file that is missing, damaged or too large, or that holds other arrays.
    """
    found = read_npz(path, ("x", "y"), ("split", "thresholds", "lengths"))
    return Arrays(
        found["x"],
        found["y"],
        split=found.get("split"),
        thresholds=found.get("thresholds"),
        lengths=found.get("lengths"),
        source=str(path),
    )
