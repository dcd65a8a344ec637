"""Dense and DelayDense as the chip computes them, which are Lava's bit-accurate models."""

from lava.magma.core.decorator import implements, requires
from lava.magma.core.model.c.model import CLoihiProcessModel
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.dense.models import PyDelayDenseModelBitAcc, PyDenseModelBitAcc
from lava.proc.dense.process import DelayDense, Dense


@implements(proc=Dense, protocol=LoihiProtocol)
@requires(CPU)
class OnChipDense(PyDenseModelBitAcc, CLoihiProcessModel):
    pass


@implements(proc=DelayDense, protocol=LoihiProtocol)
@requires(CPU)
class OnChipDelayDense(PyDelayDenseModelBitAcc, CLoihiProcessModel):
    pass
