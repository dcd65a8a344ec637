"""Reading and writing files: atomic writing, JSON, digests, locks, and the boundary to foreign parsers."""

from lava_ahp.files._digest import sha256
from lava_ahp.files._writing import (
    FULL,
    add_json,
    append_bytes,
    check_outputs,
    read_json,
    write_all,
    write_bytes,
    write_json,
    write_text,
)

__all__ = [
    "FULL",
    "add_json",
    "append_bytes",
    "check_outputs",
    "read_json",
    "sha256",
    "write_all",
    "write_bytes",
    "write_json",
    "write_text",
]
