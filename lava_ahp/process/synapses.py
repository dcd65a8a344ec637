"""Build Lava's connection Processes for a connection of the network.

The choice of the Process follows from how Lava's bit-accurate models treat weights (``lava.utils.weightutils``):

- All weights are even: one Process with ``SignMode.MIXED``, where weights are -256..254 in steps of 2.
- Some weights are odd and all have the same sign: one ``EXCITATORY`` (0..255) or ``INHIBITORY`` (-255..0) Process.
- Some weights are odd and the signs differ: one excitatory and one inhibitory Process.  ``MIXED`` would silently drop
  the lowest bit.  The chip needs two synapse groups in this case as well.
- There are no synapses: no Process.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from lava.magma.core.process.process import AbstractProcess
from lava.proc.dense.process import DelayDense, Dense
from lava.proc.sparse.process import DelaySparse, Sparse
from lava.utils.weightutils import SignMode
from scipy.sparse import csr_matrix

from lava_ahp.network import Connection
from lava_ahp.network import fixedpoint as fx

#: A weight matrix with at least ``SPARSE_ENTRIES`` entries becomes a Sparse Process if the fraction of synapses is at
#: most ``SPARSE_DENSITY``, and a Dense Process otherwise.  For small matrices Lava's Sparse is slower at any density:
#: 60 microseconds per step against 6 for 240 x 240, but 1.5 milliseconds against 3.1 for 4000 x 4000 at 5 %.
SPARSE_ENTRIES = 2**20
SPARSE_DENSITY = 0.1


#: Weight matrices by what they depend on; the Processes of connections that share weights get the same one.
Matrices = dict[tuple[Any, ...], Any]


def make_synapses(
    connection: Connection,
    matrices: Matrices | None = None,
    *,
    floating: bool = False,
    sparse: bool | None = None,
) -> list[AbstractProcess]:
    """Make Lava's Processes for a connection: none, one, or two if the signs are split.

    Args:
        connection: the connection.
        matrices: those of other connections of the network; new ones are added.
        floating: multiply the weights by ``2**exponent``, because Lava's floating-point models ignore ``weight_exp``.
        sparse: whether to make Sparse or Dense Processes; None chooses the faster one.
    """
    known: Matrices = {} if matrices is None else matrices
    return [
        _process(connection, known, SignMode[sign], keep, floating, sparse) for sign, keep in connection.sign_groups()
    ]


def is_sparse(shape: tuple[int, int], synapses: int) -> bool:
    """Whether a weight matrix with so many synapses becomes a Sparse Process."""
    entries = shape[0] * shape[1]
    return entries >= SPARSE_ENTRIES and synapses <= SPARSE_DENSITY * entries


def silent_synapse(sources: int, targets: int) -> Dense:
    """Make a connection Process without any synapses."""
    return Dense(weights=np.zeros((targets, sources), dtype=np.int32), sign_mode=SignMode.MIXED, name="silent")


def _process(
    connection: Connection,
    matrices: Matrices,
    sign: SignMode,
    keep: npt.NDArray[np.bool_],
    floating: bool,
    sparse: bool | None,
) -> AbstractProcess:
    where = (connection.targets[keep], connection.sources[keep])
    if sparse is None:
        sparse = is_sparse(connection.shape, np.count_nonzero(keep))

    def matrix(values: npt.NDArray[Any], dtype: type) -> Any:
        if sparse:
            return csr_matrix((values.astype(dtype), where), shape=connection.shape)
        dense: npt.NDArray[Any] = np.zeros(connection.shape, dtype=dtype)
        dense[where] = values
        return dense

    key = (id(connection.weights), sign, sparse, connection.exponent if floating else None)
    if key not in matrices:
        weights = connection.values[keep].astype(np.int64)
        matrices[key] = matrix(weights << connection.exponent, float) if floating else matrix(weights, np.int32)
    options: dict[str, Any] = {
        "weights": matrices[key],
        "weight_exp": connection.exponent,
        "num_weight_bits": 8,
        "sign_mode": sign,
        "name": f"{connection.source}_to_{connection.target}_{sign.name.lower()}",
    }
    # Lava's delays do not include the one step that every spike takes.
    extra_delays = connection.delays[keep].astype(int) - fx.DELAY_MIN
    if not extra_delays.any():
        return Sparse(**options) if sparse else Dense(**options)
    options["delays"] = matrix(extra_delays, int)
    if sparse:
        options["delays"].eliminate_zeros()
        return DelaySparse(**options, max_delay=int(extra_delays.max()))
    return DelayDense(**options, max_delay=int(extra_delays.max()))
