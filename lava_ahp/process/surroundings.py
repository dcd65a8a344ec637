"""Keep Lava from leaving things in the program around it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from lava.magma.core.process.process import ProcessServer
from lava.magma.core.process.variable import VarServer


@contextmanager
def without_log_handlers() -> Iterator[None]:
    """Remove the handlers that every Lava Process made inside puts on the root logger.

    With them, each line that the program around logs would appear once more per process.
    """
    root = logging.getLogger()
    before = list(root.handlers)
    try:
        yield
    finally:
        root.handlers[:] = [handler for handler in root.handlers if handler in before]


@contextmanager
def forgotten_afterwards() -> Iterator[None]:
    """Take the processes and variables made inside off Lava's registers, which would keep all weights for good."""
    registers = (ProcessServer().processes, VarServer().vars)
    before = [{id(item) for item in register} for register in registers]
    try:
        yield
    finally:
        for register, known in zip(registers, before, strict=True):
            register[:] = [item for item in register if id(item) in known]
