"""The boundary to foreign parsers: every exception becomes one error, and the size of files is limited."""

import os
import struct
import tokenize
import zipfile
import zlib

import pytest

from lava_ahp import files
from lava_ahp.errors import BackendUnavailable, DataError, SpecError, brief
from lava_ahp.files.parsing import check_file, parse_json, parse_toml, parsing, read_text


class Panic(BaseException):
    """As parsers written in Rust raise it."""


@pytest.mark.parametrize(
    "raised",
    [
        MemoryError(),
        RecursionError("too deep"),
        OverflowError("too large"),
        SystemError("bad call"),
        tokenize.TokenError("EOF in multi-line statement", (1, 2)),
        zipfile.BadZipFile("bad magic"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        struct.error("unpack requires 4 bytes"),
        zlib.error("incorrect header check"),
        KeyError("channels"),
        OSError(5, "Input/output error"),
        ValueError("several\nlines " + "x" * 10_000),
        Panic("index out of bounds"),
    ],
)
def test_whatever_a_parser_raises_becomes_one_short_line(raised):
    with (
        pytest.raises(DataError, match=r"^a\.toml: damaged \(.+\); write it again$") as caught,
        parsing("a.toml", "damaged", "write it again"),
    ):
        raise raised
    assert len(str(caught.value)) < 300
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("raised", [SpecError("ours"), BackendUnavailable("ours"), KeyboardInterrupt(), SystemExit(3)])
def test_our_own_errors_and_interrupts_pass(raised):
    with pytest.raises(type(raised)) as caught, parsing("a.toml", "damaged", "write it again"):
        raise raised
    assert caught.value is raised


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[" * 101 + "]" * 101, "9" * 5000, "1" + "0" * 400, "{", "\ufeff{}"]
)
def test_json_that_is_too_deep_too_large_or_damaged(text):
    with pytest.raises(DataError, match=r"^a: not JSON .*; write it again$"):
        parse_json(text, "a")


@pytest.mark.parametrize(
    "text", ["a=" + "[" * 100_000, "a=0x" + "f" * 5000, "a=" + "9" * 5000, "a" + ".a" * 2000 + "=1", "a=[[[", "="]
)
def test_toml_that_is_too_deep_too_large_or_damaged(text):
    with pytest.raises(DataError, match=r"^a: not TOML .*; correct it$"):
        parse_toml(text, "a")


def test_only_regular_files_of_bounded_size_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(11))
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 2**40)
    (tmp_path / "latin").write_bytes(b"\xff")
    for path, message in {
        tmp_path: "found a folder, allowed a file",
        tmp_path / "pipe": "found a device or a pipe, allowed a regular file",
        "/dev/zero": "found a device or a pipe",
        tmp_path / "none": "no such file",
        tmp_path / "large": "found 11 bytes, allowed 10",
        tmp_path / "sparse": "found 1099511627776 bytes, allowed 10",
        tmp_path / "latin": "not UTF-8 text",
        "a\0b": "cannot be read",
    }.items():
        with pytest.raises(DataError, match=message):
            read_text(path, 10)
    assert check_file(tmp_path / "large", 11) == 11


def test_a_json_file_of_a_run_is_bounded(tmp_path):
    (tmp_path / "metrics.json").write_text("[" * 100_000)
    with pytest.raises(DataError, match=r"metrics\.json: not JSON .*; remove it"):
        files.read_json(tmp_path / "metrics.json")


def test_a_value_in_a_message_is_short_and_printable():
    for value in ("x" * 10**6, 16**5000, "\x1b[31m\n", "\ud800", list(range(10**4))):
        assert len(brief(value)) <= 80
        assert brief(value).isprintable()
