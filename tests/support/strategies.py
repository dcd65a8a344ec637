"""Random networks and stimuli for property tests: lively ones, and ones that reach wrap, saturation and ties."""

import itertools

import numpy as np
from hypothesis import strategies as st

from lava_ahp import Connection, Events, Network, Neuron, Population, SpecError, Weights
from lava_ahp.network import fixedpoint as fx

#: Hypothesis draws one seed and NumPy the arrays: a hundred times faster than drawing them one by one.
SEEDS = st.integers(0, 2**32 - 1)


def _decays(rng, size, extreme):
    if extreme:
        return rng.choice([0, 1, 204, 4095, 4096], size)
    return np.where(rng.random(size) < 0.3, rng.choice([0, 4096], size), rng.integers(0, 4097, size))


def _biases(rng, size, extreme):
    mantissa, exponent = rng.integers(-4096, 4096, size), rng.integers(0, 8, size)
    return mantissa << exponent if extreme else np.where(rng.random(size) < 0.5, 0, mantissa)


def _parameters(rng, size, extreme):
    if extreme:
        threshold = rng.choice([0, 1, 8191, fx.THRESHOLD_MAX], size)
        ahp_weight = rng.choice([0, 1, 2**12, fx.AHP_WEIGHT_MAX], size)
        input_exponent = rng.integers(fx.INPUT_EXPONENT_MIN, fx.INPUT_EXPONENT_MAX + 1, size)
    else:
        threshold = rng.integers(0, 600, size)
        ahp_weight = rng.integers(0, 20000, size) * (rng.random(size) < 0.6)
        input_exponent = rng.integers(-1, 3, size)
    return {
        "threshold": threshold,
        "current_decay": _decays(rng, size, extreme),
        "voltage_decay": _decays(rng, size, extreme),
        "ahp_decay": _decays(rng, size, extreme),
        "ahp_weight": ahp_weight,
        "bias": _biases(rng, size, extreme),
        "input_exponent": input_exponent,
    }


def _neuron(rng, size, extreme):
    return Neuron(
        **{
            name: values if rng.random() < 0.5 else int(values[0])
            for name, values in _parameters(rng, size, extreme).items()
        }
    )


@st.composite
def neurons(draw, size):
    """A Neuron for a population of the given size, every parameter shared or per neuron."""
    return _neuron(np.random.default_rng(draw(SEEDS)), size, draw(st.booleans()))


@st.composite
def parameters(draw):
    """One neuron's parameters, as Neuron takes them."""
    drawn = _parameters(np.random.default_rng(draw(SEEDS)), 1, draw(st.booleans()))
    return {name: int(values[0]) for name, values in drawn.items()}


def _weights(rng, shape):
    weights = {
        "even": 2 * rng.integers(-128, 128, shape),
        "odd": rng.integers(-255, 256, shape),
        "excitatory": rng.integers(0, 256, shape),
        "inhibitory": -rng.integers(0, 256, shape),
        "least": np.full(shape, fx.WEIGHT_MIN),
    }[rng.choice(["even", "odd", "excitatory", "inhibitory", "least"], p=[0.3, 0.3, 0.3, 0.05, 0.05])]
    return weights * (rng.random(shape) < rng.choice([0.2, 0.6, 1.0]))


def _connection(rng, source, target, exponent):
    shape = (target.size, source.size)
    delay = _delay(rng, shape)
    return Connection(source.name, target.name, _weights(rng, shape), exponent=exponent, delay=delay)


def _delay(rng, shape):
    longest = rng.choice([1, 4, 63], p=[0.4, 0.4, 0.2])
    return int(rng.integers(1, longest + 1)) if rng.random() < 0.5 else rng.integers(1, longest + 1, shape)


def _graph(rng, max_size, extreme):
    populations = [Population("input", int(rng.integers(1, max_size + 1)))]
    for k in range(rng.integers(1, 4)):
        size = int(rng.integers(1, max_size + 1))
        populations.append(Population(f"p{k}", size, _neuron(rng, size, extreme)))
    forward = list(itertools.pairwise(populations))
    others = [
        (populations[rng.integers(len(populations))], populations[rng.integers(1, len(populations))])
        for _ in range(rng.integers(0, 4))
    ]
    return populations, forward + others


