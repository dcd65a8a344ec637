"""The boundary to foreign parsers: sizes are limited first, and whatever a parser raises becomes one error."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from lava_ahp.errors import DataError, LavaAHPError, brief

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Source = str | os.PathLike[str]

#: Bytes of a TOML file.  Some TOML parsers take quadratic time on long dotted keys.
MAX_TOML = 2**17
#: Bytes of a JSON file.
MAX_JSON = 2**22
#: Levels of tables and lists within one another.  Python's own limit depends on how deep the caller is.
MAX_DEPTH = 100
#: Bits of an integer.  Python does not print integers of more than some 4,300 digits.
MAX_INTEGER_BITS = 1024

_MAX_REASON = 160


@contextmanager
def parsing(where: str, problem: str, fix: str, error: type[LavaAHPError] = DataError) -> Iterator[None]:
    """Turn everything that a foreign parser raises into one error; our own errors and Ctrl-C pass.

    Parsers that meet damaged data raise nearly every exception, MemoryError and RecursionError among them.

    Args:
        where: file, and place in the file.
        problem: what is wrong if the parser fails, for example ``not JSON``.
        fix: what the user can do.
        error: class of the error.

    Raises:
        LavaAHPError: of the class ``error``; its text is ``where: problem (reason); fix``.
    """
    try:
        yield
    except (LavaAHPError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    # A panic of a parser written in Rust is a BaseException.
    except BaseException as raised:
        raise error(f"{where}: {problem} ({reason(raised)}); {fix}") from None


def reason(raised: BaseException) -> str:
    """The text of an exception in one short line."""
    if isinstance(raised, OSError) and raised.strerror:
        return raised.strerror
    text = brief(" ".join(str(raised).split()), _MAX_REASON)
    if isinstance(raised, ValueError) and text:
        return text
    return f"{type(raised).__name__}: {text}" if text else type(raised).__name__


def _named(path: Source) -> str:
    """A path for a message."""
    return brief(os.fspath(path), 4096)


def check_file(path: Source, limit: int, error: type[LavaAHPError] = DataError) -> int:
    """The size of a regular file, in bytes.

    Args:
        path: the file.
        limit: largest size, in bytes.
        error: class of the error.

    Raises:
        LavaAHPError: of the class ``error``: no file, a folder, a device or pipe, no permission, or a file that is too
            large.
    """
    with parsing(_named(path), "cannot be read", "check the path", error):
        try:
            status = os.stat(path)
        except FileNotFoundError:
            raise error(f"{_named(path)}: no such file") from None
        return _check(status, path, limit, error, readable=os.access(path, os.R_OK))


def _check(status: os.stat_result, path: Source, limit: int, error: type[LavaAHPError], *, readable: bool) -> int:
    where = _named(path)
    if stat.S_ISDIR(status.st_mode):
        raise error(f"{where}: found a folder, allowed a file")
    if not stat.S_ISREG(status.st_mode):
        raise error(f"{where}: found a device or a pipe, allowed a regular file; save its content to a file first")
    if not readable:
        raise error(f"{where}: no permission to read it; change its permissions")
    if status.st_size > limit:
        raise error(f"{where}: found {status.st_size} bytes, allowed {limit}")
    return status.st_size


def open_file(path: Source, limit: int, error: type[LavaAHPError] = DataError) -> BinaryIO:
    """Open a regular file for reading bytes.

    Raises:
        LavaAHPError: as :func:`check_file`.
    """
    check_file(path, limit, error)
    with parsing(_named(path), "cannot be read", "check the path", error):
        # The file may have been replaced by a pipe since, which must not block.
        file = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")  # noqa: SIM115
        try:
            _check(os.fstat(file.fileno()), path, limit, error, readable=True)
        except BaseException:
            file.close()
            raise
        return file


def read_bytes(path: Source, limit: int, error: type[LavaAHPError] = DataError) -> bytes:
    """The content of a regular file.

    Raises:
        LavaAHPError: as :func:`check_file`, or the file grew beyond ``limit``.
    """
    with (
        open_file(path, limit, error) as file,
        parsing(_named(path), "cannot be read", "check the file", error),
    ):
        content = file.read(limit + 1)
    if len(content) > limit:
        raise error(f"{_named(path)}: found more than {limit} bytes, allowed {limit}")
    return content


def read_text(path: Source, limit: int, error: type[LavaAHPError] = DataError) -> str:
    """The content of a UTF-8 file.

    Raises:
        LavaAHPError: as :func:`read_bytes`, or the file is not UTF-8.
    """
    return _text(read_bytes(path, limit, error), _named(path), error)


def read_stdin(limit: int, error: type[LavaAHPError] = DataError) -> str:
    """The UTF-8 text on stdin.

    Raises:
        LavaAHPError: of the class ``error``: more than ``limit`` bytes, or not UTF-8.
    """
    content = sys.stdin.buffer.read(limit + 1)
    if len(content) > limit:
        raise error(f"stdin: found more than {limit} bytes, allowed {limit}")
    return _text(content, "stdin", error)


def _text(content: bytes, where: str, error: type[LavaAHPError]) -> str:
    with parsing(where, "not UTF-8 text", "save it as UTF-8", error):
        return content.decode()


def read_values(path: Source) -> Any:
    """The content of a ``.json`` file, or of a TOML file with any other ending, as plain values.

    Raises:
        DataError: a file that cannot be read or parsed.
    """
    path = Path(path)
    if path.suffix == ".json":
        return parse_json(read_text(path, MAX_JSON), str(path))
    return parse_toml(read_text(path, MAX_TOML), str(path))


def parse_json(text: str, where: str, *, fix: str = "write it again", error: type[LavaAHPError] = DataError) -> Any:
    """Plain values from JSON.

    Args:
        text: the JSON.
        where: its origin, for messages.
        fix: what the user can do if it is damaged.
        error: class of the error.

    Raises:
        LavaAHPError: of the class ``error``: not JSON, nested too deep, or an integer that is too large.
    """
    with parsing(where, "not JSON", fix, error):
        return _bounded(json.loads(text))


def parse_toml(text: str, where: str, *, fix: str = "correct it") -> dict[str, Any]:
    """Plain values from TOML.

    Raises:
        DataError: not TOML, nested too deep, or an integer that is too large.
    """
    with parsing(where, "not TOML", fix):
        values: dict[str, Any] = _bounded(tomllib.loads(text))
        return values


def _bounded(values: Any) -> Any:
    """The values, if later code can print and write them."""
    level, depth = [values], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += value.values()
            elif isinstance(value, list):
                below += value
            elif isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
                raise ValueError(f"an integer of {value.bit_length()} bits")
        level = below
    return values
