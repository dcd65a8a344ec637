"""The network file, NetX HDF5 (docs/file-format.md).  No other package uses its key names.

A chain of populations is written in lava-dl's own layout, so that stock Lava loads what it can run.  Everything else
goes into one versioned group, ``/lava_ahp``.  This package needs NumPy and h5py alone.
"""

from lava_ahp.netx._chain import write_input, write_layer
from lava_ahp.netx._file import as_network, layer_count, read, read_golden, write
from lava_ahp.netx._layout import VERSION

__all__ = ["VERSION", "as_network", "layer_count", "read", "read_golden", "write", "write_input", "write_layer"]
