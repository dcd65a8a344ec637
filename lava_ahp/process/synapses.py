"""From a connection of the network to Lava's connection processes.

Each choice below follows from what Lava's bit-accurate models do with weights (``lava.utils.weightutils``):

- All weights even: one process with ``SignMode.MIXED``, whose weights are -256..254 in steps of 2.
- An odd weight and one sign only: ``EXCITATORY`` (0..255) or ``INHIBITORY`` (-255..0).
- Odd weights of both signs: ``MIXED`` would silently drop their last bit, so one excitatory and one inhibitory
  process, as a chip needs two synapse groups there.
- No synapse at all: no process.
"""

from collections.abc import Iterator
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

#: A weight matrix of at least so many entries, of which at most this part are synapses, becomes a Sparse process.
#: Smaller ones stay Dense: there Lava's Sparse is slower at any density (240 x 240: 60 against 6 microseconds a step;
#: 4000 x 4000 at 5 %: 1.5 against 3.1 milliseconds).
SPARSE_ENTRIES = 2**20
SPARSE_DENSITY = 0.1


def make_synapses(connection: Connection, *, floating: bool = False) -> list[AbstractProcess]:
    """Lava's processes that together carry a connection: none, one, or two where the signs are split.

    Args:
        connection: the connection.
        floating: multiply ``2**exponent`` into the weights, for Lava's floating-point models, which ignore
            ``weight_exp``.
    """
    return [_process(connection, sign, keep, floating) for sign, keep in _groups(connection)]


def silent_synapse(sources: int, targets: int) -> Dense:
    """A connection process that hears and brings nothing."""
    return Dense(weights=np.zeros((targets, sources), dtype=np.int32), sign_mode=SignMode.MIXED, name="silent")


def _groups(connection: Connection) -> Iterator[tuple[SignMode, npt.NDArray[np.bool_]]]:
    values = connection.values
    positive = values > 0
    if not np.any(values % 2):
        if len(values):
            yield SignMode.MIXED, np.ones(len(values), dtype=bool)
        return
    if positive.any():
        yield SignMode.EXCITATORY, positive
    if not positive.all():
        yield SignMode.INHIBITORY, ~positive


def _process(connection: Connection, sign: SignMode, keep: npt.NDArray[np.bool_], floating: bool) -> AbstractProcess:
    where = (connection.targets[keep], connection.sources[keep])
    entries = connection.shape[0] * connection.shape[1]
    sparse = entries >= SPARSE_ENTRIES and np.count_nonzero(keep) <= SPARSE_DENSITY * entries

    def matrix(values: npt.NDArray[Any], dtype: type) -> Any:
        if sparse:
            return csr_matrix((values.astype(dtype), where), shape=connection.shape)
        dense: npt.NDArray[Any] = np.zeros(connection.shape, dtype=dtype)
        dense[where] = values
        return dense

    weights = connection.values[keep].astype(np.int64)
    options: dict[str, Any] = {
        "weights": matrix(weights << connection.exponent, float) if floating else matrix(weights, np.int32),
        "weight_exp": connection.exponent,
        "num_weight_bits": 8,
        "sign_mode": sign,
        "name": f"{connection.source}_to_{connection.target}_{sign.name.lower()}",
    }
    # Lava counts from the earliest arrival there is, one step after the spike.
    delays = connection.delays[keep].astype(int) - fx.DELAY_MIN
    if not delays.any():
        return Sparse(**options) if sparse else Dense(**options)
    options["delays"] = matrix(delays, int)
    if sparse:
        options["delays"].eliminate_zeros()
        return DelaySparse(**options, max_delay=int(delays.max()))
    return DelayDense(**options, max_delay=int(delays.max()))
