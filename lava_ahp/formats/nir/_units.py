"""NIR neurons in discrete time: forward Euler, the synaptic current before the voltage.

With ``k = dt / tau`` (the equations of NIR, Pedersen et al. 2024, doi 10.1038/s41467-024-52259-9)::

    i[t] = (1 - k_syn) i[t-1] + k_syn w_in x[t]         CubaLIF, CubaLI; i[t] = x[t] in the others
    v[t] = (1 - k_mem) v[t-1] + k_mem (v_leak + r i[t])     v[t-1] + dt r x[t] in IF and I
    z[t] = v[t] > v_threshold,  then v[t] = v_reset

This is what snnTorch's and Norse's readers compute, and what the chip computes up to its rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError, brief
from lava_ahp.formats.nir._types import GRADED, SPIKING, kind

Array = npt.NDArray[np.float64]

#: How far rounding of 32-bit floats may bring ``dt / tau`` above 1.
_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Unit:
    """Neurons in discrete time, their voltage counted from ``v_reset``; every array is ``(neuron,)``.

    Attributes:
        gain: what an input of 1 adds to the voltage in the step of its arrival.
        bias: what is added to the voltage in every step.
        current_leak: ``dt / tau_syn``, the share of the current that is lost in a step; 1 without a current.
        voltage_leak: ``dt / tau_mem``; 0 without a leak.
        threshold: None for neurons that do not spike.
    """

    name: str
    gain: Array
    bias: Array
    current_leak: Array
    voltage_leak: Array
    threshold: Array | None

    @property
    def size(self) -> int:
        """Number of neurons."""
        return len(self.gain)

    @property
    def memoryless(self) -> bool:
        """Whether no neuron has a synaptic current."""
        return bool(np.all(self.current_leak == 1))


def unit(name: str, node: Any, dt: float) -> Unit:
    """Discretise a neuron.

    Args:
        name: name of the node, for messages.
        node: a NIR neuron.
        dt: one time step, in seconds.

    Raises:
        DataError: a parameter that is not finite, a time constant that is not positive or shorter than a step, or a
            threshold below the reset.
    """
    get = _Parameters(name, node)
    one = np.ones(get.size)
    if kind(node) in ("IF", "I"):
        leak, voltage_gain, drift = 0 * one, dt * get("r"), 0 * one
    else:
        leak = get.leak("tau_mem" if kind(node).startswith("Cuba") else "tau", dt)
        voltage_gain, drift = leak * get("r"), leak * get("v_leak")
    current_leak, current_gain = one, one
    if kind(node).startswith("Cuba"):
        current_leak, current_gain = get.leak("tau_syn", dt), get("w_in")
    threshold = None
    if kind(node) in SPIKING:
        reset = get("v_reset")
        threshold, drift = get("v_threshold") - reset, drift - leak * reset
        if threshold.min() < 0:
            raise DataError(f"{get.where}: v_threshold below v_reset by {-threshold.min():g}, allowed none")
    return Unit(name, voltage_gain * current_gain * current_leak, drift, current_leak, leak, threshold)


class _Parameters:
    """Parameters of one node as vectors."""

    def __init__(self, name: str, node: Any) -> None:
        self.where, self.node = f"NIR node {brief(name)} ({kind(node)})", node
        _refuse_subtraction(self.where, node)
        self.size = int(np.size(node.r))
        if not self.size:
            raise DataError(f"{self.where}: no neurons, allowed one or more")

    def __call__(self, key: str) -> Array:
        values = vector(getattr(self.node, key), f"{self.where}: {key}")
        if len(values) not in (1, self.size):
            raise DataError(f"{self.where}: {key} of {len(values)} neurons, r of {self.size}; give one value each")
        return np.broadcast_to(values, (self.size,))

    def leak(self, key: str, dt: float) -> Array:
        tau = self(key)
        if tau.min() <= 0:
            raise DataError(f"{self.where}: {key} {tau.min():g} s, allowed above 0")
        if tau.min() < dt * (1 - _TOLERANCE):
            raise DataError(
                f"{self.where}: {key} {tau.min():g} s is shorter than a step of {dt:g} s; use a smaller dt (--dt)"
            )
        return np.minimum(dt / tau, 1)


def _refuse_subtraction(where: str, node: Any) -> None:
    """NIR has no field for the reset; some programs say it in the metadata."""
    if kind(node) in GRADED or not isinstance(node.metadata, dict):
        return
    for key, value in node.metadata.items():
        if "reset" in str(key).lower() and "subtract" in str(value).lower():
            raise DataError(f"{where}: metadata {brief(str(key))} {brief(str(value))}: {SUBTRACTION}")


#: Why a reset by subtraction is refused.
SUBTRACTION = (
    "a reset by subtraction is not what the chip does: its voltage is 0 after a spike, what was above the threshold is "
    "lost; train with a reset to zero"
)


def vector(values: Any, where: str) -> Array:
    """Finite numbers in one dimension.

    Raises:
        DataError: they are not.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "iuf" or not np.all(np.isfinite(array)):
        raise DataError(
            f"{where}: found {brief(str(array.dtype))} or values that are not finite, allowed finite numbers"
        )
    return array.astype(np.float64).ravel()
