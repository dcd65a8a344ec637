"""``.npz`` archives of NumPy arrays, read safely from an untrusted source."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from lava_ahp.errors import DataError

#: Values in an array.
MAX_VALUES = 2**28
#: Bytes of one value: at most 8 for a number, 4 per character for text.
MAX_ITEM = 1024
#: Largest ratio of deflate: bytes unpacked from one byte.
_DEFLATE = 1032

# NumPy leaves these without types.
_read_magic: Callable[[IO[bytes]], tuple[int, int]] = npy.read_magic
_read_header: Callable[[IO[bytes]], tuple[tuple[int, ...], bool, np.dtype[Any]]] = npy.read_array_header_1_0
_read_array: Callable[[IO[bytes]], npt.NDArray[Any]] = partial(npy.read_array, allow_pickle=False)


def read_npz(path: Path, needed: Sequence[str], optional: Sequence[str] = ()) -> dict[str, npt.NDArray[Any]]:
    """Arrays of numbers or text by name.  Nothing is unpickled, and sizes are checked before memory is allocated.

    Args:
        path: the file, as ``numpy.savez`` or ``savez_compressed`` writes it.
        needed: arrays that it must hold.
        optional: further arrays that it may hold; others are not allowed.

    Returns:
        The arrays that the file holds, in the byte order of this machine.

    Raises:
        DataError: a file that is missing, damaged or too large, or that holds other arrays.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path, needed, optional)
            for name, member in members.items():
                _check_header(archive, member, f"{path} {name}")
            return {name: _read(archive, member) for name, member in members.items()}
    except DataError:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise DataError(f"{path}: not an .npz file, or damaged ({reason}); write it with numpy.savez") from None


def _members(
    archive: zipfile.ZipFile, path: Path, needed: Sequence[str], optional: Sequence[str]
) -> dict[str, zipfile.ZipInfo]:
    found = [info.filename.removesuffix(".npy") for info in archive.infolist()]
    allowed = [*needed, *optional]
    for name in needed:
        if name not in found:
            raise DataError(f"{path}: holds no array {name}, allowed {', '.join(allowed)}")
    for name in found:
        if name not in allowed or found.count(name) > 1:
            raise DataError(f"{path}: holds {name!r:.80}, allowed {', '.join(allowed)}, once each; leave it out")
    return dict(zip(found, archive.infolist(), strict=True))


def _check_header(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> None:
    """Refuse an array whose header declares another type, too many values, or more bytes than its file can hold."""
    with archive.open(member) as file:
        version = _read_magic(file)
        if version != (1, 0):
            # A header of version 2 may be gigabytes long; NumPy writes it only for types with very many fields.
            raise DataError(
                f"{where}: found array format {version[0]}.{version[1]}, allowed 1.0; write it with numpy.savez"
            )
        shape, _, dtype = _read_header(file)
        header = file.tell()
    if dtype.hasobject:
        raise DataError(f"{where}: holds Python objects, allowed numbers or text; convert it with .astype")
    if dtype.kind not in "biufU" or dtype.itemsize > MAX_ITEM:
        raise DataError(f"{where}: found {dtype!s:.40}, allowed numbers, or text of {MAX_ITEM // 4} characters")
    values = math.prod(shape)
    if min(shape, default=1) < 0 or values > MAX_VALUES:
        raise DataError(f"{where}: found shape {shape}, allowed {MAX_VALUES} values in total")
    held = member.file_size if member.compress_type == zipfile.ZIP_STORED else _DEFLATE * member.compress_size
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(
            f"{where}: found compression method {member.compress_type}, allowed 0 and 8; write it with numpy.savez"
        )
    if header + values * dtype.itemsize != member.file_size or member.file_size > held:
        raise DataError(
            f"{where}: declares {values * dtype.itemsize} bytes, but the archive does not hold them; write it again"
        )


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> npt.NDArray[Any]:
    with archive.open(member) as file:
        array = _read_array(file)
    return array.astype(array.dtype.newbyteorder("="), copy=False)
