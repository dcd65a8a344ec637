"""Random networks and golden samples for the tests of the file."""

from __future__ import annotations

from dataclasses import replace

import h5py
import numpy as np
from hypothesis import strategies as st

from lava_ahp import dynamics, netx
from lava_ahp.network import Connection, Events, Golden, Network, Neuron, Population, fingerprints
from lava_ahp.network import fixedpoint as fx

RANGES = {
    "threshold": (0, fx.THRESHOLD_MAX),
    "current_decay": (0, 4096),
    "voltage_decay": (0, 4096),
    "ahp_decay": (0, 4096),
    "ahp_weight": (0, fx.AHP_WEIGHT_MAX),
    "input_exponent": (-6, 7),
}
JSON = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


@st.composite
def neurons(draw, size, bias_steps=(1, 64, 128)):
    def parameter(low, high, step=1):
        one = st.sampled_from([low, high, 0]) | st.integers(low, high)
        values = draw(one | st.lists(one, min_size=size, max_size=size).map(np.array))
        return values * step

    lif = draw(st.booleans())
    parameters = {
        name: 0 if lif and name in ("ahp_weight", "input_exponent") else parameter(*limits)
        for name, limits in RANGES.items()
    }
    step = draw(st.sampled_from(bias_steps))
    bias = parameter(fx.BIAS_MANTISSA_MIN, fx.BIAS_MANTISSA_MAX, step) if draw(st.booleans()) else 0
    return Neuron(bias=bias, **parameters)


@st.composite
def weights(draw, shape):
    low, high, step = draw(st.sampled_from([(-128, 127, 2), (-255, 255, 1), (0, 255, 1), (-255, 0, 1), (0, 0, 1)]))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    dense = rng.integers(low, high, shape, endpoint=True) * step
    return np.where(rng.random(shape) < draw(st.sampled_from([0.2, 1.0])), dense, 0)


@st.composite
def connections(draw, source, target, exponents=(0, 0, 3, 7), delays=True):
    shape = (target.size, source.size)
    delay = st.just(1)
    if delays:
        seed = draw(st.integers(0, 2**32 - 1))
        rng = np.random.default_rng(seed)
        matrix = rng.integers(1, 63, shape, endpoint=True)
        per_target = np.broadcast_to(matrix[:, :1], shape)
        delay = st.sampled_from([1, 63, matrix, per_target])
    return Connection(
        source.name,
        target.name,
        draw(weights(shape)),
        exponent=draw(st.sampled_from(exponents)),
        delay=draw(delay),
    )


