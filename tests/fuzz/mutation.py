"""Damage to bytes: blind, and inside the containers whose checksums would otherwise hide it."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
import zlib

INTERESTING = (0, 1, 2, 127, 128, 255, 256, 32767, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**50, 2**63 - 1, 2**64 - 1)
TOKENS = (
    *(b"0 1 -1 1e999 NaN Infinity null true [ ] { } [[ ]] = \" ' , : . # \\ \\ud800 \xff \x00 \n".split(b" ")),
    b"9" * 5000,
    b"0x" + b"f" * 5000,
    b"[" * 3000,
    b'{"a":' * 3000,
    b"a." * 3000,
    b"(1125899906842624,)",
    b"(-1,)",
    b"'O'",
    b"'<f8'",
    b"'<U99999999'",
    b"18446744073709551616",
)


def blind(data: bytes, rng: random.Random) -> bytes:
    """Change, remove, repeat or insert bytes, one to eight times."""
    content = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        at = rng.randrange(len(content) + 1)
        length = min(rng.choice((1, 2, 4, 8, 64)), max(len(content) - at, 0))
        kind = rng.randrange(8)
        if kind == 0 and length:
            content[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            content[at : at + length] = rng.randbytes(length)
        elif kind == 2:
            size = rng.choice((1, 2, 4, 8))
            value = rng.choice(INTERESTING) % 256**size
            content[at : at + size] = value.to_bytes(size, rng.choice(("little", "big")))
        elif kind == 3:
            del content[at : at + length]
        elif kind == 4:
            content[at:at] = content[at : at + length] * rng.choice((1, 2, 100))
        elif kind == 5:
            content[at:at] = rng.choice(TOKENS)
        elif kind == 6:
            content[at : at + length] = rng.choice(TOKENS)
        elif rng.random() < 0.2:
            del content[at:]
    return bytes(content)


def in_zip(data: bytes, rng: random.Random) -> bytes:
    """Damage one member of a ZIP archive and pack it again, sometimes with a header that claims another size."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    name = rng.choice(list(members))
    members[name] = blind(members[name], rng)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return packed.getvalue()


def in_gzip(data: bytes, rng: random.Random) -> bytes:
    """Damage the content of a gzip file and pack it again."""
    try:
        content = gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        content = data
    return gzip.compress(blind(content, rng), 1)


def in_safetensors(data: bytes, rng: random.Random) -> bytes:
    """Damage the header of a safetensors file, or a value in it, and correct its length."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = data[8:end]
    if rng.random() < 0.7:
        values = json.loads(header)
        metadata = values["__metadata__"]
        key = rng.choice(list(metadata))
        damaged = blind(metadata[key].encode(), rng).decode(errors="replace")
        metadata[key] = rng.choice(("0", "-1", "65536", str(2**40), "1" * 5000, damaged))
        header = json.dumps(values).encode()
    else:
        header = blind(header, rng)
    return len(header).to_bytes(8, "little") + header + data[end:]
