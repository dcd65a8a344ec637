"""The AHP neuron of SLAYER."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.errors import SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network import graph
from lava_ahp.slayer._base import BaseNeuron
from lava_ahp.slayer.kernels import respond_to_drive
from lava_ahp.slayer.loop import Constants, integrate
from lava_ahp.slayer.surrogate import Surrogate, Triangular
from lava_ahp.slayer.weights import quantise

#: Parameters that can be learned, and the largest whole number that each may have on the chip.
LEARNABLE = {
    "threshold": fx.THRESHOLD_MAX,
    "current_decay": fx.DECAY_ONE,
    "voltage_decay": fx.DECAY_ONE,
    "ahp_decay": fx.DECAY_ONE,
    "ahp_strength": fx.AHP_WEIGHT_MAX,
}

#: Units of weight and of the state in 1.0.
_WEIGHT_SCALE = 1 << fx.STATE_SHIFT
_STATE_SCALE = 1 << 2 * fx.STATE_SHIFT

Value = float | Sequence[float] | npt.NDArray[Any] | Tensor


class _Round(torch.autograd.Function):
    """Round half to even and clip to ``low..high``; the derivative is 1."""

    @staticmethod
    def forward(_ctx: torch.autograd.function.FunctionCtx, x: Tensor, low: int, high: int) -> Tensor:
        return x.round().clamp_(low, high)

    @staticmethod
    def backward(_ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> tuple[Tensor, None, None]:
        return grad, None, None


class Neuron(BaseNeuron):
    """A leaky integrate-and-fire neuron with an after-hyperpolarising (AHP) current, in the integers of the chip.

    ``u[t] = (1 - current_decay) u[t-1] + x[t]``, ``a[t] = (1 - ahp_decay) a[t-1] - ahp_strength s[t-1]``,
    ``v[t] = (1 - voltage_decay) v[t-1] + u[t] + a[t]``, ``s[t] = v[t] > threshold``, then ``v = 0`` after a spike.
    docs/numerics.md gives the rounding.

    As in lava-dl, a weight, threshold, strength or state of 1.0 is 64 units of weight or 4096 units of the state.
    Decays are fractions per step; 1 forgets at once.  Parameters are stored as ``<name>_raw``: decays times 4096, as in
    lava-dl, and the others as given.  Every forward pass rounds them to the whole numbers of the chip.

    Args:
        threshold: ``0..131071/64``, rounded to 1/64.
        current_decay: ``0..1``.
        voltage_decay: ``0..1``.
        ahp_decay: ``0..1``.
        ahp_strength: the amount that a spike subtracts from ``a``, in the unit of the threshold, rounded to 1/4096.
            With 0 the neuron is a LIF neuron, so a block can mix both.
        input_exponent: ``e``, ``-6..7``; weighted spikes are multiplied by ``2**e``.  It is never learned.
        requires_grad: True to learn every parameter, or the names of those to learn.
        surrogate: derivative of the spike, see :mod:`lava_ahp.slayer.surrogate`.

    A parameter is one value for all neurons, or one value per neuron.

    Raises:
        SpecError: a value is out of range, a name is unknown, or parameters differ in length.
    """

    #: Smallest weight of the neuron's synapses, in units of the chip.
    least_weight = fx.WEIGHT_MIN

    threshold_raw: torch.nn.Parameter
    input_exponent: Tensor

    def __init__(
        self,
        threshold: Value,
        current_decay: Value = 1.0,
        voltage_decay: Value = 0.0,
        ahp_decay: Value = 0.0,
        ahp_strength: Value = 0.0,
        *,
        input_exponent: int | Sequence[int] | npt.NDArray[Any] | Tensor = 0,
        requires_grad: bool | Collection[str] = False,
        surrogate: Surrogate | None = None,
    ) -> None:
        # The base class takes one threshold for all neurons; the property below overrides it.
        super().__init__(threshold=1.0, p_scale=fx.DECAY_ONE, w_scale=_WEIGHT_SCALE, s_scale=_STATE_SCALE)
        learned = _names(requires_grad)
        self.requires_grad = bool(learned)
        self.surrogate = surrogate if surrogate is not None else Triangular()
        given = {
            "threshold": threshold,
            "current_decay": current_decay,
            "voltage_decay": voltage_decay,
            "ahp_decay": ahp_decay,
            "ahp_strength": ahp_strength,
        }
        for name, value in given.items():
            values = _tensor(value, f"neuron {name}", *(bound / self._units(name) for bound in self._bounds(name)))
            raw = (values * fx.DECAY_ONE if name.endswith("decay") else values).float()
            self.register_parameter(f"{name}_raw", torch.nn.Parameter(raw, requires_grad=name in learned))
        exponents = _tensor(input_exponent, "neuron input_exponent", fx.INPUT_EXPONENT_MIN, fx.INPUT_EXPONENT_MAX)
        if bool((exponents != exponents.round()).any()):
            raise SpecError(f"neuron input_exponent: found {exponents.tolist()}, allowed integers")
        self.register_buffer("input_exponent", exponents.float())
        lengths = {name: len(getattr(self, f"{name}_raw")) for name in LEARNABLE} | {"input_exponent": len(exponents)}
        sizes = {n for n in lengths.values() if n > 1}
        if len(sizes) > 1:
            raise SpecError(f"neuron parameters: found lengths {lengths}, allowed 1 or one common length")
        self.shared_param = not sizes
        if sizes:
            self._fix_shape(sizes.pop())

    def _units(self, name: str) -> int:
        """Units of the chip in a parameter of 1.0."""
        units: int = {"threshold": _WEIGHT_SCALE, "ahp_strength": _STATE_SCALE}.get(name, fx.DECAY_ONE)
        return units

    def _bounds(self, name: str) -> tuple[int, int]:
        """Smallest and largest whole number of a parameter on the chip."""
        return 0, LEARNABLE[name]

    def _raw(self, name: str) -> Tensor:
        """What is rounded to the whole numbers of a parameter."""
        raw: Tensor = getattr(self, f"{name}_raw").double()
        return raw if name.endswith("decay") else raw * self._units(name)

    def _whole(self, name: str) -> Tensor:
        """A parameter as a whole number of the chip, in ``float64``."""
        whole: Tensor = _Round.apply(self._raw(name), *self._bounds(name))
        return whole

    def _fix_shape(self, neurons: int) -> None:
        if self.shape is not None and self.num_neurons != neurons:
            raise SpecError(f"neuron: found parameters for {self.num_neurons} neurons, allowed {neurons} here")
        self.num_neurons = neurons
        self.shape = torch.Size([neurons])

    def constants(self) -> Constants:
        """The whole numbers of the chip.  Gradients pass through the rounding and through the clipping to the range."""
        whole = {name: self._whole(name) for name in LEARNABLE}
        return Constants(
            threshold=whole["threshold"] * 2**fx.STATE_SHIFT,
            current_decay=whole["current_decay"],
            voltage_decay=whole["voltage_decay"],
            ahp_decay=whole["ahp_decay"],
            ahp_weight=whole["ahp_strength"],
            gain=2.0 ** (fx.STATE_SHIFT + self.input_exponent.double()),
        )

    def to_network_neuron(self) -> graph.Neuron:
        """The parameters as a network holds them: one number where all neurons have the same value."""
        with torch.no_grad():
            c = self.constants()
        return graph.Neuron(
            threshold=_chip(c.threshold / 2**fx.STATE_SHIFT),
            current_decay=_chip(c.current_decay),
            voltage_decay=_chip(c.voltage_decay),
            ahp_decay=_chip(c.ahp_decay),
            ahp_weight=_chip(c.ahp_weight),
            input_exponent=_chip(self.input_exponent),
        )

    def quantize_8bit(self, weight: Tensor, descale: bool = False) -> Tensor:
        """Weights rounded to even units of the chip and clipped to their range, as lava-dl does.

        The gradient passes through the rounding, and not through the clipping.

        Args:
            weight: in SLAYER's unit, any shape.
            descale: return units of the chip instead of SLAYER's unit.
        """
        return quantise(weight, self.least_weight, 1 if descale else 1 / _WEIGHT_SCALE)

    @property
    def device_params(self) -> dict[str, Any]:
        """The neuron's entries in a NetX file; its type is ``CUBA`` if stock Lava can build it, else ``AHP``."""
        neuron = self.to_network_neuron()
        common = {"iDecay": neuron.current_decay, "vDecay": neuron.voltage_decay, "vThMant": neuron.threshold}
        tail = {"refDelay": 1, "gradedSpike": False}
        if neuron.size is None and not neuron.has_ahp and neuron.input_exponent == 0:
            return {"type": "CUBA", **common, **tail}
        ahp = {"ahpDecay": neuron.ahp_decay, "ahpWeight": neuron.ahp_weight, "inputExp": neuron.input_exponent}
        return {"type": "AHP", **common, **ahp, **tail}

    @property
    def threshold(self) -> Tensor:
        """Threshold as rounded for the chip, in SLAYER's unit: ``(neuron,)`` or ``(1,)``."""
        return self.constants().threshold / _STATE_SCALE

    @property
    def v_th_mant(self) -> int | npt.NDArray[np.int64]:
        """Mantissa of the threshold: one number for all neurons, or one per neuron."""
        return self.to_network_neuron().threshold

    @property
    def device(self) -> torch.device:
        """Device of the parameters."""
        return self.threshold_raw.device

    def clamp(self) -> None:
        """Clip learned parameters to their range; the forward pass uses the clipped values anyway."""
        with torch.no_grad():
            for name in LEARNABLE:
                units = 1 if name.endswith("decay") else self._units(name)
                getattr(self, f"{name}_raw").clamp_(*(bound / units for bound in self._bounds(name)))

    def dynamics(self, input: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Current, AHP current and voltage for weighted spikes, which arrive without delay.

        Args:
            input: ``(sample, neuron, time)``, in SLAYER's unit.

        Returns:
            ``u``, ``a`` and ``v`` after the reset, ``(sample, neuron, time)``, in SLAYER's unit.
        """
        drive = self._drive(input).transpose(1, 2)
        states = integrate(drive, None, self.constants(), self.surrogate)
        u, a, v = ((x / _STATE_SCALE).transpose(1, 2).to(input.dtype) for x in states[:3])
        return u, a, v

    def forward(self, input: Tensor) -> Tensor:
        """Spikes for weighted spikes, which arrive without delay, as in lava-dl; both ``(sample, neuron, time)``."""
        return respond_to_drive(self._drive(input), self.constants(), self.surrogate).out.to(input.dtype)

    def _drive(self, input: Tensor) -> Tensor:
        if input.ndim != 3:
            raise SpecError(f"neuron input: found shape {tuple(input.shape)}, allowed (sample, neuron, time)")
        self._fix_shape(input.shape[1])
        return input * _WEIGHT_SCALE


def _names(requires_grad: bool | Collection[str]) -> frozenset[str]:
    if isinstance(requires_grad, bool):
        return frozenset(LEARNABLE if requires_grad else ())
    names = frozenset([requires_grad] if isinstance(requires_grad, str) else requires_grad)
    if not names <= set(LEARNABLE):
        raise SpecError(f"neuron requires_grad: found {sorted(names - set(LEARNABLE))}, allowed {list(LEARNABLE)}")
    return names


def _tensor(value: Any, what: str, low: float, high: float) -> Tensor:
    given = value.detach().cpu().numpy() if isinstance(value, Tensor) else value
    values = torch.from_numpy(np.array(given, dtype=np.float64, ndmin=1))
    if values.ndim != 1 or values.numel() == 0:
        raise SpecError(f"{what}: found shape {tuple(values.shape)}, allowed one value, or one per neuron")
    bad = ~((values >= low) & (values <= high))
    if bool(bad.any()):
        raise SpecError(f"{what}: found {values[bad][0].item()}, allowed {low:g}..{high:g}")
    return values


def _chip(whole: Tensor) -> int | npt.NDArray[np.int64]:
    values = whole.detach().cpu().numpy().astype(np.int64)
    return int(values[0]) if np.all(values == values[0]) else values
