"""Random networks and stimuli for property tests, extremes included."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lava_ahp import Connection, Events, Network, Neuron, Population

DECAYS = st.one_of(st.sampled_from([0, 1, 204, 4095, 4096]), st.integers(0, 4096))
BIASES = st.builds(lambda m, e: m << e, st.integers(-4096, 4095), st.integers(0, 7))
PARAMETERS = {
    "threshold": st.one_of(st.integers(0, 300), st.sampled_from([0, 131071]), st.integers(0, 131071)),
    "current_decay": DECAYS,
    "voltage_decay": DECAYS,
    "ahp_decay": DECAYS,
    "ahp_weight": st.one_of(st.sampled_from([0, 131071]), st.integers(0, 131071)),
    "bias": st.one_of(st.just(0), BIASES),
    "input_exponent": st.integers(-6, 7),
}


def _one_or_each(draw, values, size):
    if draw(st.booleans()):
        return draw(values)
    return np.array(draw(st.lists(values, min_size=size, max_size=size)))


@st.composite
def neurons(draw, size):
    """A Neuron for a population of the given size, every parameter shared or per neuron."""
    return Neuron(**{name: _one_or_each(draw, values, size) for name, values in PARAMETERS.items()})


def weights(shape):
    """Even weights of the full range, odd ones of the split range, or hardly any."""
    even = hnp.arrays(np.int64, shape, elements=st.integers(-128, 127).map(lambda w: 2 * w))
    odd = hnp.arrays(np.int64, shape, elements=st.integers(-255, 255))
    sparse = hnp.arrays(np.int64, shape, elements=st.integers(-255, 255), fill=st.just(0))
    return st.one_of(even, odd, sparse)


@st.composite
def connections(draw, source, target):
    """A Connection between two populations, delays shared or per synapse, short ones more often."""
    shape = (target.size, source.size)
    delay = st.one_of(st.integers(1, 4), st.integers(1, 63))
    return Connection(
        source.name,
        target.name,
        draw(weights(shape)),
        exponent=draw(st.one_of(st.just(0), st.integers(0, 7))),
        delay=draw(st.one_of(delay, hnp.arrays(np.int64, shape, elements=delay))),
    )


@st.composite
def networks(draw):
    """Any graph of up to three small populations behind an input."""
    populations = [Population("input", draw(st.integers(1, 3)))]
    for k in range(draw(st.integers(1, 3))):
        size = draw(st.integers(1, 3))
        populations.append(Population(f"p{k}", size, draw(neurons(size))))
    wires = [draw(connections(populations[0], populations[1]))]
    for _ in range(draw(st.integers(0, 4))):
        source = draw(st.sampled_from(populations))
        wires.append(draw(connections(source, draw(st.sampled_from(populations[1:])))))
    return Network(tuple(populations), tuple(wires), output=populations[-1].name)


@st.composite
def stimuli(draw, channels, max_steps=24):
    """Events of one to three samples of different lengths."""
    steps = draw(st.lists(st.integers(1, max_steps), min_size=1, max_size=3))
    lists = []
    for length in steps:
        dense = draw(hnp.arrays(bool, (length, channels)))
        lists.append(np.argwhere(dense))
    return Events.from_lists(lists, channels, steps)
