"""What is installed, what is missing, and what to do about it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from lava_ahp import backends
from lava_ahp.errors import BackendUnavailable, printable
from lava_ahp.workflow.versions import versions


@dataclass(frozen=True, repr=False)
class Installation:
    """What this machine and this Python offer.

    Attributes:
        versions: by package; None if it is not installed.
        devices: what there is to compute on.
        backends: by name, why it is missing; None if it is ready.
    """

    versions: dict[str, str | None]
    devices: dict[str, str]
    backends: dict[str, str | None]

    def lines(self) -> Iterator[str]:
        """The table for a terminal."""
        for package, version in self.versions.items():
            yield f"{package:14} {version or 'not installed'}"
        for name, device in self.devices.items():
            yield f"{name:14} {device}"
        for name, missing in self.backends.items():
            yield f"backend {name:11} {missing or 'ready'}"
        if sys.version_info[:2] != (3, 10):
            yield "Lava and lava-dl need Python 3.10; everything else works on this one"

    def __repr__(self) -> str:
        return "\n".join(map(printable, self.lines()))


def doctor() -> Installation:
    """What is installed, and what is missing."""
    found: dict[str, str | None] = {}
    for name in backends.BACKENDS:
        try:
            backends.get(name)
            found[name] = None
        except BackendUnavailable as error:
            found[name] = str(error).partition(": ")[2]
    return Installation(versions(), _devices(), found)


def _devices() -> dict[str, str]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = {"cpu": f"{cores} cores"}
    if find_spec("torch") is not None:
        import torch

        found["cuda"] = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no CUDA device"
    return found
