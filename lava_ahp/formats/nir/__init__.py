"""Networks from and to NIR, the Neuromorphic Intermediate Representation (docs/nir.md).

The package ``nir`` is imported when it is used (``pip install 'lava-ahp[nir]'``).
"""

from lava_ahp.formats.nir._convert import Converted, convert
from lava_ahp.formats.nir._export import to_graph
from lava_ahp.formats.nir._loss import Loss
from lava_ahp.formats.nir._metadata import embed, embedded
from lava_ahp.formats.nir._reading import read_graph
from lava_ahp.formats.nir._types import library
from lava_ahp.formats.nir._units import SUBTRACTION
from lava_ahp.formats.nir._writing import write_graph

__all__ = [
    "SUBTRACTION",
    "Converted",
    "Loss",
    "convert",
    "embed",
    "embedded",
    "library",
    "read_graph",
    "to_graph",
    "write_graph",
]