@st.composite
def chains(draw):
    """Networks that fit lava-dl's layout, parts in any order."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=2, max_size=4))
    names = draw(st.permutations(["input", "hidden", "readout", "größe"]))[: len(sizes)]
    populations = [Population(names[0], sizes[0])]
    parts = []
    for name, size in zip(names[1:], sizes[1:], strict=True):
        populations.append(Population(name, size, draw(neurons(size, bias_steps=(64, 128)))))
        parts.append(draw(connections(populations[-2], populations[-1], exponents=(0,))))
        if draw(st.booleans()):
            parts.append(draw(connections(populations[-1], populations[-1], exponents=(0,), delays=False)))
    return Network(
        draw(st.permutations(populations)),
        draw(st.permutations(parts)),
        draw(st.sampled_from(names[1:])),
        draw(JSON),
        draw(JSON),
    )


@st.composite
def graphs(draw):
    """Any network, some of them chains."""
    count = draw(st.integers(1, 3))
    populations = [Population("source", draw(st.integers(1, 6)))]
    for k in range(count):
        size = draw(st.integers(1, 6))
        populations.append(Population(f"p{k}", size, draw(neurons(size))))
    pairs = st.tuples(st.sampled_from(populations), st.sampled_from(populations[1:]))
    parts = [draw(connections(*pair)) for pair in draw(st.lists(pairs, max_size=4))]
    return Network(populations, parts, draw(st.sampled_from([p.name for p in populations[1:]])), draw(JSON), draw(JSON))


@st.composite
def goldens(draw, network):
    """What ``dynamics`` computes from random spikes, in place of a training forward pass; with states or without."""
    steps = draw(st.lists(st.integers(1, 8), min_size=1, max_size=3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    lists = [np.argwhere(rng.random((n, network.input.size)) < 0.4) for n in steps]
    events = Events.from_lists(lists, network.input.size, steps)
    labels = draw(st.none() | st.just(rng.integers(0, 10, len(steps))))
    trace = dynamics.run(network, events)
    states = draw(st.sampled_from([{}, trace.states]))
    known = draw(st.just({}) | st.just(fingerprints(network)))
    return Golden(events, replace(trace, states=states), labels=labels, fingerprints=known)


def same_events(a, b):
    return a.channels == b.channels and all(
        np.array_equal(getattr(a, n), getattr(b, n)) for n in ("steps", "offsets", "times", "sources")
    )


def _flat(states):
    return {(name, key): values for name, kept in states.items() for key, values in kept.items()}


def same_golden(a, b):
    """Equal in everything that a record has."""
    return (
        same_events(a.events, b.events)
        and (a.labels is None) == (b.labels is None)
        and (a.labels is None or np.array_equal(a.labels, b.labels))
        and np.array_equal(a.trace.steps, b.trace.steps)
        and np.array_equal(a.trace.readout, b.trace.readout)
        and all(
            set(x) == set(y) and all(np.array_equal(x[k], y[k]) for k in x)
            for x, y in (
                (a.trace.spikes, b.trace.spikes),
                (a.trace.counts, b.trace.counts),
                (a.fingerprints, b.fingerprints),
                (_flat(a.trace.states), _flat(b.trace.states)),
                (_flat(a.sums), _flat(b.sums)),
            )
        )
    )


def tiny(**readout) -> Network:
    populations = (
        Population("input", 3),
        Population("hidden", 4, Neuron(100, ahp_weight=5)),
        Population("readout", 2, Neuron(131071, **readout)),
    )
    connections = (
        Connection("input", "hidden", 2 * np.arange(12).reshape(4, 3)),
        Connection("hidden", "hidden", -2 * np.arange(16).reshape(4, 4)),
        Connection("hidden", "readout", np.full((2, 4), 254)),
    )
    return Network(populations, connections, "readout", {"name": "digits"}, {"seed": 1})


def golden_of(network: Network) -> Golden:
    events = Events.from_dense(np.ones((2, 6, network.input.size), bool))
    return Golden(events, dynamics.run(network, events), labels=np.array([3, 1]))


def write_v1(network: Network, path, golden: Golden) -> None:
    """Write a file as lava-ahp did when golden samples held states: version 1."""
    netx.write(network, path)
    trains = {network.input.name: golden.events}
    for name, raster in golden.trace.spikes.items():
        lists = [np.argwhere(sample) for sample in raster]
        trains[name] = Events.from_lists(lists, raster.shape[-1], golden.events.steps)
    with h5py.File(path, "a") as file:
        group = file.create_group("lava_ahp/golden")
        group["steps"] = golden.events.steps
        group["readout"] = golden.trace.readout
        if golden.labels is not None:
            group["labels"] = golden.labels
        for name, train in trains.items():
            group[f"spikes/{name}/offsets"] = train.offsets
            group[f"spikes/{name}/times"] = train.times
            group[f"spikes/{name}/neurons"] = train.sources
        for name, states in golden.trace.states.items():
            for key, values in states.items():
                group[f"states/{name}/{key}"] = values
        for name, values in golden.fingerprints.items():
            group[f"fingerprints/{name}"] = values


def graph() -> Network:
    """:func:`tiny` with a connection back, of other delays and exponent."""
    network = tiny()
    back = Connection("readout", "hidden", np.ones((4, 2), int), exponent=2, delay=np.array([[1, 2]] * 4))
    return Network(network.populations, (*network.connections, back), network.output)
