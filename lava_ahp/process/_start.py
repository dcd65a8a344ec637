"""Lava's import in a program that has started processes before, as TensorBoard's writer does in training."""

from __future__ import annotations

import multiprocessing

# Lava sets this method when it is imported, and Python refuses to set one twice, even the same.
if multiprocessing.get_start_method(allow_none=True) == "fork":
    multiprocessing.set_start_method(None, force=True)

import lava.magma.runtime.message_infrastructure.multiprocessing  # noqa: F401
