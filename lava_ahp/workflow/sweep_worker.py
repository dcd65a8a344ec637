"""The processes of a sweep, and which of them still run."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lava_ahp.files.locking import try_lock

#: Folder, in that of the study, of one locked file per process.
WORKERS = ".workers"


@contextmanager
def working(out: Path) -> Iterator[str]:
    """Be a process of the study during the block, with a locked file that others can find.

    The system releases the lock when the process ends, also after a crash.

    Args:
        out: the folder of the study.

    Yields:
        The name of this process in the study.
    """
    folder = out / WORKERS
    folder.mkdir(exist_ok=True)
    name = uuid.uuid4().hex
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        try_lock(descriptor)
        yield name
    finally:
        (folder / name).unlink(missing_ok=True)
        os.close(descriptor)
        with suppress(OSError):
            folder.rmdir()


def is_gone(out: Path, name: str) -> bool:
    """Whether a process of the study has ended; False where the file system cannot tell.

    Args:
        out: the folder of the study.
        name: of the process, from :func:`working`.
    """
    try:
        descriptor = os.open(out / WORKERS / name, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        return try_lock(descriptor) is True
    finally:
        os.close(descriptor)
