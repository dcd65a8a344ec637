"""Damage to the structure of HDF5 files, made with h5py: valid files with other contents than ours."""

from __future__ import annotations

import contextlib
import io
import random
import zlib
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

VALUES = (0, 1, -1, 3, 255, 256, 4097, 2**17, 2**24, 2**31, 2**62, 0.5, np.nan, np.inf, 1j, True)
TEXTS = ("", "AHP", "CUBA", "dense", "input", "x" * 5000, "[" * 3000, '{"a":1}', "{}", "größe", "../x", "9" * 5000)
SHAPES = ((), (0,), (1,), (3,), (4, 3), (1, 1, 1, 1), (2**20,), (2**13, 2**13), (2**40,))


def structure(data: bytes, rng: random.Random) -> bytes:
    """Replace, remove, move or add members, one to four times."""
    content = io.BytesIO(data)
    with h5py.File(content, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        for _ in range(rng.choice((1, 1, 2, 4))):
            # A change may not be possible any more after the ones before.
            with contextlib.suppress(
                LookupError, ValueError, OSError, RuntimeError, TypeError, AttributeError, MemoryError
            ):
                rng.choice(CHANGES)(file, rng.choice(names), rng)
    return content.getvalue()


def _remove(file: h5py.File, name: str, rng: random.Random) -> None:
    del file[name]


def _value(file: h5py.File, name: str, rng: random.Random) -> None:
    del file[name]
    value: Any = rng.choice((*VALUES, *TEXTS, h5py.Empty("i4")))
    if isinstance(value, (int, float)) and rng.random() < 0.5:
        value = np.full(rng.choice(SHAPES[:6]), value)
    file[name] = value


def _element(file: h5py.File, name: str, rng: random.Random) -> None:
    if isinstance(file[name], h5py.Dataset) and file[name].dtype.kind in "iuf" and 0 < (file[name].size or 0) < 2**16:
        values = file[name][()]
        flat = np.atleast_1d(values).copy()
        limits = np.iinfo(flat.dtype) if flat.dtype.kind in "iu" else None
        low, high = (limits.min, limits.max) if limits else (-1e300, 1e300)
        flat.flat[rng.randrange(flat.size)] = rng.choice((low, high, 0, 1))
        file[name][...] = flat.reshape(values.shape)


def _declared(file: h5py.File, name: str, rng: random.Random) -> None:
    """A dataset that declares a shape and stores little or nothing."""
    del file[name]
    shape = rng.choice(SHAPES)
    options: dict[str, Any] = {}
    if shape and 0 not in shape and rng.random() < 0.7:
        chunk = rng.choice((1, 2, 2**10, 2**20, 2**28))
        options = {"chunks": (chunk,) + (1,) * (len(shape) - 1), "maxshape": (None,) * len(shape)}
        options |= rng.choice(
            ({}, {"compression": "gzip"}, {"shuffle": True}, {"fletcher32": True}, {"scaleoffset": 9})
        )
    kind = rng.choice(("i1", "i2", "i8", "f4", "f8", "u8", "S10", "S1048576"))
    file.create_dataset(name, shape=shape, dtype=kind, **options)


def _bomb(file: h5py.File, name: str, rng: random.Random) -> None:
    """A chunk that inflates to more than its dataset."""
    del file[name]
    dataset = file.create_dataset(name, shape=(4, 3), dtype="i2", chunks=(4, 3), compression="gzip")
    dataset.id.write_direct_chunk((0, 0), zlib.compress(bytes(rng.choice((24, 25, 28, 2**16, 2**24)))))


def _type(file: h5py.File, name: str, rng: random.Random) -> None:
    del file[name]
    kind = rng.choice(
        ([("x", "i4")], h5py.ref_dtype, h5py.string_dtype(), h5py.vlen_dtype("i4"), h5py.enum_dtype({"A": 1}), "V8")
    )
    file.create_dataset(name, shape=rng.choice(((), (1,), (4, 3))), dtype=kind)


def _group(file: h5py.File, name: str, rng: random.Random) -> None:
    del file[name]
    file.create_group(name)


def _link(file: h5py.File, name: str, rng: random.Random) -> None:
    del file[name]
    file[name] = rng.choice((h5py.SoftLink("/"), h5py.SoftLink(f"/{name}"), h5py.ExternalLink("/dev/zero", "/x")))


def _cycle(file: h5py.File, name: str, rng: random.Random) -> None:
    """A group that contains itself."""
    parent = file[name].parent
    parent[f"loop{rng.randrange(9)}"] = parent


def _name(file: h5py.File, name: str, rng: random.Random) -> None:
    raw = rng.choice((b"\xff\xfe", b"a" * 5000, b"\x1b[31m", b"[/high]", b"00", b"-1", "größe".encode()))
    file[name].parent.id.links  # noqa: B018 (opens the group)
    h5py.h5g.create(file[name].parent.id, raw)


def _move(file: h5py.File, name: str, rng: random.Random) -> None:
    names: list[str] = []
    file.visit(names.append)
    other = rng.choice(names)
    if other not in (name, *_parents(name)) and name not in _parents(other):
        target = file[name]
        del file[other]
        file[other] = target


def _parents(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:k]) for k in range(1, len(parts))]


CHANGES: tuple[Callable[[h5py.File, str, random.Random], None], ...] = (
    _remove,
    _value,
    _value,
    _element,
    _element,
    _declared,
    _bomb,
    _type,
    _group,
    _link,
    _cycle,
    _name,
    _move,
)
