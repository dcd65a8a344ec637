"""A neuron group: ``type`` and the parameters, each one value or one per neuron."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from lava_ahp.network import Neuron
from lava_ahp.network import fixedpoint as fx
from lava_ahp.netx import _layout as layout
from lava_ahp.netx._hdf5 import Section, put, put_text

_LIF_KEYS = ("iDecay", "vDecay", "vThMant")
_RANGES = {
    "iDecay": (0, fx.DECAY_ONE),
    "vDecay": (0, fx.DECAY_ONE),
    "ahpDecay": (0, fx.DECAY_ONE),
    "ahpWeight": (0, fx.AHP_WEIGHT_MAX),
    "vThMant": (0, fx.THRESHOLD_MAX),
    "inputExp": (fx.INPUT_EXPONENT_MIN, fx.INPUT_EXPONENT_MAX),
}
_REASONS = {
    "refDelay": "a refractory period is not supported",
    "gradedSpike": "graded spikes are not supported",
    "wgtExp": "SLAYER scales the weights by it, NetX does not",
}


def write_neuron(group: h5py.Group, neuron: Neuron, *, stock: bool) -> None:
    """Fill a neuron group, as lava-dl's ``CUBA`` if ``stock``, else as ``AHP``."""
    put_text(group, "type", "CUBA" if stock else "AHP")
    for key, name in layout.PARAMETER_OF_KEY.items():
        value = np.asarray(getattr(neuron, name))
        # Stock NetX ignores the AHP keys.  The decay is kept so that the network reads back unchanged.
        if not stock or key in _LIF_KEYS or (key == "ahpDecay" and np.any(value)):
            put(group, key, value.flat[0] if np.ptp(value) == 0 else value.astype(np.int32))
    put(group, "refDelay", layout.CONSTANT_KEYS["refDelay"])
    put(group, "gradedSpike", False)


def read_neuron(section: Section, size: int, bias: Any = 0) -> tuple[Neuron, dict[str, str]]:
    """Read a neuron group for ``size`` neurons, with notes on values that were read as others.

    Args:
        section: the neuron group.
        size: neurons of the population.
        bias: in units of the state; it is stored outside the neuron group.
    """
    kind = section.text("type")
    notes = {}
    allowed: dict[str, tuple[int, ...]]
    if kind == "AHP":
        keys = section.check_keys(["type", *layout.PARAMETER_OF_KEY, *layout.CONSTANT_KEYS])
        allowed = {key: (only,) for key, only in layout.CONSTANT_KEYS.items()}
    elif kind in ("CUBA", "LOIHI"):
        unread = [*layout.UNREAD_KEYS, *layout.TRAINING_KEYS]
        keys = section.check_keys(["type", *_LIF_KEYS], ["ahpDecay", *unread, "messageBits"])
        allowed = {
            key: values for key, values in layout.UNREAD_KEYS.items() if key in keys and not section.is_null(key)
        }
    else:
        raise section.error("type", kind, "CUBA, LOIHI, AHP")
    for key, values in allowed.items():
        if (found := section.integer(key, -(2**31), 2**31)) not in values:
            raise section.error(key, found, f"{' or '.join(map(str, values))} ({_REASONS[key]})")
    if "messageBits" in keys and (bits := section.integer("messageBits", 0, 2**31)):
        raise section.error("messageBits", bits, "0 (graded spikes are not supported)")

    parameters: dict[str, Any] = {}
    for key in keys & set(layout.PARAMETER_OF_KEY):
        low, high = _RANGES[key]
        shapes = [(), (1,), (size,)]
        if key == "vThMant" and kind != "AHP" and _is_affine(section, shapes):
            notes[f"{section.path}/{key}"] = f"{layout.AFFINE_THRESHOLD} read as {high}, the largest threshold"
            parameters["threshold"] = high
            continue
        value = section.integers(key, low, high, shapes)
        parameters[layout.PARAMETER_OF_KEY[key]] = int(value.flat[0]) if value.size == 1 else value
    return section.build(Neuron, bias=bias, **parameters), notes


def _is_affine(section: Section, shapes: list[tuple[int, ...]]) -> bool:
    return bool(np.all(section.integers("vThMant", -(2**31), 2**31, shapes) == layout.AFFINE_THRESHOLD))
