"""Which samples to run."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError, brief
from lava_ahp.files.parsing import parsing, read_text
from lava_ahp.formats.npy import read_npy

#: Positions in a split, or the file that lists them.
Indices = npt.ArrayLike | str | os.PathLike[str]

_MAX_BYTES, _MAX_TEXT_BYTES = 2**26, 2**24
_MAX_INT64 = 2**63 - 1


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
    if path.suffix == ".npy":
        index = read_npy(path, _MAX_BYTES)
    else:
        words = read_text(path, _MAX_TEXT_BYTES).replace(",", " ").split()
        with parsing(str(path), "no list of sample numbers", "write one integer a line"):
            index = np.array([int(word) for word in words], dtype=np.int64)
    if index.ndim != 1 or index.size == 0 or index.dtype.kind not in "iu":
        raise DataError(f"{path}: found {index.dtype} of shape {brief(index.shape)}, allowed one row of integers")
    if index.max() > _MAX_INT64:
        raise DataError(f"{path}: found {index.max()}, allowed up to {_MAX_INT64}")
    return index.astype(np.int64)
