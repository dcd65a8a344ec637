"""Atomic writing of files, outputs that must not replace inputs, and JSON files to which several steps add values."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lava_ahp.errors import DataError
from lava_ahp.files.locking import try_lock
from lava_ahp.files.parsing import MAX_JSON, parse_json, read_text

#: Errors of a disk that is full, or of a limit on the size of files.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

#: Temporary files older than this process were left by a crash, unless they are locked.
_STARTED = time.time()

#: Suffixes of results.  No task reads files with them from its data folder.
_RESULTS = {".json", ".html", ".net"}


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically.

    An existing file keeps its mode and, where the system allows it, its owner.  A symbolic link is kept: the file that
    it points to is replaced.  Devices, FIFOs and open descriptors such as ``/dev/stdout`` are written to.

    Args:
        path: the file; missing folders are made.
        content: the whole content.

    Raises:
        OSError: the file cannot be written; an existing one is unchanged and no temporary file is left.
    """
    try:
        stream = _stream(path)
        existing = _status(path)
        if stream is not None:
            write_all(stream, content)
        elif existing is None or stat.S_ISREG(existing.st_mode):
            _replace(Path(os.path.realpath(path)), content, existing)
        else:
            with path.open("wb", buffering=0) as file:
                write_all(file.fileno(), content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8 as :func:`write_bytes` does."""
    write_bytes(path, text.encode("utf-8"))


def append_bytes(path: Path, content: bytes) -> None:
    """Append to a file, which is made if it is missing.

    Raises:
        OSError: the content cannot be written; the file keeps its former content.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            try:
                write_all(file.fileno(), content)
                os.fsync(file.fileno())
            except OSError:
                file.truncate(end)
                raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None


def _stream(path: Path) -> int | None:
    """The open descriptor that a path names, such as 1 for ``/dev/stdout``.

    Opening the path instead would start at the beginning of the file that a shell has redirected it to.
    """
    folder, name = os.path.split(os.path.abspath(path))
    if folder == "/dev" and name in ("stdout", "stderr"):
        return 1 if name == "stdout" else 2
    return int(name) if folder in ("/dev/fd", "/proc/self/fd") and name.isdecimal() else None


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def write_all(descriptor: int, content: bytes) -> None:
    """Write to an open descriptor, in as many parts as the system wants."""
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _replace(path: Path, content: bytes, existing: os.stat_result | None) -> None:
    """Write a temporary file next to the path, and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        # As long as it is locked, no other process takes it for the leftover of a crash.
        try_lock(descriptor)
        write_all(descriptor, content)
        _set_owner_and_mode(descriptor, existing)
        os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _set_owner_and_mode(descriptor: int, existing: os.stat_result | None) -> None:
    if existing is None:
        umask = os.umask(0)
        os.umask(umask)
        os.fchmod(descriptor, 0o666 & ~umask)
        return
    with suppress(PermissionError):
        os.fchown(descriptor, existing.st_uid, existing.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(existing.st_mode))


def _clear_leftovers(path: Path) -> None:
    """Remove the temporary files of this name that a crash left behind."""
    leftover = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}\.part")
    # A folder that cannot be listed, or a file that cannot be opened, is no reason not to write.
    with suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if leftover.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_mtime < _STARTED:
                descriptor = os.open(entry.path, os.O_RDWR | os.O_NOFOLLOW)
                try:
                    if try_lock(descriptor):
                        os.unlink(entry.path)
                finally:
                    os.close(descriptor)


def check_outputs(
    outputs: Mapping[str, str | os.PathLike[str] | None], inputs: Iterable[str | os.PathLike[str] | None] = ()
) -> None:
    """Check that no output of a command replaces one of its inputs, or another output.

    Paths are compared as files, so links are found.  Devices and FIFOs may be given more than once.

    Args:
        outputs: paths of files by what the user calls them, for example ``--json``; None for one that is not asked for.
        inputs: files; a folder stands for the data in it.

    Raises:
        DataError: an output that is an input or another output.
    """
    read = [Path(path) for path in inputs if path is not None]
    written: dict[str, Path] = {}
    for name, given in outputs.items():
        if given is None or _is_special(path := Path(given)):
            continue
        if any(_is_in(path, other) if other.is_dir() else _same_file(path, other) for other in read):
            raise DataError(f"{name}: found {path}, a file that this command reads; choose another file")
        for earlier, other in written.items():
            if _same_file(path, other):
                raise DataError(f"{name}: found {path}, the file of {earlier} as well; choose another file")
        written[name] = path


def _is_special(path: Path) -> bool:
    return _stream(path) is not None or (path.exists() and not path.is_file())


def _same_file(one: Path, other: Path) -> bool:
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    return one.exists() and other.exists() and one.samefile(other)


def _is_in(path: Path, folder: Path) -> bool:
    """Whether a path names a file in a folder of data; an earlier result in the folder may be replaced."""
    if path.suffix in _RESULTS or not path.is_file():
        return False
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file, or an empty one if there is no file.

    Raises:
        DataError: the file does not hold a JSON object.
    """
    if not path.is_file():
        return {}
    found = parse_json(read_text(path, MAX_JSON), str(path), fix="remove it")
    if not isinstance(found, dict):
        raise DataError(f"{path}: found {type(found).__name__}, allowed an object; remove it")
    return found


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON object atomically."""
    write_text(path, json.dumps(values, indent=2) + "\n")


def add_json(path: Path, values: Mapping[str, Any]) -> None:
    """Add values to a JSON file; they replace values of the same name.

    Raises:
        DataError: the file does not hold a JSON object.
    """
    write_json(path, {**read_json(path), **values})
