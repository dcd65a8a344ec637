"""Which samples to run."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError

#: Positions in a split, or the file that lists them.
Indices = npt.ArrayLike | str | os.PathLike[str]

_MAX_BYTES = 2**26


def positions(indices: Indices) -> npt.NDArray[np.int64]:
    """Positions as an array, read from their file if need be.

    Raises:
        DataError: a file that lists no integers.
    """
    if isinstance(indices, (str, os.PathLike)):
        return read_indices(Path(indices))
    return np.asarray(indices, dtype=np.int64)


def read_indices(path: Path) -> npt.NDArray[np.int64]:
    """Sample numbers from a ``.npy`` file, or from text with white space or commas between them.

    Raises:
        DataError: no integers, or a file that is too large.
    """
    if path.stat().st_size > _MAX_BYTES:
        raise DataError(f"{path}: {path.stat().st_size} bytes, allowed {_MAX_BYTES}")
    try:
        if path.suffix == ".npy":
            index = np.load(path, allow_pickle=False)
        else:
            index = np.array([int(word) for word in path.read_text(encoding="utf-8").replace(",", " ").split()])
    except (ValueError, EOFError) as error:
        raise DataError(f"{path}: no list of sample numbers ({error}); one integer a line") from None
    if not isinstance(index, np.ndarray) or index.ndim != 1 or index.size == 0 or index.dtype.kind not in "iu":
        raise DataError(
            f"{path}: found {getattr(index, 'dtype', '?')} of shape {np.shape(index)}, allowed one row of integers"
        )
    return index.astype(np.int64)
