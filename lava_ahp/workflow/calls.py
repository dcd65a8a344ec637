"""A call of a public function as text, for manifests and reports."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from lava_ahp.tasks import Task


def as_typed(function: str, *given: Any, **options: Any) -> str:
    """``lava_ahp.train('digits', out='runs/digits')``; tasks appear by name, arrays by shape, defaults not."""
    shown = [_show(value) for value in given if value is not None]
    shown += [f"{key}={_show(value)}" for key, value in options.items() if not _is_left_out(value)]
    return f"lava_ahp.{function}({', '.join(shown)})"


def _is_left_out(value: Any) -> bool:
    return value is None or value is False or (isinstance(value, (tuple, list, dict)) and not value)


def _show(value: Any) -> str:
    if isinstance(value, (str, os.PathLike)):
        return repr(os.fspath(value))
    if isinstance(value, (bool, int, float, dict, tuple)):
        return repr(value)
    if isinstance(value, Task):
        return f"<task {value.name}>"
    if hasattr(value, "shape") or isinstance(value, list):
        return f"<array {np.shape(value)}>"
    return repr(value)
