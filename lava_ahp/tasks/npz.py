"""``.npz`` archives of NumPy arrays, read safely from an untrusted source."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from lava_ahp.errors import DataError, shorten
from lava_ahp.files.parsing import open_file, parsing
from lava_ahp.formats import npy

#: Bytes of a file.
MAX_BYTES = 2**33
#: Largest ratio of deflate: bytes unpacked from one byte.
_DEFLATE = 1032


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
    with (
        open_file(path, MAX_BYTES) as file,
        parsing(str(path), "not an .npz file, or damaged", "write it with numpy.savez"),
        zipfile.ZipFile(file) as archive,
    ):
        members = _members(archive, path, needed, optional)
        for name, member in members.items():
            _check_header(archive, member, f"{path} {name}")
        return {name: _read(archive, member, f"{path} {name}") for name, member in members.items()}


def _members(
    archive: zipfile.ZipFile, path: Path, needed: Sequence[str], optional: Sequence[str]
) -> dict[str, zipfile.ZipInfo]:
    if len(archive.infolist()) > len(needed) + len(optional):
        raise DataError(
            f"{path}: holds {len(archive.infolist())} arrays, allowed {', '.join([*needed, *optional])}, once each; "
            "leave the others out"
        )
    found = [info.filename.removesuffix(".npy") for info in archive.infolist()]
    allowed = [*needed, *optional]
    for name in needed:
        if name not in found:
            raise DataError(f"{path}: holds no array {name}, allowed {', '.join(allowed)}")
    for name in found:
        if name not in allowed or found.count(name) > 1:
            raise DataError(f"{path}: holds {shorten(name)}, allowed {', '.join(allowed)}, once each; leave it out")
    return dict(zip(found, archive.infolist(), strict=True))


def _check_header(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> None:
    """Refuse an array whose header declares another type, too many values, or more bytes than its file can hold."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(
            f"{where}: found compression method {member.compress_type}, allowed 0 and 8; write it with numpy.savez"
        )
    with archive.open(member) as file:
        header = npy.read_header(file, where)
    held = member.compress_size * (1 if member.compress_type == zipfile.ZIP_STORED else _DEFLATE)
    if header.size != member.file_size or member.file_size > held:
        raise DataError(f"{where}: declares {header.size} bytes, but the archive does not hold them; write it again")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> npt.NDArray[Any]:
    with archive.open(member) as file:
        return npy.read_array(file, where)
