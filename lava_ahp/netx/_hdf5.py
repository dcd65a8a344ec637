"""Checked reading and uniform writing of HDF5."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import h5py
import numpy as np
import numpy.typing as npt

from lava_ahp.errors import LavaAHPError, NetFormatError, SpecError
from lava_ahp.netx import _layout as layout

T = TypeVar("T")

#: Range of a signed 64-bit integer.
INT64 = (-(2**63), 2**63 - 1)

_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}


@contextmanager
def reading(where: str) -> Iterator[None]:
    """Turn any error of h5py into a NetFormatError that names the place."""
    try:
        yield
    except LavaAHPError:
        raise
    # h5py raises nearly every built-in exception, depending on the error of its C library.
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise NetFormatError(
            f"{where}: damaged or not HDF5 ({type(error).__name__}: {reason}); export it again"
        ) from None


@dataclass
class Budget:
    """Bytes that may still be read from a file into memory."""

    left: int


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
        return f"{self.file}: {self.path}/{key}" if key else f"{self.file}: {self.path or '/'}"

    def error(self, key: str, found: Any, allowed: Any) -> NetFormatError:
        """An error about a member: what was found, and what is allowed."""
        return NetFormatError(f"{self.where(key)}: found {_shorten(found)}, allowed {_shorten(str(allowed), 300)}")

    def __contains__(self, key: str) -> bool:
        with reading(self.where(key)):
            return key in self.group

    def check_keys(self, required: Collection[str], optional: Collection[str] = ()) -> set[str]:
        """The keys of the group; an error if a required one is missing or one is unknown."""
        with reading(self.where()):
            count = len(self.group)
            if count > layout.MAX_MEMBERS:
                raise self.error("", f"{count} members", f"up to {layout.MAX_MEMBERS}")
            keys = set(self.group)
        for key in sorted(keys - set(required) - set(optional)):
            raise NetFormatError(
                f"{self.where()}: key {_shorten(key)} is not supported, "
                f"allowed {', '.join(sorted({*required, *optional}))}"
            )
        for key in sorted(set(required) - keys):
            raise NetFormatError(f"{self.where(key)}: missing")
        return keys

    def numbered(self) -> list[Section]:
        """The sections ``0``, ``1``, ... of the group; an error if it holds anything else."""
        with reading(self.where()):
            count = len(self.group)
            if count > layout.MAX_MEMBERS:
                raise self.error("", f"{count} members", f"up to {layout.MAX_MEMBERS}")
            names = set(self.group)
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
            dtype = dataset.dtype
            if dtype.kind not in "biuf" or dtype.itemsize > 8:
                raise self.error(key, f"type {dtype}", "integers")
            if shapes is not None and dataset.shape not in shapes:
                raise self.error(key, f"shape {dataset.shape}", "shape " + " or ".join(map(str, shapes)))
            self._check_size(key, dataset)
            values = np.asarray(dataset[()])
        if values.size == 0:
            return values.astype(np.int64)
        if dtype.kind == "f" and not np.all(np.isfinite(values) & (values == np.rint(values))):
            bad = values[~(np.isfinite(values) & (values == np.rint(values)))].flat[0]
            raise self.error(key, bad, "integers")
        if values.min() < low or values.max() > high:
            raise self.error(key, values[(values < low) | (values > high)].flat[0], f"{low}..{high}")
        return values.astype(np.int64)

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
            self._check_filters(key, dataset)
            if kind.length is not None and kind.length > layout.MAX_TEXT_BYTES:
                raise self.error(key, f"{kind.length} bytes of text", f"up to {layout.MAX_TEXT_BYTES}")
            raw = dataset[()] if dataset.shape == () else dataset[0]
            if len(raw) > layout.MAX_TEXT_BYTES:
                raise self.error(key, f"{len(raw)} bytes of text", f"up to {layout.MAX_TEXT_BYTES}")
            return str(raw, "utf-8")

    def json(self, key: str) -> dict[str, Any]:
        """One JSON object."""
        text = self.text(key)
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise NetFormatError(f"{self.where(key)}: not JSON ({error})") from None
        if not isinstance(value, dict):
            raise self.error(key, type(value).__name__, "a JSON object")
        return value

    def build(self, make: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """The result of ``make``; a SpecError from it becomes a NetFormatError that names the place in the file."""
        try:
            return make(*args, **kwargs)
        except SpecError as error:
            raise NetFormatError(f"{self.where()}: {error}") from None

    def _member(self, key: str) -> Any:
        with reading(self.where(key)):
            link = self.group.get(key, getlink=True)
            if link is None:
                raise NetFormatError(f"{self.where(key)}: missing")
            if not isinstance(link, h5py.HardLink):
                raise self.error(key, "a soft or external link", "data in this file")
            return self.group[key]

    def _dataset(self, key: str) -> h5py.Dataset:
        member = self._member(key)
        if not isinstance(member, h5py.Dataset):
            raise self.error(key, "a group", "a dataset")
        return member

    def _check_filters(self, key: str, dataset: h5py.Dataset) -> None:
        properties = dataset.id.get_create_plist()
        if dataset.is_virtual or properties.get_external_count():
            raise self.error(key, "data stored in another file", "data in this file")
        filters = {properties.get_filter(k)[0] for k in range(properties.get_nfilters())}
        if not filters <= _FILTERS:
            raise self.error(key, f"HDF5 filter {min(filters - _FILTERS)}", "gzip, shuffle and fletcher32")

    def _check_size(self, key: str, dataset: h5py.Dataset) -> None:
        """Refuse a dataset that would take memory out of proportion to the file, before reading it."""
        self._check_filters(key, dataset)
        if dataset.shape is None:
            raise self.error(key, "an empty dataset", "values")
        elements = math.prod(dataset.shape)
        if elements > layout.MAX_ELEMENTS:
            raise self.error(key, f"{elements} elements", f"up to {layout.MAX_ELEMENTS}")
        size, stored = elements * dataset.dtype.itemsize, dataset.id.get_storage_size()
        ratio = layout.MAX_COMPRESSION if dataset.compression else 1
        if size > ratio * stored:
            raise self.error(key, f"{size} bytes declared, {stored} stored", f"up to {ratio} times what is stored")
        if dataset.chunks is not None and math.prod(dataset.chunks) * dataset.dtype.itemsize > layout.MAX_CHUNK_BYTES:
            raise self.error(key, f"chunks of {dataset.chunks}", f"up to {layout.MAX_CHUNK_BYTES} bytes")
        self.budget.left -= size
        if self.budget.left < 0:
            raise self.error(key, f"{size} bytes more than the rest of the file allows", "a smaller file")


def _shorten(value: Any, width: int = 80) -> str:
    text = value if isinstance(value, str) else repr(value.item() if isinstance(value, np.generic) else value)
    text = text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= width else text[: width - 3] + "..."


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
    large = array.nbytes >= layout.COMPRESS_FROM_BYTES
    group.create_dataset(key, data=array, **({"compression": "gzip", "shuffle": True} if large else {}))


def put_text(group: h5py.Group, key: str, text: str) -> None:
    """Write one string of fixed length, which HDF5 stores without a heap."""
    raw = text.encode("utf-8")
    if not 1 <= len(raw) <= layout.MAX_TEXT_BYTES:
        raise SpecError(f"{group.name}/{key}: {len(raw)} bytes of text, allowed 1..{layout.MAX_TEXT_BYTES}")
    group.create_dataset(key, data=np.array(raw, dtype=h5py.string_dtype("utf-8", len(raw))))


def put_json(group: h5py.Group, key: str, value: Mapping[str, Any]) -> None:
    """Write one JSON object and keep the order of its keys."""
    put_text(group, key, json.dumps(dict(value), separators=(",", ":")))
