"""Import Lava even if the program has already started processes, as TensorBoard's writer does during training."""

from __future__ import annotations

import multiprocessing

# Lava sets the start method when it is imported.  Python allows that only once, even if the method is the same.
if multiprocessing.get_start_method(allow_none=True) == "fork":
    multiprocessing.set_start_method(None, force=True)

import lava.magma.runtime.message_infrastructure.multiprocessing  # noqa: F401
