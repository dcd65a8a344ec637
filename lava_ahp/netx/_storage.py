"""How HDF5 stores a dataset: what could exhaust memory or lead out of the file is refused before anything is read."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import h5py

from lava_ahp.errors import NetFormatError
from lava_ahp.netx import _layout as layout

#: Makes the error from what was found and what is allowed.
Refuse = Callable[[Any, Any], NetFormatError]

_DEFLATE, _SHUFFLE, _CHECKSUM = h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32
#: Bytes that the fletcher32 filter adds to a chunk.
_CHECKSUM_BYTES = 4
#: Bytes that are inflated at a time, which bounds the memory that the check itself takes.
_PIECE = 2**20


def check(dataset: h5py.Dataset, refuse: Refuse) -> None:
    """Check where and how a dataset is stored.

    Raises:
        NetFormatError: data in another file, an unknown filter, more declared bytes than the stored ones can hold,
            chunks that are too large or too many, or a chunk that inflates to more than its size.
    """
    properties = dataset.id.get_create_plist()
    if dataset.is_virtual or properties.get_external_count():
        raise refuse("data stored in another file", "data in this file")
    filters = [properties.get_filter(k)[0] for k in range(properties.get_nfilters())]
    unknown = set(filters) - {_DEFLATE, _SHUFFLE, _CHECKSUM}
    if unknown:
        raise refuse(f"HDF5 filter {min(unknown)}", "gzip, shuffle and fletcher32")
    if len(set(filters)) < len(filters):
        raise refuse("an HDF5 filter that is applied twice", "each filter once")
    deflate = filters.index(_DEFLATE) if _DEFLATE in filters else None
    size, stored = math.prod(dataset.shape) * dataset.dtype.itemsize, dataset.id.get_storage_size()
    ratio = 1 if deflate is None else layout.MAX_COMPRESSION
    if size > ratio * stored:
        raise refuse(f"{size} bytes declared, {stored} stored", f"up to {ratio} times what is stored")
    if dataset.chunks is not None:
        _check_chunks(dataset, size, deflate, refuse)


def _check_chunks(dataset: h5py.Dataset, size: int, deflate: int | None, refuse: Refuse) -> None:
    length = math.prod(dataset.chunks) * dataset.dtype.itemsize
    # HDF5 always holds a whole chunk in memory.
    if length > min(layout.MAX_CHUNK_BYTES, max(layout.MIN_CHUNK_LIMIT, 2 * size)):
        raise refuse(f"chunks of {dataset.chunks}", f"up to {layout.MAX_CHUNK_BYTES} bytes, and twice the dataset")
    counts = [-(-extent // chunk) for extent, chunk in zip(dataset.shape, dataset.chunks, strict=True)]
    if math.prod(counts) > layout.MAX_CHUNKS:
        raise refuse(f"{math.prod(counts)} chunks", f"up to {layout.MAX_CHUNKS}")
    for corner in itertools.product(*(range(0, count * n, n) for count, n in zip(counts, dataset.chunks, strict=True))):
        chunk = dataset.id.get_chunk_info_by_coord(corner)
        if chunk.byte_offset is None:
            continue
        if chunk.size > length + length // 100 + layout.MIN_CHUNK_LIMIT:
            raise refuse(f"a chunk of {chunk.size} bytes", f"about {length}")
        if deflate is not None and not chunk.filter_mask >> deflate & 1:
            _, content = dataset.id.read_direct_chunk(corner)
            # HDF5 inflates whatever is there, without regard to the size of the chunk.
            if sum(_inflated(content, length)) > length + _CHECKSUM_BYTES:
                raise refuse(f"a chunk that inflates to more than {length} bytes", f"{length} bytes")


def _inflated(content: bytes, length: int) -> Iterator[int]:
    """Sizes of the pieces to which a chunk inflates, until they exceed ``length``."""
    inflate = zlib.decompressobj()
    total = 0
    while total <= length + _CHECKSUM_BYTES and not inflate.eof and content:
        piece = len(inflate.decompress(content, _PIECE))
        content = inflate.unconsumed_tail
        total += piece
        yield piece
