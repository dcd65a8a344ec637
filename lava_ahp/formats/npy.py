"""NumPy's ``.npy`` arrays, read safely from an untrusted source: sizes are checked before memory is allocated."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from lava_ahp.errors import DataError, brief
from lava_ahp.files.parsing import open_file, parsing

#: Values in an array.
MAX_VALUES = 2**28
#: Bytes of one value: at most 8 for a number, 4 per character for text, 1 for bytes.
MAX_ITEM = 1024

# NumPy leaves these without types.
_read_magic: Callable[[IO[bytes]], tuple[int, int]] = npy.read_magic
_read_header: Callable[[IO[bytes]], tuple[tuple[int, ...], bool, np.dtype[Any]]] = npy.read_array_header_1_0
_read_array: Callable[[IO[bytes]], npt.NDArray[Any]] = partial(npy.read_array, allow_pickle=False)


class Header(NamedTuple):
    """The header of an array.

    Attributes:
        shape: shape of the array.
        dtype: numbers, or text of fixed length.
        size: bytes of the header and the values together.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    size: int


def read_npy(path: Path, max_bytes: int) -> npt.NDArray[Any]:
    """The array in a file, in the byte order of this machine.  Nothing is unpickled.

    Args:
        path: the file, as ``numpy.save`` writes it.
        max_bytes: largest size of the file.

    Raises:
        DataError: a file that is missing, damaged or too large, or an array of another type.
    """
    with (
        open_file(path, max_bytes) as file,
        parsing(str(path), "not a NumPy array file, or damaged", "write it again with numpy.save"),
    ):
        header = read_header(file, str(path))
        found = file.seek(0, 2)
        if found != header.size:
            raise DataError(
                f"{path}: found {found} bytes, its header declares {header.size}; write it again with numpy.save"
            )
        file.seek(0)
        return read_array(file, str(path))


def read_header(file: IO[bytes], where: str) -> Header:
    """Read and check the header of an array.

    Args:
        file: an open file at the start of the array.
        where: its origin, for messages.

    Raises:
        DataError: another version of the format, objects, values that are no numbers or text, or too many values.
        Exception: any exception of NumPy where the header is damaged; call it within ``files.parsing.parsing``.
    """
    version = _read_magic(file)
    if version != (1, 0):
        # A header of version 2 may be gigabytes long; NumPy writes it only for types with very many fields.
        raise DataError(
            f"{where}: found array format {version[0]}.{version[1]}, allowed 1.0; write it with numpy.savez"
        )
    with warnings.catch_warnings():
        # Python's parser warns about some damaged headers before NumPy refuses them.
        warnings.simplefilter("ignore")
        shape, _, dtype = _read_header(file)
    if dtype.hasobject:
        raise DataError(
            f"{where}: holds Python objects, as arrays of different lengths become; allowed numbers or text, "
            "in one array with .astype, after padding to one length with NaN"
        )
    if dtype.kind not in "biufUS" or dtype.itemsize > MAX_ITEM:
        raise DataError(f"{where}: found {dtype!s:.40}, allowed numbers, or text of {MAX_ITEM // 4} characters")
    if min(shape, default=1) < 0 or max(shape, default=1) > MAX_VALUES or math.prod(shape) > MAX_VALUES:
        raise DataError(f"{where}: found shape {brief(shape)}, allowed {MAX_VALUES} values in total")
    return Header(shape, dtype, file.tell() + math.prod(shape) * dtype.itemsize)


def read_array(file: IO[bytes], where: str) -> npt.NDArray[Any]:
    """Read an array whose header has been checked.

    Raises:
        DataError: text with values that are no characters.
        Exception: any exception of NumPy; call it within :func:`lava_ahp.files.parsing.parsing`.
    """
    array = _read_array(file)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind == "U" and array.size and array.dtype.itemsize:
        codes = np.ascontiguousarray(array).view(np.uint32)
        wrong = (codes > sys.maxunicode) | ((codes >= 0xD800) & (codes <= 0xDFFF))
        if wrong.any():
            raise DataError(f"{where}: found {codes[wrong][0]:#x} in a text, allowed Unicode; write it again")
    return array
