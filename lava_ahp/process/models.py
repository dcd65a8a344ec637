"""How :class:`lava_ahp.process.AHP` computes on a CPU: in floating point, or bit for bit as on the chip.

These models deliberately do not use ``lava_ahp.dynamics``: they are a separate implementation, and tests check that
both give equal results.
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
    """Common base of both models: the parameters, the order of a time step, and the reset."""

    du: npt.NDArray[Any] = LavaPyType(np.ndarray, np.int32, precision=13)
    dv: npt.NDArray[Any] = LavaPyType(np.ndarray, np.int32, precision=13)
    da: npt.NDArray[Any] = LavaPyType(np.ndarray, np.int32, precision=13)
    vth: npt.NDArray[Any] = LavaPyType(np.ndarray, np.int32, precision=17)
    w_ahp: npt.NDArray[Any] = LavaPyType(np.ndarray, np.int32, precision=17)
    input_exp: npt.NDArray[Any] = LavaPyType(np.ndarray, np.int32, precision=4)
    bias_mant: npt.NDArray[Any] = LavaPyType(np.ndarray, np.int32, precision=13)
    bias_exp: npt.NDArray[Any] = LavaPyType(np.ndarray, np.int32, precision=3)
    s: npt.NDArray[Any] = LavaPyType(np.ndarray, np.int32, precision=1)
    # The two models below declare these with their own types.
    a_in: PyInPort
    s_out: PyOutPort
    u: npt.NDArray[Any]
    v: npt.NDArray[Any]
    a: npt.NDArray[Any]

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.reset_interval = proc_params.get("reset_interval")
        self.reset_offset = proc_params.get("reset_offset", 0)
        self._scaled: dict[str, npt.NDArray[Any]] | None = None

    def on_var_update(self) -> None:
        """Use a parameter that ``Var.set`` has changed from the next time step on."""
        self._scaled = None

    def clear(self) -> None:
        """Set the state to that at the start of a sample: all zero."""
        for state in (self.u, self.a, self.v, self.s):
            state[...] = 0

    def run_spk(self) -> None:
        """Compute one time step."""
        drive = self.a_in.recv()
        if self.reset_interval is not None and (self.time_step - self.reset_offset) % self.reset_interval == 0:
            self.clear()
        if self._scaled is None:
            self._scaled = self.scale()
        self.update(drive, **self._scaled)
        self.s_out.send(self.s)

    def scale(self) -> dict[str, npt.NDArray[Any]]:
        """The parameters in the form that :meth:`update` takes."""
        raise NotImplementedError

    def update(self, drive: npt.NDArray[Any], **scaled: npt.NDArray[Any]) -> None:
        """Compute ``u``, ``a``, ``v`` and ``s`` of the next time step."""
        raise NotImplementedError


@implements(proc=AHP, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyAHPModelFloat(AbstractPyAHPModel):
    """The equations of the chip without rounding, wrapping and saturation.

    The units are those of the fixed-point model, so that the states of both can be compared: decays are ``d / 4096``,
    ``u``, ``a`` and ``v`` are in units of the chip's state, and the threshold is ``64 * vth``.
    """

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    u: npt.NDArray[Any] = LavaPyType(np.ndarray, float)
    v: npt.NDArray[Any] = LavaPyType(np.ndarray, float)
    a: npt.NDArray[Any] = LavaPyType(np.ndarray, float)

    def scale(self) -> dict[str, npt.NDArray[Any]]:
        """Decays as the fraction that remains, everything else in units of the state."""
        return {
            "keep_u": 1 - self.du / 2**DECAY_SHIFT,
            "keep_a": 1 - self.da / 2**DECAY_SHIFT,
            "keep_v": 1 - self.dv / 2**DECAY_SHIFT,
            "gain": 2.0 ** (STATE_SHIFT + self.input_exp),
            "bias": self.bias_mant * 2.0**self.bias_exp,
            "threshold": self.vth * 2.0**STATE_SHIFT,
        }

    def update(self, drive: npt.NDArray[Any], **scaled: npt.NDArray[Any]) -> None:
        """Compute one time step in floating point."""
        self.u[...] = self.u * scaled["keep_u"] + drive * scaled["gain"]
        self.a[...] = self.a * scaled["keep_a"] - self.w_ahp * self.s
        self.v[...] = self.v * scaled["keep_v"] + self.u + self.a + scaled["bias"]
        self.s[...] = self.v > scaled["threshold"]
        self.v[self.s == 1] = 0


@implements(proc=AHP, protocol=LoihiProtocol)
@requires(CPU)
@tag("bit_accurate_loihi", "fixed_pt")
class PyAHPModelFixed(AbstractPyAHPModel):
    """The integer arithmetic of docs/numerics.md.

    Products and sums have 64 bits and are then reduced to 24 bits.  As in Lava's LIF, ``u`` wraps into
    ``-2^23 + 1 .. 2^23``.  ``a`` and ``v`` saturate at ``±(2^23 - 1)``.  Decayed values round toward zero.
    """

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int64, precision=32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=1)
    u: npt.NDArray[Any] = LavaPyType(np.ndarray, np.int32, precision=24)
    v: npt.NDArray[Any] = LavaPyType(np.ndarray, np.int32, precision=24)
    a: npt.NDArray[Any] = LavaPyType(np.ndarray, np.int32, precision=24)

    def scale(self) -> dict[str, npt.NDArray[Any]]:
        """Decays as the part of 4096 that remains, everything else in units of the state, in 64 bits."""
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
        """Compute one time step in integers."""
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
    product: npt.NDArray[np.int64] = state * keep
    # The shift rounds down, so 4095 is added to negative products first.
    return (product + ((product >> 63) & ((1 << DECAY_SHIFT) - 1))) >> DECAY_SHIFT
