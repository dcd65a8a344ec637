"""IDX, the file format of MNIST, plain or gzipped."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError
from lava_ahp.files.parsing import open_file, parsing

_UNSIGNED_BYTE = 0x08
_MAX_BYTES = 2**30


def read_idx(directory: Path, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Read ``name`` or ``name.gz``.

    Args:
        directory: folder of the file.
        name: its name without ``.gz``.
        shape: required shape; -1 allows any number of samples.

    Returns:
        ``uint8`` of that shape, with at least one sample.

    Raises:
        DataError: a file that is missing or damaged, or an array of another type or shape.
    """
    path = next((p for p in (directory / name, directory / f"{name}.gz") if p.is_file()), None)
    if path is None:
        raise DataError(f"{directory}: found neither {name} nor {name}.gz; put MNIST's four IDX files there")
    with open_file(path, _MAX_BYTES) as file, parsing(str(path), "cannot be read", "download it again"):
        content = (gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file).read(_MAX_BYTES + 1)
    header = 4 + 4 * len(shape)
    if len(content) > _MAX_BYTES or len(content) < header or content[:4] != bytes([0, 0, _UNSIGNED_BYTE, len(shape)]):
        raise DataError(f"{path}: not an IDX file of unsigned bytes in {len(shape)} dimensions; download it again")
    found = tuple(int(n) for n in np.frombuffer(content[4:header], dtype=">u4"))
    if len(content) - header != math.prod(found):
        raise DataError(f"{path}: found {len(content) - header} bytes for shape {found}; download it again")
    if any(want not in (-1, have) for want, have in zip(shape, found, strict=True)) or found[0] == 0:
        raise DataError(f"{path}: found shape {found}, allowed {shape}")
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(found)
