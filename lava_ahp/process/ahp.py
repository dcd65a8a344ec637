"""The AHP neuron as a Lava Process: what it holds and how it is connected, apart from how it computes."""

from typing import Any

import numpy as np
import numpy.typing as npt
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess, LogConfig
from lava.magma.core.process.variable import Var

from lava_ahp.errors import SpecError
from lava_ahp.network import Neuron
from lava_ahp.network import fixedpoint as fx

#: Values of a state or a parameter: one for all neurons, or one each.
Values = int | npt.ArrayLike


class AHP(AbstractProcess):
    """Neurons with a slow after-hyperpolarising (AHP) current.

    In every step, with ``a_in`` what the synapses bring (docs/numerics.md)::

        u[t] = decay(u[t-1], du) + 2^(6 + input_exp) * a_in
        a[t] = decay(a[t-1], da) - w_ahp * s[t-1]
        v[t] = decay(v[t-1], dv) + u[t] + a[t] + bias_mant * 2^bias_exp
        s[t] = v[t] > 64 * vth
        v[t] = 0 where s[t] = 1

    ``w_ahp = 0`` makes a plain LIF neuron.  Every parameter may differ from neuron to neuron.

    **Offsets.**  Lava's LIF adds 1 to the ``du`` that it is given (a register of Loihi 1), and nothing to ``dv``: its
    ``du = 4095`` forgets the current in one step, its ``du = -1`` never does, and ``du = 0`` already decays by 1/4096.
    NetX therefore hands it ``iDecay - 1``.  Here ``du`` has **no** such offset: it is the decay itself, ``0..4096``, as
    SLAYER trains and exports it.  ``AHP(du=d)`` with ``w_ahp = 0`` equals ``LIF(du=d - 1)``.

    **Reset.**  As in Lava's LIFReset: with an interval, ``u``, ``a``, ``v`` and ``s`` are cleared at the start of the
    steps where ``time_step % reset_interval == reset_offset % reset_interval``, before the update, and what arrives in
    that step still counts.  Lava's first step is 1.

    Args:
        shape: shape of the population.
        u: initial synaptic current, 24 bit.
        v: initial voltage, 24 bit.
        a: initial AHP current, 24 bit.
        du: decay of the current, ``0..4096`` (4096 keeps nothing).
        dv: decay of the voltage, ``0..4096``.
        da: decay of the AHP current, ``0..4096``.
        vth: threshold mantissa, ``0..131071``.
        w_ahp: what a spike takes off ``a``, ``0..131071``, in units of the state.
        input_exp: exponent of what arrives, ``-6..7``.
        bias_mant: bias mantissa, ``-4096..4095``.
        bias_exp: bias exponent, ``0..7``.
        reset_interval: steps from reset to reset; None for no reset.
        reset_offset: phase of the reset.
        name: name of the process.
        log_config: Lava's logging options.

    Attributes:
        a_in: InPort, weighted spikes that arrive now.
        s_out: OutPort, spikes.
        s: Var, spikes of the last step, 0 or 1.

    Raises:
        SpecError: a parameter that is no integer or out of range, or of another shape.
    """

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
        super().__init__(
            shape=shape,
            reset_interval=reset_interval,
            reset_offset=reset_offset,
            name=name,
            log_config=log_config,
            **kwargs,
        )
        if reset_interval is not None and reset_interval < 1:
            raise SpecError(f"AHP reset_interval: found {reset_interval}, allowed 1 or more, or None")
        values = {
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
        full = {key: _fill(value, shape, key) for key, value in values.items()}
        _check(full)
        self.a_in = InPort(shape=shape)
        self.s_out = OutPort(shape=shape)
        self.u = Var(shape=shape, init=full["u"])
        self.v = Var(shape=shape, init=full["v"])
        self.a = Var(shape=shape, init=full["a"])
        self.s = Var(shape=shape, init=0)
        self.du = Var(shape=shape, init=full["du"])
        self.dv = Var(shape=shape, init=full["dv"])
        self.da = Var(shape=shape, init=full["da"])
        self.vth = Var(shape=shape, init=full["vth"])
        self.w_ahp = Var(shape=shape, init=full["w_ahp"])
        self.input_exp = Var(shape=shape, init=full["input_exp"])
        self.bias_mant = Var(shape=shape, init=full["bias_mant"])
        self.bias_exp = Var(shape=shape, init=full["bias_exp"])


def _fill(value: Values, shape: tuple[int, ...], key: str) -> npt.NDArray[np.int64]:
    array = np.asarray(value)
    if array.dtype.kind not in "biu" and not (array.dtype.kind == "f" and np.all(array == np.rint(array))):
        raise SpecError(f"AHP {key}: found {array.dtype}, allowed integers (decays are d of d / 4096)")
    try:
        return np.broadcast_to(array.astype(np.int64), shape).copy()
    except ValueError:
        raise SpecError(f"AHP {key}: found shape {array.shape}, allowed one value or {shape}") from None


def _check(values: dict[str, npt.NDArray[np.int64]]) -> None:
    for key, low, high in (
        ("u", -fx.STATE_MAX, fx.STATE_MAX + 1),
        ("v", -fx.STATE_MAX, fx.STATE_MAX),
        ("a", -fx.STATE_MAX, fx.STATE_MAX),
        ("bias_mant", fx.BIAS_MANTISSA_MIN, fx.BIAS_MANTISSA_MAX),
        ("bias_exp", 0, fx.BIAS_EXPONENT_MAX),
    ):
        if values[key].min() < low or values[key].max() > high:
            raise SpecError(f"AHP {key}: found {values[key].min()}..{values[key].max()}, allowed {low}..{high}")
    flat = {key: value.ravel() for key, value in values.items()}
    Neuron(
        threshold=flat["vth"],
        current_decay=flat["du"],
        voltage_decay=flat["dv"],
        ahp_decay=flat["da"],
        ahp_weight=flat["w_ahp"],
        bias=flat["bias_mant"] << flat["bias_exp"],
        input_exponent=flat["input_exp"],
    )
