"""Check that a computation fits into memory before anything is allocated."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from lava_ahp.errors import SpecError

_GIB = 2**30


def available_bytes() -> int | None:
    """Memory available to this process, within the limit of its control group; None if the system does not tell."""
    found = []
    with contextlib.suppress(OSError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    group = Path("/sys/fs/cgroup")
    with contextlib.suppress(OSError, ValueError):
        found.append(int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    if not found and hasattr(os, "sysconf") and "SC_AVPHYS_PAGES" in os.sysconf_names:
        found.append(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(found, default=None)


def check(parts: Mapping[str, int], advice: str) -> None:
    """Raise an error if a computation would not fit into memory.

    Args:
        parts: bytes of every large allocation, by its name in the message.
        advice: how to reduce them, for the message.

    Raises:
        SpecError: the sum exceeds the available memory.
    """
    needed, available = sum(parts.values()), available_bytes()
    if available is not None and needed > available:
        largest = max(parts, key=lambda name: parts[name])
        raise SpecError(
            f"memory: needs {needed / _GIB:.1f} GiB ({largest} {parts[largest] / _GIB:.1f}), "
            f"available {available / _GIB:.1f} GiB; {advice}"
        )
