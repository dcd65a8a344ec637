"""One process at a time writes a run folder."""

from __future__ import annotations

import json
import os
import platform
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from lava_ahp.errors import DataError
from lava_ahp.files import write_all
from lava_ahp.files.locking import try_lock
from lava_ahp.workflow.runs import Run


@contextmanager
def writing(run: Run, command: str) -> Iterator[None]:
    """Hold the lock of a run folder during the block.

    The file of the lock names its holder.  The system releases the lock when the process ends, also after a crash, so
    a file that is left over locks nobody out.  Where the file system has no locks, a warning says so.

    Args:
        run: the run; its folder is made if it is missing, and removed again if it then stays empty.
        command: what the holder was started with.

    Raises:
        DataError: another process holds the lock.
        OSError: the folder cannot be written to.
    """
    is_new = not run.folder.exists()
    run.folder.mkdir(parents=True, exist_ok=True)
    descriptor = _opened(run)
    try:
        os.ftruncate(descriptor, 0)
        holder = {"host": platform.node(), "pid": os.getpid(), "command": command,
                  "since": datetime.now().astimezone().isoformat(timespec="seconds")}  # fmt: skip
        # A full disk is met again when the run is written, with a better message.
        with suppress(OSError):
            write_all(descriptor, json.dumps(holder).encode())
        yield
    finally:
        if _is_current(run, descriptor):
            run.lock.unlink(missing_ok=True)
        os.close(descriptor)
        if is_new:
            with suppress(OSError):
                run.folder.rmdir()


def _opened(run: Run) -> int:
    """The open and locked file of the lock."""
    while True:
        descriptor = os.open(run.lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            locked = try_lock(descriptor)
            if locked is False:
                raise DataError(
                    f"{run.folder}: in use by {_holder(descriptor)}; wait until it ends, or use another folder"
                )
            # The former holder may have removed the file between the two calls.
            if _is_current(run, descriptor):
                if locked is None:
                    warnings.warn(
                        f"{run.folder}: this file system has no locks; let no other process write this folder",
                        stacklevel=4,
                    )
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_current(run: Run, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(run.lock), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _holder(descriptor: int) -> str:
    """Who holds the lock, in words."""
    try:
        found = json.loads(os.pread(descriptor, 2**16, 0))
        return f"{found['command']!r} (process {found['pid']} on {found['host']}, since {found['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
