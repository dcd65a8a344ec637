"""A chain of populations in lava-dl's own layout, ``/layer/0``, ``/layer/1``, ..."""

from __future__ import annotations

from typing import Any, NamedTuple

import h5py
import numpy as np

from lava_ahp.errors import SpecError
from lava_ahp.network import Connection, Network, Population
from lava_ahp.network import fixedpoint as fx
from lava_ahp.netx import _layout as layout
from lava_ahp.netx._hdf5 import Section, put
from lava_ahp.netx._neuron import read_neuron, write_neuron
from lava_ahp.netx._stock import runs_in_stock

_BIAS_MIN = (fx.BIAS_MANTISSA_MIN << fx.BIAS_EXPONENT_MAX) // layout.BIAS_UNIT
_BIAS_MAX = (fx.BIAS_MANTISSA_MAX << fx.BIAS_EXPONENT_MAX) // layout.BIAS_UNIT


class Layer(NamedTuple):
    """A population with its incoming connections: from the one before, and optionally from itself."""

    population: Population
    feedforward: Connection
    recurrent: Connection | None


def layers_of(network: Network) -> list[Layer] | None:
    """The layers of a network, or None if lava-dl's layout cannot express it."""
    layers, before, left = [], network.input, list(network.connections)
    while left:
        onward = [c for c in left if c.source == before.name]
        if len(onward) != 1:
            return None
        population = network[onward[0].target]
        incoming = network.incoming(population.name)
        recurrent = [c for c in incoming if c.source == population.name]
        if len(recurrent) > 1 or len(incoming) != 1 + len(recurrent):
            return None
        layer = Layer(population, onward[0], recurrent[0] if recurrent else None)
        if _obstacle(layer):
            return None
        layers.append(layer)
        left = [c for c in left if c is not onward[0] and c not in recurrent]
        before = population
    return layers if len(layers) == len(network.populations) - 1 else None


def _obstacle(layer: Layer) -> str | None:
    """Why lava-dl's layout cannot express a layer, or None if it can."""
    if layer.population.neuron is None:
        return "it is an input"
    if np.any(np.asarray(layer.population.neuron.bias) % layout.BIAS_UNIT):
        return f"its bias is not a multiple of {layout.BIAS_UNIT}"
    for connection in (layer.feedforward, layer.recurrent):
        if connection is not None and connection.exponent:
            return f"connection {connection.name} has exponent {connection.exponent}, allowed 0"
        if connection is not None and connection.shape[0] * connection.shape[1] > layout.MAX_ELEMENTS:
            return (
                f"connection {connection.name} has the shape {connection.shape}, allowed {layout.MAX_ELEMENTS} elements"
            )
    if layer.recurrent is not None and np.any(layer.recurrent.delays != fx.DELAY_MIN):
        return f"connection {layer.recurrent.name} has delays other than {fx.DELAY_MIN}"
    return None


def write_input(group: h5py.Group, size: int) -> None:
    """Write the input of a chain as ``/layer/0``.

    Args:
        group: an empty group.
        size: number of channels.
    """
    _put_type(group, "input")
    put(group, "shape", np.array([size]))


