"""Reads TOML and JSON files into checked tables."""

from __future__ import annotations

from pathlib import Path

from lava_ahp.files.parsing import read_values
from lava_ahp.settings import AnyTable, validate


def read(path: Path, table: type[AnyTable]) -> AnyTable:
    """A ``.toml`` or ``.json`` file as a table.

    Raises:
        DataError: a file that cannot be read or parsed, or a key or value that is not allowed.
    """
    return validate(read_values(path), table, f"{path}:")