@st.composite
def networks(draw, max_size=8, shared=True):
    """Up to three populations behind an input, wired forward and then anyhow; many fire, and some share weights."""
    if shared and draw(st.integers(0, 3)) == 0:
        return draw(shared_networks(max_size))
    rng = np.random.default_rng(draw(SEEDS))
    populations, wires = _graph(rng, max_size, draw(st.booleans()))

    def build(exponents):
        connections = [_connection(rng, *wire, int(e)) for wire, e in zip(wires, exponents, strict=True)]
        return Network(tuple(populations), tuple(connections), output=populations[-1].name)

    return _within_the_drive(build, rng.integers(0, 8, len(wires)) * (rng.random() < 0.5))


@st.composite
def shared_networks(draw, max_size=8):
    """Copies of populations whose connections share weights, each with its own exponent, delays and source neurons."""
    rng = np.random.default_rng(draw(SEEDS))
    sizes = [int(rng.integers(1, max_size + 1)) for _ in range(2)]
    cells = [_neuron(rng, size, draw(st.booleans())) for size in sizes]
    populations = [Population("input", int(rng.integers(1, max_size + 1)))]
    for k in range(rng.integers(2, 5)):
        kind = int(rng.integers(2))
        populations.append(Population(f"p{k}", sizes[kind], cells[kind]))
    pool: list[Weights] = []
    wires = []
    for k in range(2 + int(rng.integers(1, 8))):
        source = populations[0] if k == 0 else populations[rng.integers(len(populations))]
        target = populations[rng.integers(1, len(populations))]
        fitting = [w for w in pool if w.shape[0] == target.size and w.shape[1] <= source.size]
        if k and not fitting:
            continue
        if fitting and (rng.random() < 0.7):
            weights = fitting[rng.integers(len(fitting))]
        else:
            weights = Weights(_weights(rng, (target.size, int(rng.integers(1, source.size + 1)))))
            pool.append(weights)
        placed = weights.within(source.size, int(rng.integers(source.size - weights.shape[1] + 1)))
        wires.append((source.name, target.name, placed, _delay(rng, placed.shape)))
    # At least one array is shared.
    wires.append(wires[0])

    def build(exponents):
        parts = [
            Connection(*wire[:3], exponent=int(e), delay=wire[3]) for wire, e in zip(wires, exponents, strict=True)
        ]
        return Network(tuple(populations), tuple(parts), output=populations[-1].name)

    return _within_the_drive(build, rng.integers(0, 8, len(wires)) * (rng.random() < 0.5))


def _within_the_drive(build, exponents):
    """A network with these exponents of its connections, or without if too much could arrive at once."""
    try:
        return build(exponents)
    except SpecError as error:
        if "could bring" not in str(error):
            raise
        return build(0 * exponents)


@st.composite
def stimuli(draw, network, max_samples=3, max_steps=70):
    """Events for a network's input: one or more samples of different lengths, silent to saturated."""
    rng = np.random.default_rng(draw(SEEDS))
    steps = rng.integers(1, max_steps + 1, draw(st.integers(1, max_samples)))
    steps = np.where(rng.random(len(steps)) < 0.1, 1, steps)
    rate = draw(st.sampled_from([0.5, 0.1, 1.0, 0.0]))
    spikes = [np.argwhere(rng.random((length, network.input.size)) < rate) for length in steps]
    return Events.from_lists(spikes, network.input.size, steps)


def saturating_ahp():
    """A network and 70 steps of input that take the AHP current to its end: chance does not find one.

    A current of 2**23 outweighs any AHP current, so that the neuron spikes in every step from the second on.
    """
    cell = Neuron(threshold=0, voltage_decay=4096, ahp_weight=fx.AHP_WEIGHT_MAX, input_exponent=3)
    network = Network(
        (Population("input", 1), Population("p0", 1, cell)),
        (Connection("input", "p0", [[128]], exponent=7),),
        output="p0",
    )
    return network, Events.from_dense(np.ones((1, 70, 1), dtype=bool))
