"""How :class:`lava_ahp.process.AHP` computes on a CPU: in floating point, and bit for bit as the chip would.

Written apart from ``lava_ahp.dynamics`` on purpose: that both agree is proved by tests.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from lava_ahp.process.ahp import AHP

DECAY_SHIFT = 12
STATE_SHIFT = 6
HALF_RANGE = 2**23


class AbstractPyAHPModel(PyLoihiProcessModel):
    """What both arithmetics share: the parameters, the order of a step, and the reset."""

    du: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=13)
    dv: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=13)
    da: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=13)
    vth: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=17)
    w_ahp: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=17)
    input_exp: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=4)
    bias_mant: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=13)
    bias_exp: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=3)
    s: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=1)
    # Declared by the two models, each in its own type.
    a_in: PyInPort
    s_out: PyOutPort
    u: np.ndarray
    v: np.ndarray
    a: np.ndarray

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.reset_interval = proc_params.get("reset_interval")
        self.reset_offset = proc_params.get("reset_offset", 0)
        self._scaled: dict[str, npt.NDArray[Any]] | None = None

    def on_var_update(self) -> None:
        """Take a parameter that ``Var.set`` has just changed."""
        self._scaled = None

    def clear(self) -> None:
        """Back to the state at the start of a sample."""
        for state in (self.u, self.a, self.v, self.s):
            state[...] = 0

    def run_spk(self) -> None:
        """One time step."""
        drive = self.a_in.recv()
        if self.reset_interval is not None and (self.time_step - self.reset_offset) % self.reset_interval == 0:
            self.clear()
        if self._scaled is None:
            self._scaled = self.scale()
        self.update(drive, **self._scaled)
        self.s_out.send(self.s)

    def scale(self) -> dict[str, npt.NDArray[Any]]:
        """The parameters as :meth:`update` wants them."""
        raise NotImplementedError

    def update(self, drive: npt.NDArray[Any], **scaled: npt.NDArray[Any]) -> None:
        """Advance ``u``, ``a``, ``v`` and ``s`` by a step."""
        raise NotImplementedError


@implements(proc=AHP, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyAHPModelFloat(AbstractPyAHPModel):
    """The equations of the chip without its rounding, wrapping and saturation.

    Units are those of the fixed-point model: decays are ``d / 4096``, ``u``, ``a`` and ``v`` are in units of the chip's
    state (a threshold ``vth`` stands at ``64 * vth``), so that both models may be laid over each other.
    """

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    u: np.ndarray = LavaPyType(np.ndarray, float)
    v: np.ndarray = LavaPyType(np.ndarray, float)
    a: np.ndarray = LavaPyType(np.ndarray, float)

    def scale(self) -> dict[str, npt.NDArray[Any]]:
        """Decays as what remains of 1, everything else in units of the state."""
        return {
            "keep_u": 1 - self.du / 2**DECAY_SHIFT,
            "keep_a": 1 - self.da / 2**DECAY_SHIFT,
            "keep_v": 1 - self.dv / 2**DECAY_SHIFT,
            "gain": 2.0 ** (STATE_SHIFT + self.input_exp),
            "bias": self.bias_mant * 2.0**self.bias_exp,
            "threshold": self.vth * 2.0**STATE_SHIFT,
        }

    def update(self, drive: npt.NDArray[Any], **scaled: npt.NDArray[Any]) -> None:
        """One step in real numbers."""
        self.u[...] = self.u * scaled["keep_u"] + drive * scaled["gain"]
        self.a[...] = self.a * scaled["keep_a"] - self.w_ahp * self.s
        self.v[...] = self.v * scaled["keep_v"] + self.u + self.a + scaled["bias"]
        self.s[...] = self.v > scaled["threshold"]
        self.v[self.s == 1] = 0


@implements(proc=AHP, protocol=LoihiProtocol)
@requires(CPU)
@tag("bit_accurate_loihi", "fixed_pt")
class PyAHPModelFixed(AbstractPyAHPModel):
    """The integers of docs/numerics.md.

    Products and sums are taken in 64 bit and only then brought back to 24: ``u`` wraps into ``-2^23 + 1 .. 2^23``,
    where Lava's LIF leaves it, ``a`` and ``v`` saturate at ``±(2^23 - 1)``.  Decayed values round toward zero.
    """

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int64, precision=32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=1)
    u: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=24)
    v: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=24)
    a: np.ndarray = LavaPyType(np.ndarray, np.int32, precision=24)

    def scale(self) -> dict[str, npt.NDArray[Any]]:
        """Decays as what remains of 4096, everything else in units of the state, in 64 bit."""
        return {
            "keep_u": (1 << DECAY_SHIFT) - self.du.astype(np.int64),
            "keep_a": (1 << DECAY_SHIFT) - self.da.astype(np.int64),
            "keep_v": (1 << DECAY_SHIFT) - self.dv.astype(np.int64),
            "shift": STATE_SHIFT + self.input_exp.astype(np.int64),
            "w_ahp": self.w_ahp.astype(np.int64),
            "bias": self.bias_mant.astype(np.int64) << self.bias_exp.astype(np.int64),
            "threshold": self.vth.astype(np.int64) << STATE_SHIFT,
        }

    def update(self, drive: npt.NDArray[Any], **scaled: npt.NDArray[Any]) -> None:
        """One step in integers."""
        u = _remain(self.u, scaled["keep_u"]) + (drive << scaled["shift"])
        u = ((u + (HALF_RANGE - 1)) & (2 * HALF_RANGE - 1)) - (HALF_RANGE - 1)
        a = _remain(self.a, scaled["keep_a"]) - scaled["w_ahp"] * self.s
        a = np.minimum(np.maximum(a, 1 - HALF_RANGE), HALF_RANGE - 1)
        v = _remain(self.v, scaled["keep_v"]) + u + a + scaled["bias"]
        v = np.minimum(np.maximum(v, 1 - HALF_RANGE), HALF_RANGE - 1)
        spikes = v > scaled["threshold"]
        v[spikes] = 0
        self.u[...], self.a[...], self.v[...], self.s[...] = u, a, v, spikes


def _remain(state: npt.NDArray[Any], keep: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``state * keep / 4096``, rounded toward zero."""
    product = state * keep
    # The shift rounds down: negative products are lifted first.
    return (product + ((product >> 63) & ((1 << DECAY_SHIFT) - 1))) >> DECAY_SHIFT