def write_layer(
    group: h5py.Group, population: Population, feedforward: Connection, recurrent: Connection | None = None
) -> None:
    """Write one population of a chain in the layout of lava-dl's blocks.

    Args:
        group: an empty group, ``/layer/1`` for the first population after the input.
        population: the population to write.
        feedforward: connection from the population before.
        recurrent: connection of the population onto itself.

    Raises:
        SpecError: a layer that lava-dl's layout cannot express; :func:`lava_ahp.netx.write` writes
            such a network as a graph.
    """
    layer = Layer(population, feedforward, recurrent)
    if (obstacle := _obstacle(layer)) or population.neuron is None:
        raise SpecError(f"population {population.name}: {obstacle}; write the network with lava_ahp.netx.write")
    _put_type(group, "dense" if recurrent is None else "dense_rec")
    put(group, "shape", np.array([population.size]))
    put(group, "inFeatures", feedforward.shape[1])
    put(group, "outFeatures", population.size)
    put(group, "weight", feedforward.dense())
    if recurrent is not None:
        put(group, "weight_rec", recurrent.dense())
    if np.any(population.neuron.bias):
        put(group, "bias", population.parameters()["bias"] // layout.BIAS_UNIT)
    if np.any(feedforward.delays != fx.DELAY_MIN):
        put(group, "delay", _compact_delays(feedforward))
    write_neuron(group.create_group("neuron"), population.neuron, stock=runs_in_stock(*layer))


def _put_type(group: h5py.Group, name: str) -> None:
    group.create_dataset("type", data=np.array([name], dtype="S10"))


def _compact_delays(connection: Connection) -> Any:
    """NetX's delays, which count from 0: one for all, one per target, or the whole matrix."""
    delays = connection.delays - fx.DELAY_MIN
    if np.ptp(delays) == 0:
        return delays[0]
    per_target = np.zeros(connection.shape[0], dtype=np.uint8)
    per_target[connection.targets] = delays
    if np.array_equal(per_target[connection.targets], delays):
        return per_target
    return connection.dense_delays() - fx.DELAY_MIN


def read_layers(section: Section) -> tuple[int, list[dict[str, Any]], dict[str, str]]:
    """Size of the input, the arguments for each layer's population and connections, and notes."""
    size: int | None = None
    layers: list[dict[str, Any]] = []
    notes: dict[str, str] = {}
    for k, member in enumerate(section.numbered()):
        kind = member.text("type")
        if kind in ("input", "flatten"):
            if layers or (kind == "input" and k > 0):
                raise member.error("type", f"{kind} as layer {k}", "input first, flatten before any dense layer")
            found = _read_shape(member)
            if size not in (None, found):
                raise member.error("shape", f"{found} channels", f"{size}, the size of the input")
            size = found
        elif kind in ("dense", "dense_rec"):
            layer, more = _read_dense(member, kind == "dense_rec", layers[-1]["size"] if layers else size)
            size = layer["weight"].shape[1] if size is None else size
            layers.append(layer)
            notes.update(more)
        else:
            raise member.error("type", kind, "input, flatten, dense, dense_rec")
    if not layers or size is None:
        raise section.error("", "no dense layer", "one or more")
    return size, layers, notes


def _read_shape(section: Section) -> int:
    if "neuron" in section:
        raise section.error("neuron", "an input with neurons", "an input without neurons: its spikes come from outside")
    section.check_keys(["type", "shape"])
    return _product(section)


def _product(section: Section) -> int:
    shape = section.integers("shape", 1, layout.MAX_TOTAL_NEURONS, [(n,) for n in range(1, 4)])
    size = int(np.prod(shape.astype(object)))
    if size > layout.MAX_TOTAL_NEURONS:
        raise section.error("shape", f"{size} neurons", f"up to {layout.MAX_TOTAL_NEURONS}")
    return size


def _read_dense(section: Section, rec: bool, before: int | None) -> tuple[dict[str, Any], dict[str, str]]:
    needed = ["type", "shape", "weight", "neuron", *(["weight_rec"] if rec else [])]
    keys = section.check_keys(needed, ["inFeatures", "outFeatures", "bias", "delay"])
    size = _product(section)
    if before is None:
        before = section.columns("weight")
    for key, expected in (("inFeatures", before), ("outFeatures", size)):
        if key in keys and (found := section.integer(key, 0, 2**31)) != expected:
            raise section.error(key, found, expected)
    weights = {"weight": section.integers("weight", fx.WEIGHT_MIN, fx.WEIGHT_MAX, [(size, before)])}
    if rec:
        weights["weight_rec"] = section.integers("weight_rec", fx.WEIGHT_MIN, fx.WEIGHT_MAX, [(size, size)])
    bias: Any = 0
    if "bias" in keys:
        bias = section.integers("bias", _BIAS_MIN, _BIAS_MAX, [(), (1,), (size,)]) * layout.BIAS_UNIT
        bias = int(bias.flat[0]) if bias.size == 1 else bias
    neuron_section = section.section("neuron")
    neuron, notes = read_neuron(neuron_section, size, bias)
    delay: Any = 0
    if "delay" in keys:
        delay = section.integers("delay", 0, fx.DELAY_MAX - 1, [(), (1,), (size,), (before,), (size, before)])
        if rec and np.any(delay) and neuron_section.text("type") != "AHP":
            # SLAYER delays the spikes that a layer sends, stock NetX those that it receives, including its own.
            raise section.error("delay", "delays of a recurrent LIF layer", "0: SLAYER and NetX disagree on them")
        if delay.size == 1:
            delay = int(delay.flat[0])
        elif delay.ndim == 1:
            delay = np.broadcast_to(delay[:, None] if len(delay) == size else delay, (size, before))
    return {"size": size, "neuron": neuron, "delay": delay + fx.DELAY_MIN, **weights}, notes
