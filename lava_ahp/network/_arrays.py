"""Conversion of arguments to integer arrays, and read-only arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError


def integers(value: Any, what: str) -> npt.NDArray[np.int64]:
    try:
        array = np.asarray(value)
    except ValueError:
        raise SpecError(f"{what}: expected integers, found rows of different lengths") from None
    # Beyond 2**53, a float may stand for more than one integer.
    if array.dtype.kind == "f" and array.size and np.all((np.abs(array) <= 2**53) & (array == np.rint(array))):
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise SpecError(f"{what}: expected integers, found {array.dtype} {array_text(value)}; round them first")
    return array.astype(np.int64)


def array_text(value: Any) -> str:
    text = np.array2string(np.asarray(value), threshold=6, edgeitems=2).replace("\n", "")
    return text if len(text) <= 60 else text[:57] + "..."


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array = np.ascontiguousarray(array)
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array
