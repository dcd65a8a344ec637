"""Checked reading of HDF5, for the files of others that are HDF5 as well."""

from lava_ahp.netx._hdf5 import Budget, Section, reading
from lava_ahp.netx._layout import MAX_EXPANSION, MAX_FILE_BYTES, MAX_MEMORY_BYTES, MAX_TEXT_BYTES

__all__ = ["MAX_EXPANSION", "MAX_FILE_BYTES", "MAX_MEMORY_BYTES", "MAX_TEXT_BYTES", "Budget", "Section", "reading"]
