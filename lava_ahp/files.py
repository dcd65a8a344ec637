"""Atomic writing of files, and JSON files to which several steps add values."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lava_ahp.errors import DataError
from lava_ahp.parsing import MAX_JSON, parse_json, read_text


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path that replaces ``path`` when the block succeeds.

    Raises:
        OSError: the folder cannot be written to; an existing file is unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file, or an empty one if there is no file.

    Raises:
        DataError: the file does not hold a JSON object.
    """
    if not path.is_file():
        return {}
    found = parse_json(read_text(path, MAX_JSON), str(path), fix="remove it")
    if not isinstance(found, dict):
        raise DataError(f"{path}: found {type(found).__name__}, allowed an object; remove it")
    return found


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON object atomically."""
    write_text(path, json.dumps(values, indent=2) + "\n")


def add_json(path: Path, values: Mapping[str, Any]) -> None:
    """Add values to a JSON file; they replace values of the same name.

    Raises:
        DataError: the file does not hold a JSON object.
    """
    write_json(path, {**read_json(path), **values})
