"""NumPy's archives of arrays, as they may come from a stranger."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt
from numpy.lib import format as npy

from lava_ahp.errors import DataError

#: Values in an array.
MAX_VALUES = 2**28
#: Bytes that one value may take: a number has 8 at most, a text 4 for each character.
MAX_ITEM = 1024
#: What deflate can pack into one byte.
_DEFLATE = 1032


def read_npz(path: Path, needed: Sequence[str], optional: Sequence[str] = ()) -> dict[str, npt.NDArray[Any]]:
    """Arrays of numbers or text by name; nothing is unpickled, and sizes are checked before memory is taken.

    Args:
        path: the file, as ``numpy.savez`` or ``savez_compressed`` writes it.
        needed: arrays that it must hold.
        optional: arrays that it may hold besides, and no others.

    Raises:
        DataError: no such file, one that is damaged or too large, or other arrays.
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
        raise DataError(f"{path}: no .npz file, or damaged ({reason}); write it with numpy.savez") from None


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
    """Whether an array is one that may be read, by what it declares and by what its file can hold."""
    with archive.open(member) as file:
        version = npy.read_magic(file)
        if version != (1, 0):
            # A header of version 2 may be gigabytes long; NumPy writes it for tables of very many columns alone.
            raise DataError(f"{where}: found an array of format {version[0]}.{version[1]}, allowed 1.0")
        shape, _, dtype = npy.read_array_header_1_0(file)
        header = file.tell()
    if dtype.hasobject:
        raise DataError(f"{where}: holds Python objects, allowed numbers or text; convert it with .astype")
    if dtype.kind not in "biufU" or dtype.itemsize > MAX_ITEM:
        raise DataError(f"{where}: found {dtype!s:.40}, allowed numbers, or text of {MAX_ITEM // 4} characters")
    values = math.prod(shape)
    if min(shape, default=1) < 0 or values > MAX_VALUES:
        raise DataError(f"{where}: found shape {shape}, allowed {MAX_VALUES} values in all")
    held = member.file_size if member.compress_type == zipfile.ZIP_STORED else _DEFLATE * member.compress_size
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{where}: packed in another way than numpy.savez and savez_compressed do")
    if header + values * dtype.itemsize != member.file_size or member.file_size > held:
        raise DataError(f"{where}: declares {values * dtype.itemsize} bytes that it does not hold; write it again")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> npt.NDArray[Any]:
    with archive.open(member) as file:
        array: npt.NDArray[Any] = npy.read_array(file, allow_pickle=False)
    return array.astype(array.dtype.newbyteorder("="), copy=False)
