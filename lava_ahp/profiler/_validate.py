"""Reads TOML and JSON files into checked tables."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from lava_ahp.errors import DataError
from lava_ahp.settings import AnyTable, validate

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: Profiles and measurements are small; a larger file is something else.
_MAX_BYTES = 2**22


def read(path: Path, table: type[AnyTable]) -> AnyTable:
    """A ``.toml`` or ``.json`` file as a table.

    Raises:
        DataError: a file that cannot be read or parsed, or a key or value that is not allowed.
    """
    return validate(parse(path), table, f"{path}:")


def parse(path: Path) -> Any:
    """A ``.toml`` or ``.json`` file as plain values.

    Raises:
        DataError: a file that cannot be read or parsed.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"{path}: found {path.stat().st_size} bytes, allowed {_MAX_BYTES}")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text") from None
    try:
        return json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: not {'JSON' if path.suffix == '.json' else 'TOML'} ({error})") from None
