"""Random blocks and their input."""

import numpy as np
import torch
from hypothesis import strategies as st

from lava_ahp.slayer.block import Dense, Readout, Recurrent

from support import strategies


def seeds():
    return st.integers(0, 2**32 - 1)


SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 7))


@st.composite
def neuron_params(draw, size):
    """Arguments of a neuron as rounded for the chip: gentle or extreme, shared or per neuron, LIF or AHP or both."""
    spec = draw(strategies.neurons(size))
    lif = False if spec.size is None else np.random.default_rng(draw(seeds())).random(size) < 0.5
    return {
        "threshold": np.asarray(spec.threshold) / 64,
        "current_decay": np.asarray(spec.current_decay) / 4096,
        "voltage_decay": np.asarray(spec.voltage_decay) / 4096,
        "ahp_decay": np.asarray(spec.ahp_decay) / 4096,
        "ahp_strength": np.asarray(spec.ahp_weight) * ~np.asarray(lif) / 4096,
        "input_exponent": spec.input_exponent,
    }


@st.composite
def blocks(draw, kinds=(Dense, Recurrent, Readout)):
    """A block with random delays and random weights, some of which are outside the 8-bit range."""
    source, target = draw(SHAPES)
    kind = draw(st.sampled_from(kinds))
    params = draw(neuron_params(target))
    if kind is Readout:
        del params["threshold"]
    rng = np.random.default_rng(draw(seeds()))
    delay = draw(st.sampled_from([0, 3, rng.integers(0, 63, target), rng.integers(0, 9, (target, source))]))
    own = {}
    if kind is not Readout:
        most = 63 - int(np.max(delay))
        own = {
            "input_delay": draw(st.sampled_from([1, most, rng.integers(1, most + 1, source)])),
            "learn_input_delay": draw(st.booleans()),
        }
    if kind is Recurrent:
        own |= {
            "recurrent_delay": draw(st.sampled_from([1, 63, rng.integers(1, 64, target)])),
            "learn_delay": draw(st.booleans()),
        }
    block = kind(params, source, target, extra_delay=delay, **own)
    width = draw(st.sampled_from([0.3, 2.0, 6.0]))
    with torch.no_grad():
        for name, parameter in block.named_parameters():
            if name.endswith("weight"):
                parameter.copy_(torch.from_numpy(rng.uniform(-width, width, parameter.shape)))
    return block


@st.composite
def spikes(draw, source):
    rng = np.random.default_rng(draw(seeds()))
    samples, steps, rate = (
        draw(st.integers(1, 3)),
        draw(st.integers(1, 70)),
        draw(st.sampled_from([0.0, 0.1, 0.6, 1.0])),
    )
    return torch.from_numpy(rng.random((samples, source, steps)) < rate).float()
