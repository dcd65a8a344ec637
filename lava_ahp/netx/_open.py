"""Open a network file, or say what the file is instead."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h5py

from lava_ahp.errors import NetFormatError
from lava_ahp.files.parsing import check_file, open_file
from lava_ahp.netx import _layout as layout
from lava_ahp.netx._hdf5 import Budget, Section, reading

_HDF5 = b"\x89HDF\r\n\x1a\n"
#: What a file is by its first bytes, and what to do about it.
_KINDS = {
    b"version https://git-lfs": "found a Git LFS pointer in place of the file; fetch it with git lfs pull",
    b"PK\x03\x04": "found a ZIP archive (.keras, .npz, .pt), allowed a NetX file; export the network as NetX",
    b"\x1f\x8b": "found a gzip file, allowed a NetX file; unpack it with gunzip",
    b"{": "found JSON, allowed a NetX file; export the network as NetX",
    b"": "not an HDF5 file; export the network as NetX",
}
#: What h5py says when it cannot open an HDF5 file, and what it means.
_REASONS = {
    "unable to lock file": "locked: another program has it open; close that program",
    "consistency flags": (
        "marked as open for writing: a program is writing it, or ended before it closed it; "
        "if none is writing, clear the mark with h5clear -s"
    ),
    "truncated file": "cut off: it is shorter than its header says; copy or export it again",
}


@contextmanager
def opened(path: str | os.PathLike[str], name: str) -> Iterator[Section]:
    """The root of a network file.

    Args:
        path: the file.
        name: its name in messages.

    Raises:
        NetFormatError: the file cannot be opened; the text says whether it is missing, locked, left open by a writer,
            cut off, damaged or another kind of file.
    """
    size = check_file(path, layout.MAX_FILE_BYTES, NetFormatError)
    file = _open(path, name)
    try:
        _refuse_others(file, name)
        yield Section(name, file, Budget(min(layout.MAX_MEMORY_BYTES, layout.MAX_EXPANSION * size)))
    finally:
        with reading(name):
            file.close()


def _open(path: str | os.PathLike[str], name: str) -> h5py.File:
    try:
        with reading(name):
            return h5py.File(path, "r")
    except NetFormatError as error:
        if not _has_signature(path):
            raise NetFormatError(f"{name}: {_kind(path)}") from None
        for said, meaning in _REASONS.items():
            if said in str(error):
                raise NetFormatError(f"{name}: {meaning}") from None
        raise


def _has_signature(path: str | os.PathLike[str]) -> bool:
    """Whether the file has HDF5's signature, which stands at 0, 512, 1024, 2048, ..."""
    with open_file(path, layout.MAX_FILE_BYTES, NetFormatError) as file:
        at, size = 0, os.fstat(file.fileno()).st_size
        while at < size:
            file.seek(at)
            if file.read(len(_HDF5)) == _HDF5:
                return True
            at = 2 * at or 512
    return False


def _kind(path: str | os.PathLike[str]) -> str:
    with open_file(path, layout.MAX_FILE_BYTES, NetFormatError) as file:
        start = file.read(64)
    if not start:
        return "found an empty file; export the network again"
    return next(kind for first, kind in _KINDS.items() if start.startswith(first))


def _refuse_others(file: h5py.File, name: str) -> None:
    """Name the HDF5 files of other programs that a user may take for a network file."""

    def has(group: Any, *keys: str) -> bool:
        return all(key in group for key in keys)

    with reading(name):
        if has(file, layout.LAYER) or has(file, layout.GROUP):
            return
        if has(file, "node") and isinstance(file["node"], h5py.Group) and has(file["node"], "type"):
            raise NetFormatError(f"{name}: found a NIR graph, allowed a NetX file; export the network as NetX")
        if (
            "keras_version" in file.attrs
            or "layer_names" in file.attrs
            or has(file, "model_weights")
            or has(file, "layers", "vars")
            or has(file, "_layer_checkpoint_dependencies")
        ):
            raise NetFormatError(f"{name}: found a Keras model, allowed a NetX file; export the network as NetX")
