"""Checked reading and uniform writing of HDF5."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

import h5py
import numpy as np
import numpy.typing as npt

from lava_ahp.errors import NetFormatError, SpecError, brief
from lava_ahp.files.parsing import parse_json, parsing
from lava_ahp.netx import _layout as layout
from lava_ahp.netx import _storage as storage

T = TypeVar("T")

#: Range of a signed 64-bit integer.
INT64 = (-(2**63), 2**63 - 1)


def reading(where: str) -> AbstractContextManager[None]:
    """Turn any error of h5py into a NetFormatError that names the place."""
    return parsing(where, "damaged", "export it again", NetFormatError)


@dataclass
class Budget:
    """Bytes of memory that the content of a file may still take."""

    left: int

    def spend(self, size: int) -> bool:
        """Take from the budget; False if it does not suffice."""
        self.left -= size
        return self.left >= 0


class Section:
    """A group of the file that checks every access.

    Args:
        file: name of the file, for messages.
        group: the HDF5 group.
        budget: shared by all sections of the file.
    """

    def __init__(self, file: str, group: h5py.Group, budget: Budget, path: str = "") -> None:
        self.file, self.group, self.budget, self.path = file, group, budget, path

    def where(self, key: str = "") -> str:
        """File and path in the file, for messages."""
        return f"{self.file}: {self.path}/{brief(key)}" if key else f"{self.file}: {self.path or '/'}"

    def error(self, key: str, found: Any, allowed: Any) -> NetFormatError:
        """An error about a member: what was found, and what is allowed."""
        found = found.item() if isinstance(found, np.generic) else found
        return NetFormatError(f"{self.where(key)}: found {brief(found)}, allowed {brief(str(allowed), 300)}")

    def __contains__(self, key: str) -> bool:
        with reading(self.where(key)):
            return key in self.group

    def check_keys(self, required: Collection[str], optional: Collection[str] = ()) -> set[str]:
        """The keys of the group; an error if a required one is missing or one is unknown."""
        keys = self.names()
        for key in sorted(keys - set(required) - set(optional)):
            raise NetFormatError(
                f"{self.where()}: key {brief(key)} is not supported, "
                f"allowed {brief(', '.join(sorted({*required, *optional})), 300)}"
            )
        for key in sorted(set(required) - keys):
            raise NetFormatError(f"{self.where(key)}: missing")
        return keys

    def numbered(self) -> list[Section]:
        """The sections ``0``, ``1``, ... of the group; an error if it holds anything else."""
        names = self.names()
        count = len(names)
        if names != {str(k) for k in range(count)}:
            raise self.error("", f"members {', '.join(sorted(names))}", f"0 to {count - 1} without a gap")
        return [self.section(str(k)) for k in range(count)]

    def section(self, key: str) -> Section:
        """A group within this one."""
        member = self._member(key)
        if not isinstance(member, h5py.Group):
            raise self.error(key, "a dataset", "a group")
        return Section(self.file, member, self.budget, f"{self.path}/{key}")

    def integers(
        self, key: str, low: int, high: int, shapes: Sequence[tuple[int, ...]] | None = None
    ) -> npt.NDArray[np.int64]:
        """A dataset of integers, checked for range and shape.

        Whole floats count as integers, since lava-dl exports weights as floats.
        """
        dataset = self._dataset(key)
        with reading(self.where(key)):
            if shapes is not None and dataset.shape not in shapes:
                raise self.error(key, f"shape {dataset.shape}", "shape " + " or ".join(map(str, shapes)))
        values = self._values(key, dataset, "integers")
        if values.size == 0:
            return values.astype(np.int64)
        if values.dtype.kind == "f" and not np.all(np.isfinite(values) & (values == np.rint(values))):
            bad = values[~(np.isfinite(values) & (values == np.rint(values)))].flat[0]
            raise self.error(key, bad, "integers")
        if values.min() < low or values.max() > high:
            raise self.error(key, values[(values < low) | (values > high)].flat[0], f"{low}..{high}")
        return values.astype(np.int64)

    def numbers(self, key: str) -> npt.NDArray[Any]:
        """A dataset of integers or floats of up to 64 bits, as it is."""
        return self._values(key, self._dataset(key), "numbers")

    def _values(self, key: str, dataset: h5py.Dataset, allowed: str) -> npt.NDArray[Any]:
        with reading(self.where(key)):
            dtype = dataset.dtype
            if dtype.kind not in "biuf" or dtype.itemsize > 8:
                raise self.error(key, f"type {dtype}", allowed)
            self._check_size(key, dataset)
            # dataset[()] takes twice as long, which counts in a file of thousands of small datasets.
            values = np.empty(dataset.shape, dtype)
            dataset.id.read(h5py.h5s.ALL, h5py.h5s.ALL, values)
        return values

    def integer(self, key: str, low: int, high: int) -> int:
        """One integer."""
        return int(self.integers(key, low, high, [(), (1,)]).flat[0])

    def columns(self, key: str, rows: int) -> int:
        """Columns of a matrix of so many rows, which may be stored flat."""
        dataset = self._dataset(key)
        with reading(self.where(key)):
            shape = dataset.shape
            if shape is not None and len(shape) == 1 and shape[0] and shape[0] % rows == 0:
                return int(shape[0] // rows)
            if shape is None or len(shape) != 2:
                raise self.error(key, f"shape {shape}", "a matrix (target, source)")
            return int(shape[1])

    def is_null(self, key: str) -> bool:
        """Whether a member is a dataset that holds no value at all."""
        member = self._member(key)
        with reading(self.where(key)):
            return isinstance(member, h5py.Dataset) and member.shape is None

    def is_group(self, key: str) -> bool:
        """Whether a member is a group, not a dataset."""
        return isinstance(self._member(key), h5py.Group)

    def texts(self, key: str, columns: int) -> list[list[str]]:
        """A table of strings of so many columns, row by row."""
        dataset = self._dataset(key)
        with reading(self.where(key)):
            kind, shape = h5py.check_string_dtype(dataset.dtype), dataset.shape
            empty = shape is not None and 0 in shape
            if not empty and (kind is None or shape is None or len(shape) != 2 or shape[1] != columns):
                raise self.error(key, f"type {dataset.dtype}, shape {shape}", f"text (row, {columns})")
            if empty:
                return []
            if shape[0] > layout.MAX_ROWS:
                raise self.error(key, f"{shape[0]} rows", f"up to {layout.MAX_ROWS}")
            self._check_size(key, dataset)
            raw = dataset[()]
            self.spend(key, sum(len(text) for text in raw.flat))
            return [[str(text, "utf-8") for text in row] for row in raw]

    def is_text(self, key: str) -> bool:
        """Whether a member is a dataset of text."""
        member = self._member(key)
        with reading(self.where(key)):
            return isinstance(member, h5py.Dataset) and h5py.check_string_dtype(member.dtype) is not None

    def text(self, key: str) -> str:
        """One string."""
        dataset = self._dataset(key)
        with reading(self.where(key)):
            kind = h5py.check_string_dtype(dataset.dtype)
            if kind is None or dataset.shape not in ((), (1,)):
                raise self.error(key, f"type {dataset.dtype}, shape {dataset.shape}", "one string")
            if kind.length is not None and kind.length > layout.MAX_TEXT_BYTES:
                raise self.error(key, f"{kind.length} bytes of text", f"up to {layout.MAX_TEXT_BYTES}")
            self._check_size(key, dataset)
            raw = dataset[()] if dataset.shape == () else dataset[0]
            if len(raw) > layout.MAX_TEXT_BYTES:
                raise self.error(key, f"{len(raw)} bytes of text", f"up to {layout.MAX_TEXT_BYTES}")
            self.spend(key, len(raw))
            return str(raw, "utf-8")

    def json(self, key: str) -> dict[str, Any]:
        """One JSON object."""
        value = parse_json(self.text(key), self.where(key), fix="export it again", error=NetFormatError)
        if not isinstance(value, dict):
            raise self.error(key, type(value).__name__, "a JSON object")
        return value

    def build(self, make: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """The result of ``make``; a SpecError from it becomes a NetFormatError that names the place in the file."""
        try:
            return make(*args, **kwargs)
        except SpecError as error:
            raise NetFormatError(f"{self.where()}: {brief(str(error), 600)}") from None

    def names(self) -> set[str]:
        """The names of the members."""
        with reading(self.where()):
            count = len(self.group)
            if count > layout.MAX_MEMBERS:
                raise self.error("", f"{count} members", f"up to {layout.MAX_MEMBERS}")
            names: set[str] = set()
            for name in self.group:
                # h5py gives a name that is not UTF-8 as bytes.
                if not isinstance(name, str):
                    raise self.error("", f"a member named {name!r}", "names in UTF-8")
                names.add(name)
            return names

    def _member(self, key: str) -> Any:
        with reading(self.where(key)):
            links, name = self.group.id.links, key.encode()
            if not links.exists(name):
                raise NetFormatError(f"{self.where(key)}: missing")
            if links.get_info(name).type != h5py.h5l.TYPE_HARD:
                raise self.error(key, "a soft or external link", "data in this file")
            return self.group[key]

    def _dataset(self, key: str) -> h5py.Dataset:
        member = self._member(key)
        if not isinstance(member, h5py.Dataset):
            raise self.error(key, "a group", "a dataset")
        return member

    def _check_size(self, key: str, dataset: h5py.Dataset) -> None:
        """Refuse a dataset that would take memory out of proportion to the file, before reading it."""
        if dataset.shape is None:
            raise self.error(key, "an empty dataset", "values")
        elements = math.prod(dataset.shape)
        if elements > layout.MAX_ELEMENTS:
            raise self.error(key, f"{elements} elements", f"up to {layout.MAX_ELEMENTS}")
        storage.check(dataset, lambda found, allowed: self.error(key, found, allowed))
        # Numbers are converted to 64 bits.
        self.spend(key, elements * (dataset.dtype.itemsize + 8))

    def spend(self, key: str, size: int) -> None:
        """Take so many bytes from the budget; an error if it does not suffice."""
        if not self.budget.spend(size):
            raise self.error(key, f"{size} bytes more than the rest of the file allows", "a smaller file")


def put(group: h5py.Group, key: str, value: npt.ArrayLike) -> None:
    """Write a dataset, compressed if it is large.

    Raises:
        SpecError: more elements than a reader accepts.
    """
    array = np.asarray(value)
    if array.size > layout.MAX_ELEMENTS:
        raise SpecError(
            f"{group.name}/{key}: {array.size} elements, allowed up to {layout.MAX_ELEMENTS} in one dataset; use fewer"
        )
    if array.nbytes < layout.COMPRESS_FROM_BYTES:
        group.create_dataset(key, data=array)
        return
    # The small chunks that h5py would choose compress a sixth worse.  Values of one kind, along time, stay together.
    chunks = (*array.shape[:-1], 1) if array.ndim > 2 else array.shape
    whole = math.prod(chunks) * array.itemsize <= layout.WHOLE_CHUNK_BYTES
    group.create_dataset(
        key, data=array, chunks=chunks if whole else True, compression="gzip", compression_opts=9, shuffle=True
    )


def put_text(group: h5py.Group, key: str, text: str) -> None:
    """Write one string of fixed length, which HDF5 stores without a heap."""
    raw = text.encode("utf-8")
    if not 1 <= len(raw) <= layout.MAX_TEXT_BYTES:
        raise SpecError(f"{group.name}/{key}: {len(raw)} bytes of text, allowed 1..{layout.MAX_TEXT_BYTES}")
    group.create_dataset(key, data=np.array(raw, dtype=h5py.string_dtype("utf-8", len(raw))))


def put_json(group: h5py.Group, key: str, value: Mapping[str, Any]) -> None:
    """Write one JSON object and keep the order of its keys."""
    put_text(group, key, json.dumps(dict(value), separators=(",", ":")))
