"""JSON files as we write them, and those that several steps add to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lava_ahp import atomic
from lava_ahp.errors import DataError


def read(path: Path) -> dict[str, Any]:
    """What the file holds so far; empty where there is none.

    Raises:
        DataError: a file that holds no JSON object.
    """
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path}: not JSON ({error}); remove it") from None
    if not isinstance(found, dict):
        raise DataError(f"{path}: found {type(found).__name__}, allowed an object; remove it")
    return found


def write(path: Path, values: Mapping[str, Any]) -> None:
    """Write an object; the file is there whole or not at all."""
    atomic.write_text(path, json.dumps(values, indent=2) + "\n")


def add(path: Path, values: Mapping[str, Any]) -> None:
    """Add values, in place of those of the same name; the file is there whole or not at all.

    Raises:
        DataError: a file that holds no JSON object.
    """
    write(path, {**read(path), **values})
