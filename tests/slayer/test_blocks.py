"""The SLAYER blocks against the readable arithmetic and the scalar oracle, every state, every step."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import dynamics
from lava_ahp.errors import SpecError
from lava_ahp.network import Connection, Network, Population, fixedpoint
from lava_ahp.slayer.block import Dense, Readout, Recurrent
from lava_ahp.slayer.neuron import Neuron

import oracle
from support.blocks import blocks, spikes

exactly = settings(max_examples=60, deadline=None)


def network_of(block):
    """The network equivalent to a single block, built from its weights and parameters."""
    w = block.weights()
    size, source = w.feedforward.shape
    delay = 1 if w.delay is None else w.delay
    connections = [Connection("input", "block", w.feedforward, delay=delay)]
    if w.recurrent is not None:
        connections.append(Connection("block", "block", w.recurrent, delay=w.recurrent_delays))
    return Network(
        (Population("input", source), Population("block", size, block.neuron.to_network_neuron())), connections, "block"
    )


@exactly
@given(st.data())
def test_block_equals_dynamics(data):
    block = data.draw(blocks())
    x = data.draw(spikes(block.weights().feedforward.shape[1]))
    with torch.no_grad():
        states, out = block.states(x), block(x)
    trace = dynamics.run(network_of(block), x.permute(0, 2, 1).bool().numpy())
    for key in "uav":
        np.testing.assert_array_equal(getattr(states, key).numpy(), trace.states["block"][key], err_msg=key)
    np.testing.assert_array_equal(states.s.numpy(), trace.spikes["block"])
    expected = trace.states["block"]["v"] / 4096 if isinstance(block, Readout) else trace.spikes["block"]
    np.testing.assert_array_equal(out.permute(0, 2, 1).numpy(), expected)
    assert out.dtype == x.dtype


@exactly
@given(st.data())
def test_block_equals_oracle(data):
    block = data.draw(blocks())
    x = data.draw(spikes(block.weights().feedforward.shape[1]))[:1, :, :30]
    w = block.weights()
    p = block.neuron.to_network_neuron().expand(len(w.feedforward))
    names = {
        "du": "current_decay", "da": "ahp_decay", "dv": "voltage_decay", "w_ahp": "ahp_weight", "vth": "threshold",
        "bias": "bias", "e": "input_exponent",
    }  # fmt: skip
    neurons = [{short: int(p[long][i]) for short, long in names.items()} for i in range(len(w.feedforward))]
    delay = np.ones_like(w.feedforward) if w.delay is None else w.delay
    synapses = [
        ("input", j, "block", i, int(w.feedforward[i, j]), 0, int(delay[i, j])) for i, j in np.ndindex(delay.shape)
    ]
    if w.recurrent is not None:
        own = np.ones(len(w.recurrent), int) if w.recurrent_delay is None else w.recurrent_delay
        synapses += [("block", j, "block", i, int(v), 0, int(own[j])) for (i, j), v in np.ndenumerate(w.recurrent)]
    channels, times = np.nonzero(x[0].numpy())
    history = oracle.run(
        {"block": neurons}, synapses, set(zip(times.tolist(), channels.tolist(), strict=True)), x.shape[2]
    )
    with torch.no_grad():
        states = block.states(x)
    mine = torch.stack([states.u, states.a, states.v, states.s], dim=-1)[0].numpy()
    np.testing.assert_array_equal(mine, np.array(history["block"]))


@pytest.mark.parametrize(
    ("key", "weight", "spiking_steps", "current_decay"),
    [("u", 1.0, 200, 0.0), ("a", 1.0, 200, 1.0), ("v", -0.96875, 1, 0.0)],
)
def test_the_extremes_are_reached(key, weight, spiking_steps, current_decay):
    """u wraps, and a and v saturate, with the largest possible current for one step or for all."""
    block = Dense(
        {"threshold": 0.0, "ahp_strength": 131071 / 4096, "input_exponent": 7, "current_decay": current_decay}, 16, 2
    )
    x = torch.ones(1, 16, 200)
    x[..., spiking_steps:] = 0
    with torch.no_grad():
        block.synapse.weight.fill_(weight)
        value = getattr(block.states(x), key)
    trace = dynamics.run(network_of(block), x.permute(0, 2, 1).bool().numpy())
    np.testing.assert_array_equal(value.numpy(), trace.states["block"][key])
    assert (value.max() == 2**23 and value.min() == 0) if key == "u" else value.min() == -fixedpoint.STATE_MAX


def test_threshold_hit_exactly_is_no_spike():
    neuron = Neuron(threshold=2.0)
    hit, above = torch.tensor([2.0]), torch.tensor([2.0 + 2 / 64])
    assert neuron(hit[None, :, None]).item() == 0
    assert neuron(above[None, :, None]).item() == 1


@pytest.mark.parametrize("decays", [0.0, 1.0, 0.05])
def test_neuron_answers_like_a_block_without_its_delay(decays):
    params = {"threshold": 1.0, "current_decay": 1.0, "voltage_decay": decays, "ahp_decay": decays, "ahp_strength": 0.5}
    torch.manual_seed(1)
    block = Dense(params, 3, 4, weight_scale=6)
    x = (torch.rand(2, 3, 40, generator=torch.Generator().manual_seed(1)) < 0.3).float()
    with torch.no_grad():
        u, a, v = block.neuron.dynamics(block.synapse(x))
        spikes, states = block.neuron(block.synapse(x)), block.states(x)
    assert spikes.sum() > 0
    for mine, theirs in ((u, states.u / 4096), (a, states.a / 4096), (v, states.v / 4096), (spikes, states.s)):
        torch.testing.assert_close(mine[..., :-1], theirs.transpose(1, 2)[..., 1:].float(), rtol=0, atol=0)


def test_device_params_of_lif_and_ahp():
    lif = Neuron(threshold=1.5, current_decay=0.25, voltage_decay=0.1).device_params
    assert lif == {"type": "CUBA", "iDecay": 1024, "vDecay": 410, "vThMant": 96, "refDelay": 1, "gradedSpike": False}
    ahp = Neuron(threshold=1.5, ahp_decay=[0.1, 0.2], ahp_strength=[0.0, 0.1], input_exponent=2).device_params
    assert ahp["type"] == "AHP"
    assert list(ahp["ahpDecay"]) == [410, 819]
    assert list(ahp["ahpWeight"]) == [0, 410]
    assert (ahp["iDecay"], ahp["vDecay"], ahp["vThMant"], ahp["inputExp"]) == (4096, 0, 96, 2)


def test_checkpoints_of_earlier_versions_keep_their_keys():
    block = Dense({"threshold": 1}, 3, 4, 1.0, [0, 1, 2, 62])
    assert set(block.state_dict()) == {
        "delay", "synapse.weight", "neuron.threshold_raw", "neuron.current_decay_raw", "neuron.voltage_decay_raw",
        "neuron.ahp_decay_raw", "neuron.ahp_strength_raw", "neuron.input_exponent",
    }  # fmt: skip
    assert block.delay.tolist() == [[0] * 3, [1] * 3, [2] * 3, [62] * 3]
    assert block.weights().delay[:, 0].tolist() == [1, 2, 3, 63]


def test_learned_input_delays_are_whole_steps_within_what_extra_delays_leave():
    block = Dense({"threshold": 1}, 3, 2, extra_delay=[0, 3], input_delay=[1, 2, 59], learn_input_delay=True)
    with torch.no_grad():
        block.input_delay += torch.tensor([-0.6, 0.6, 3.0])
    assert block.weights().delay.tolist() == [[1, 3, 60], [4, 6, 63]]
    block.clamp_delays()
    torch.testing.assert_close(block.input_delay.detach(), torch.tensor([1, 2.6, 60]))
    assert Dense({"threshold": 1}, 3, 4).input_delay is None


def test_learned_delays_are_whole_steps_within_their_range():
    block = Recurrent({"threshold": 1}, 3, 4, recurrent_delay=[1, 2, 62, 63], learn_delay=True)
    with torch.no_grad():
        block.recurrent_delay += torch.tensor([-0.6, 0.4, 0.6, 3.0])
    assert block.weights().recurrent_delay.tolist() == [1, 2, 63, 63]
    block.clamp_delays()
    torch.testing.assert_close(block.recurrent_delay.detach(), torch.tensor([1, 2.4, 62.6, 63]))
    assert Recurrent({"threshold": 1}, 3, 4).recurrent_delay is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threshold": -1}, r"neuron threshold: found -1.0, allowed 0..2047.98"),
        ({"threshold": 1, "voltage_decay": 1.5}, r"neuron voltage_decay: found 1.5, allowed 0..1"),
        ({"threshold": 1, "ahp_decay": float("nan")}, r"neuron ahp_decay: found nan"),
        ({"threshold": [1, 2], "ahp_decay": [0.1] * 3}, r"found lengths .*allowed 1 or one common length"),
        ({"threshold": 1, "input_exponent": 8}, r"input_exponent: found 8.0, allowed -6..7"),
        ({"threshold": 1, "input_exponent": 0.5}, r"allowed integers"),
        ({"threshold": 1, "requires_grad": ["tau"]}, r"requires_grad: found \['tau'\], allowed \['threshold'"),
        ({"threshold": [[1.0]]}, r"found shape \(1, 1\)"),
    ],
)
def test_bad_neurons_say_so(arguments, message):
    with pytest.raises(SpecError, match=message):
        Neuron(**arguments)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dense({"threshold": [1, 2]}, 3, 4), "parameters for 2 neurons, allowed 4"),
        (lambda: Dense({"threshold": 1}, 3, 4, extra_delay=63), r"extra_delay: found 63..63, allowed 0..62"),
        (lambda: Dense({"threshold": 1}, 3, 4, extra_delay=True), "not learned"),
        (lambda: Dense({"threshold": 1}, 3, 4, extra_delay=[1, 2]), r"found shape \(2,\)"),
        (
            lambda: Recurrent({"threshold": 1}, 3, 4, recurrent_delay=64),
            r"recurrent_delay: found 64..64, allowed 1..63",
        ),
        (
            lambda: Dense({"threshold": 1}, 3, 4, extra_delay=[0, 1, 2, 9], input_delay=[1, 55, 2]),
            r"input_delay: found 55, allowed 1..54 with these extra delays",
        ),
        (lambda: Dense({"threshold": 1}, 3, 4, input_delay=[1, 2]), r"input_delay: found shape \(2,\), .* \(3,\)"),
        (lambda: Recurrent({"threshold": 1}, 3, 4, recurrent_delay=0), r"recurrent_delay: found 0..0, allowed 1..63"),
        (
            lambda: Recurrent({"threshold": 1}, 3, 4, recurrent_delay=1.5),
            r"recurrent_delay: found 1.5, allowed integers",
        ),
        (lambda: Recurrent({"threshold": 1}, 3, 4, recurrent_delay=[1, 2]), r"recurrent_delay: found shape \(2,\)"),
        (lambda: Readout({"threshold": 1}, 3, 4), "readout threshold"),
        (lambda: Dense({"threshold": 1}, 3, 4)(torch.zeros(1, 4, 5)), r"allowed \(sample, 3, time\)"),
    ],
)
def test_bad_blocks_say_so(make, message):
    with pytest.raises(SpecError, match=message):
        make()
