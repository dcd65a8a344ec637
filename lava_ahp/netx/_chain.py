"""A chain of populations in lava-dl's own layout, ``/layer/0``, ``/layer/1``, ..."""

from __future__ import annotations

from typing import Any, NamedTuple

import h5py
import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import Connection, Network, Neuron, Population
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
    """Write one population of a chain in the layout of lava-dl's blocks, for a file without ``/lava_ahp``.

    Stock NetX cannot run an AHP layer.  If the layer has no bias, its ``bias`` is a text, and the error of stock NetX
    then quotes it.

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
    fill_layer(group, layer)
    if "bias" not in group and not runs_in_stock(*layer):
        # NetX converts the bias to integers before it makes the neurons.
        group.create_dataset("bias", data=np.array([layout.NOT_IN_STOCK], dtype="S"))


def fill_layer(group: h5py.Group, layer: Layer) -> None:
    """Write a layer that lava-dl's layout can express."""
    population, feedforward, recurrent = layer
    assert population.neuron is not None, "the input is no layer"
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


class Chain(NamedTuple):
    """A chain as a file describes it.

    Attributes:
        size: channels of the input.
        layers: for each population, its size, its neuron, and the weights and delays of its connections.
        notes: by path in the file, what was read as something else, or in one of several meanings.
        task: what the layers say about the readout.
    """

    size: int
    layers: list[dict[str, Any]]
    notes: dict[str, str]
    task: dict[str, Any]


def read_layers(section: Section, *, stock: bool) -> Chain:
    """Read ``/layer``.

    Args:
        section: the group.
        stock: whether another program wrote the file.  Forms that only stock NetX reads are allowed in such a file.
    """
    size: int | None = None
    layers: list[dict[str, Any]] = []
    notes: dict[str, str] = {}
    task: dict[str, Any] = {}
    for k, member in enumerate(section.numbered()):
        kind = member.text("type")
        if task:
            raise member.error("type", f"{kind} after average", "average as the last layer")
        if kind in ("input", "flatten"):
            if layers or (kind == "input" and k > 0):
                raise member.error("type", f"{kind} as layer {k}", "input first, flatten before any dense layer")
            found, more = _read_shape(member, neurons=stock and kind == "input")
            if size not in (None, found):
                raise member.error("shape", f"{found} channels", f"{size}, the size of the input")
            size = found
        elif kind in ("dense", "dense_rec"):
            layer, more = _read_dense(member, kind == "dense_rec", layers[-1]["size"] if layers else size, stock=stock)
            size = layer["weight"].shape[1] if size is None else size
            layers.append(layer)
        elif kind == "average" and stock and layers:
            task, more = _read_average(member, layers[-1]["size"])
        else:
            reason = layout.UNSUPPORTED_LAYERS.get(kind)
            raise member.error("type", kind, "input, flatten, dense, dense_rec" + (f" ({reason})" if reason else ""))
        notes.update(more)
    if not layers or size is None:
        raise section.error("", "no dense layer", "one or more")
    return Chain(size, layers, notes, task)


def _read_shape(section: Section, *, neurons: bool) -> tuple[int, dict[str, str]]:
    """Size of an input or flatten layer, and a note on neurons of an input."""
    if "neuron" not in section:
        section.check_keys(["type", "shape"])
        return _product(section), {}
    if not neurons:
        raise section.error("neuron", "a layer with neurons", "none: the spikes of this layer come from outside")
    # NetX stores weight and bias for the caller, and connects no spikes to these neurons.
    section.check_keys(["type", "shape", "neuron"], ["weight", "bias"])
    size = _product(section)
    read_neuron(section.section("neuron"), size)
    note = "left out, as with skip_layers=1 in NetX: input spikes are those that these neurons send"
    return size, {f"{section.path}/neuron": note}


def _read_average(section: Section, size: int) -> tuple[dict[str, Any], dict[str, str]]:
    """A final average as part of the task: NetX has no such layer, and it changes no spike."""
    section.check_keys(["type", "shape"])
    groups = _product(section)
    if size % groups:
        raise section.error("shape", f"{groups} averages of {size} neurons", "equal groups of neurons")
    note = f"read as a readout: {groups} classes of {size // groups} neighbouring neurons each, by their spikes"
    return {"groups": groups}, {section.path: note}


