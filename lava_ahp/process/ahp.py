"""The AHP neuron as a Lava Process: its parameters, variables and ports.  How it computes is in the models."""

from typing import Any

import numpy as np
import numpy.typing as npt
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess, LogConfig
from lava.magma.core.process.variable import Var

from lava_ahp.errors import SpecError
from lava_ahp.network import fixedpoint as fx

#: Values of a state or a parameter: one for all neurons, or one per neuron.
Values = int | npt.ArrayLike

#: Smallest and largest value of every state and parameter.
_RANGES = {
    "u": (-fx.STATE_MAX, fx.STATE_MAX + 1),
    "v": (-fx.STATE_MAX, fx.STATE_MAX),
    "a": (-fx.STATE_MAX, fx.STATE_MAX),
    "du": (0, fx.DECAY_ONE),
    "dv": (0, fx.DECAY_ONE),
    "da": (0, fx.DECAY_ONE),
    "vth": (0, fx.THRESHOLD_MAX),
    "w_ahp": (0, fx.AHP_WEIGHT_MAX),
    "input_exp": (fx.INPUT_EXPONENT_MIN, fx.INPUT_EXPONENT_MAX),
    "bias_mant": (fx.BIAS_MANTISSA_MIN, fx.BIAS_MANTISSA_MAX),
    "bias_exp": (0, fx.BIAS_EXPONENT_MAX),
}


class AHP(AbstractProcess):
    """Neurons with a slow after-hyperpolarising (AHP) current.

    In every time step, with ``a_in`` the sum of the weighted spikes that arrive (docs/numerics.md)::

        u[t] = decay(u[t-1], du) + 2^(6 + input_exp) * a_in
        a[t] = decay(a[t-1], da) - w_ahp * s[t-1]
        v[t] = decay(v[t-1], dv) + u[t] + a[t] + bias_mant * 2^bias_exp
        s[t] = v[t] > 64 * vth
        v[t] = 0 where s[t] = 1

    With ``w_ahp = 0`` this is a plain LIF neuron.  Every parameter may be one value for all neurons or one value per
    neuron.

    **Offsets.**  Lava's LIF adds 1 to its ``du`` (as a register of Loihi 1 does) and nothing to its ``dv``.  With
    ``du = 4095`` it keeps no current from step to step, with ``du = 0`` the current decays by 1/4096 per step, and
    with ``du = -1`` it does not decay.  For this reason NetX passes ``iDecay - 1``.  Here ``du`` has **no** offset: it
    is the decay itself, ``0..4096``, as SLAYER trains and exports it.  ``AHP(du=d)`` with ``w_ahp = 0`` equals
    ``LIF(du=d - 1)``.

    **Reset.**  As in Lava's LIFReset, ``u``, ``a``, ``v`` and ``s`` are cleared at the start of every time step with
    ``time_step % reset_interval == reset_offset % reset_interval``.  Spikes that arrive in that step still count.
    Lava's first time step is 1.

    Args:
        shape: shape of the population.
        u: initial synaptic current, ``-2^23 + 1 .. 2^23``.
        v: initial voltage, ``-2^23 + 1 .. 2^23 - 1``.
        a: initial AHP current, ``-2^23 + 1 .. 2^23 - 1``.
        du: decay of the synaptic current, ``0..4096`` (with 4096, nothing remains in the next step).
        dv: decay of the voltage, ``0..4096``.
        da: decay of the AHP current, ``0..4096``.
        vth: threshold mantissa, ``0..131071``.
        w_ahp: amount that each spike subtracts from ``a``, ``0..131071``, in units of the state.
        input_exp: exponent of the weighted spikes that arrive, ``-6..7``.
        bias_mant: bias mantissa, ``-4096..4095``.
        bias_exp: bias exponent, ``0..7``.
        reset_interval: number of time steps between resets, 1 or more; None for no reset.
        reset_offset: phase of the reset, in time steps.
        name: name of the Process.
        log_config: Lava's logging options.

    Attributes:
        a_in: InPort, sum of the weighted spikes that arrive in this time step.
        s_out: OutPort, spikes.
        s: Var, spikes of the last time step, 0 or 1.

    Raises:
        SpecError: a parameter that is not an integer, is out of range, or has another shape than the population.
    """

    # Lava's __del__ reads this attribute, also if __init__ has failed before it was set.
    _runtime: Any = None

    def __init__(
        self,
        *,
        shape: tuple[int, ...],
        u: Values = 0,
        v: Values = 0,
        a: Values = 0,
        du: Values = fx.DECAY_ONE,
        dv: Values = 0,
        da: Values = 0,
        vth: Values = 10,
        w_ahp: Values = 0,
        input_exp: Values = 0,
        bias_mant: Values = 0,
        bias_exp: Values = 0,
        reset_interval: int | None = None,
        reset_offset: int = 0,
        name: str | None = None,
        log_config: LogConfig | None = None,
        **kwargs: Any,
    ) -> None:
        if reset_interval is not None and reset_interval < 1:
            raise SpecError(f"AHP reset_interval: found {reset_interval}, allowed 1 or more, or None")
        given = {
            "u": u,
            "v": v,
            "a": a,
            "du": du,
            "dv": dv,
            "da": da,
            "vth": vth,
            "w_ahp": w_ahp,
            "input_exp": input_exp,
            "bias_mant": bias_mant,
            "bias_exp": bias_exp,
        }
        values = {key: _check(key, value, shape) for key, value in given.items()}
        super().__init__(
            shape=shape,
            reset_interval=reset_interval,
            reset_offset=reset_offset,
            name=name,
            log_config=log_config,
            **kwargs,
        )
        self.a_in = InPort(shape=shape)
        self.s_out = OutPort(shape=shape)
        self.u = Var(shape=shape, init=values["u"])
        self.v = Var(shape=shape, init=values["v"])
        self.a = Var(shape=shape, init=values["a"])
        self.s = Var(shape=shape, init=0)
        self.du = Var(shape=shape, init=values["du"])
        self.dv = Var(shape=shape, init=values["dv"])
        self.da = Var(shape=shape, init=values["da"])
        self.vth = Var(shape=shape, init=values["vth"])
        self.w_ahp = Var(shape=shape, init=values["w_ahp"])
        self.input_exp = Var(shape=shape, init=values["input_exp"])
        self.bias_mant = Var(shape=shape, init=values["bias_mant"])
        self.bias_exp = Var(shape=shape, init=values["bias_exp"])


def _check(key: str, value: Values, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """A parameter as an array of the population's shape."""
    array = np.asarray(value)
    if array.dtype.kind not in "biu" and not (array.dtype.kind == "f" and np.all(array == np.rint(array))):
        raise SpecError(f"AHP {key}: found {array.dtype}, allowed integers; give a decay of d / 4096 as d")
    low, high = _RANGES[key]
    outside = array[(array < low) | (array > high)]
    if outside.size:
        raise SpecError(f"AHP {key}: found {outside[0]}, allowed {low}..{high}")
    try:
        return np.broadcast_to(array.astype(np.int64), shape).copy()
    except ValueError:
        raise SpecError(f"AHP {key}: found shape {array.shape}, allowed one value or {shape}") from None
