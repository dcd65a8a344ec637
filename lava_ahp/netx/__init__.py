"""The network file, NetX HDF5: the only home of its key names (docs/file-format.md).

A chain of populations is written in lava-dl's own layout, so that stock Lava loads what stock Lava can run; the rest
goes into one versioned group, ``/lava_ahp``.  NumPy and h5py are all that this needs.
"""

from lava_ahp.netx._chain import write_input, write_layer
from lava_ahp.netx._file import as_network, layer_count, read, read_golden, write
from lava_ahp.netx._layout import VERSION

__all__ = ["VERSION", "as_network", "layer_count", "read", "read_golden", "write", "write_input", "write_layer"]