def _product(section: Section) -> int:
    shape = section.integers("shape", 1, layout.MAX_TOTAL_NEURONS, [(n,) for n in range(1, 4)])
    size = int(np.prod(shape.astype(object)))
    if size > layout.MAX_TOTAL_NEURONS:
        raise section.error("shape", f"{size} neurons", f"up to {layout.MAX_TOTAL_NEURONS}")
    return size


def _read_dense(
    section: Section, rec: bool, before: int | None, *, stock: bool
) -> tuple[dict[str, Any], dict[str, str]]:
    needed = ["type", "shape", "weight", *(["weight_rec"] if rec else []), *([] if stock else ["neuron"])]
    keys = section.check_keys(needed, ["inFeatures", "outFeatures", "bias", "delay", "neuron"])
    size = _product(section)
    if before is None:
        before = section.columns("weight", size)
    for key, expected in (("inFeatures", before), ("outFeatures", size)):
        if key not in keys or section.is_null(key):
            continue
        if (found := section.integer(key, 0, 2**31)) != expected:
            raise section.error(key, found, expected)
    weights = {"weight": _read_weights(section, "weight", size, before, flat=True)}
    if rec:
        # NetX reshapes weight_rec only together with weight.
        flat = weights["weight"].ndim == 1
        weights["weight_rec"] = _read_weights(section, "weight_rec", size, size, flat=flat).reshape(size, size)
    weights["weight"] = weights["weight"].reshape(size, before)
    is_ahp = "neuron" in keys and section.section("neuron").text("type") == "AHP"
    bias: Any = 0
    if "bias" in keys and not (is_ahp and section.is_text("bias")):
        bias = section.integers("bias", _BIAS_MIN, _BIAS_MAX, [(), (1,), (size,)]) * layout.BIAS_UNIT
        bias = int(bias.flat[0]) if bias.size == 1 else bias
    neuron, notes = _read_neuron(section, keys, size, bias)
    delay: Any = 0
    if "delay" in keys:
        delay = section.integers("delay", 0, fx.DELAY_MAX - 1, [(), (1,), (size,), (before,), (size, before)])
        if rec and np.any(delay) and not is_ahp:
            # SLAYER delays the spikes that a layer sends, stock NetX those that it receives, including its own.
            raise section.error("delay", "delays of a recurrent LIF layer", "0: SLAYER and NetX disagree on them")
    if stock and np.any(bias):
        steps = 1 + int(np.max(delay))
        notes[f"{section.path}/bias"] = (
            f"added from the first step on, as NetX does: {'up to ' if steps > 1 else ''}{steps} "
            f"step{'s' if steps > 1 else ''} before the bias of a SLAYER norm takes effect"
        )
    if np.size(delay) == 1:
        delay = int(np.asarray(delay).flat[0])
    elif delay.ndim == 1:
        delay = np.broadcast_to(delay[:, None] if len(delay) == size else delay, (size, before))
    return {"size": size, "neuron": neuron, "delay": delay + fx.DELAY_MIN, **weights}, notes


def _read_weights(section: Section, key: str, size: int, before: int, *, flat: bool) -> npt.NDArray[np.int64]:
    shapes: list[tuple[int, ...]] = [(size, before), *([(size * before,)] if flat else [])]
    return section.integers(key, fx.WEIGHT_MIN, fx.WEIGHT_MAX, shapes)


def _read_neuron(section: Section, keys: set[str], size: int, bias: Any) -> tuple[Neuron, dict[str, str]]:
    if "neuron" in keys:
        return read_neuron(section.section("neuron"), size, bias)
    neuron = section.build(Neuron, bias=bias, **layout.DEFAULT_NEURON)
    note = f"missing: as in NetX, an integrator without leak; its threshold 131072 read as {neuron.threshold}"
    return neuron, {f"{section.path}/neuron": f"{note}, the largest"}
