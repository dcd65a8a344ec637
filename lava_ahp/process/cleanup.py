"""Undo the changes that Lava makes to global state."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from lava.magma.core.process.process import ProcessServer
from lava.magma.core.process.variable import VarServer


@contextmanager
def without_log_handlers() -> Iterator[None]:
    """Remove the handlers that Lava Processes created in this block have added to the root logger.

    Every Process adds one.  Each message that the program logs would otherwise be printed once more per Process.
    """
    root = logging.getLogger()
    before = list(root.handlers)
    try:
        yield
    finally:
        root.handlers[:] = [handler for handler in root.handlers if handler in before]


@contextmanager
def without_registrations() -> Iterator[None]:
    """Remove Processes and Vars created in this block from Lava's registers, which would never free their memory."""
    registers = (ProcessServer().processes, VarServer().vars)
    before = [{id(item) for item in register} for register in registers]
    try:
        yield
    finally:
        for register, known in zip(registers, before, strict=True):
            register[:] = [item for item in register if id(item) in known]
