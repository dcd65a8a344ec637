"""Advisory locks on open files.  The system releases them when the process ends, also after a crash."""

from __future__ import annotations

import errno

try:
    import fcntl
except ModuleNotFoundError:  # a system without these locks
    fcntl = None  # type: ignore[assignment]

#: Errors of file systems that cannot lock, for example some network file systems.
_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}


def try_lock(descriptor: int) -> bool | None:
    """Lock an open file for this process without waiting.

    Args:
        descriptor: of the open file; closing it releases the lock.

    Returns:
        True if the file is now locked, False if another process holds the lock, None where files cannot be locked.
    """
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return None
        raise
    return True
