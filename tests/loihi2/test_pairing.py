"""Paired synapses against the equations of docs/loihi2.md, written down once more in plain integers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import dynamics
from lava_ahp.errors import SpecError
from lava_ahp.loihi2.pairing import natural_lag, pair
from lava_ahp.network import Connection, Network, Neuron, Population

from support.adaptive import recurrent
from support.relational import relational_network
from support.strategies import SEEDS


def decay(x, d):
    return np.sign(x) * ((np.abs(x) * (4096 - d)) >> 12)


def by_the_equations(network, spikes, k, m):
    """``u``, ``v`` and spikes ``(time, neuron)`` of the hidden population, AHP neurons in pairs."""
    w_in, w_rec = (c.dense().astype(np.int64) for c in network.connections[:2])
    delay = network.connections[0].delay
    p = network["hidden"].parameters()
    ahp = p["ahp_weight"] > 0
    gain = np.where(ahp, 2.0**k * m * p["current_decay"] / 4096, 1)
    du = np.maximum(np.where(ahp, p["ahp_decay"], p["current_decay"]), 1)
    dv = np.minimum(p["voltage_decay"], 4095)
    threshold = 64 * np.rint(p["threshold"] * gain).astype(np.int64)
    q = np.rint(p["ahp_weight"] * gain / 64).astype(np.int64)
    scale = np.where(ahp, 2**k, 1)[:, None]
    leak = np.where(ahp, 1 - (1 - du / 4096) ** m, 0)[:, None]
    steps, size = len(spikes), network["hidden"].size
    u = v = np.zeros(size, np.int64)
    s = np.zeros((steps, size), np.int64)
    rows = []
    for t in range(steps):
        drive = np.zeros(size, np.int64)
        for weights, raster in ((w_in, spikes.astype(np.int64)), (w_rec, s)):
            if t >= delay:
                drive += scale[:, 0] * (weights @ raster[t - delay])
            if t >= delay + m:
                late = raster[t - delay - m]
                drive += np.where(ahp, np.rint(leak * scale * weights).astype(np.int64) @ late, 0)
                drive -= np.where(ahp, scale[:, 0] * (weights @ late), 0)
        drive -= q * (s[t - 1] if t else 0)
        u = decay(u, du) + 64 * drive
        v = decay(v, dv) + u
        s[t] = v > threshold
        v = np.where(s[t], 0, v)
        rows.append((u, v))
    return np.array([r[0] for r in rows]), np.array([r[1] for r in rows]), s.astype(bool)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, k=st.integers(0, 3), m=st.integers(1, 6), delay=st.integers(1, 3), odd=st.booleans())
def test_hidden_states_follow_the_equations(seed, k, m, delay, odd):
    rng = np.random.default_rng(seed)
    current = int(rng.choice([4096, 1316, 700]))
    network = recurrent(rng, delay=delay, odd=odd, largest=40, current_decay=current)
    spikes = rng.random((40, 4)) < 0.2
    lowered = pair(network, scale=k, lag=m).network
    trace = dynamics.run(lowered, spikes[None])
    u, v, s = by_the_equations(network, spikes, k, m)
    np.testing.assert_array_equal(trace.states["hidden"]["u"][0], u)
    np.testing.assert_array_equal(trace.states["hidden"]["v"][0], v)
    np.testing.assert_array_equal(trace.spikes["hidden"][0], s)


def test_the_equations_are_exercised():
    rng = np.random.default_rng(0)
    network = recurrent(rng, largest=40)
    spikes = rng.random((200, 4)) < 0.2
    u, _, s = by_the_equations(network, spikes, 2, 1)
    assert (s.sum(axis=0) > 3).sum() >= 4
    assert u.min() < -(2**12)


def test_result_is_lif_and_legal():
    rng = np.random.default_rng(1)
    found = pair(recurrent(rng, voltage_decay=4096), scale=2)
    for population in found.network:
        p = population.parameters()
        assert not population.neuron.has_ahp
        assert not p["input_exponent"].any()
        assert p["current_decay"].min() >= 1
        assert p["voltage_decay"].max() <= 4095
    assert not any(c.needs_sign_split for c in found.network.connections)
    assert found.decays == 8


def test_few_synapses_of_a_plain_network_change():
    rng = np.random.default_rng(2)
    network = recurrent(rng, ahp_weight=0, ahp_decay=0)
    found = pair(network, scale=3)
    assert found.network.synapses == network.synapses
    assert found.lag == {}
    spikes = rng.random((2, 50, 4)) < 0.3
    np.testing.assert_array_equal(dynamics.run(found.network, spikes).readout, dynamics.run(network, spikes).readout)


def test_an_exponent_of_neurons_moves_into_the_connections():
    rng = np.random.default_rng(3)
    network = recurrent(rng, ahp_weight=0, ahp_decay=0, input_exponent=rng.integers(0, 3, 8))
    spikes = rng.random((2, 50, 4)) < 0.3
    lowered = pair(network, scale=0).network
    np.testing.assert_array_equal(
        dynamics.run(lowered, spikes).states["hidden"]["v"], dynamics.run(network, spikes).states["hidden"]["v"]
    )


def test_weights_without_a_partner_are_clamped_and_counted():
    network = recurrent(np.random.default_rng(4), odd=False)
    source = network.connections[0].dense().astype(int)
    source[-1, :2], source[0, 0] = -256, -256
    network = Network(
        network.populations, (Connection("input", "hidden", source), *network.connections[1:]), network.output
    )
    found = pair(network, scale=0, lag=1)
    # Neuron 0 is plain: its synapse has no partner.  In one step, 2 of 254 have decayed in the last neuron.
    assert found.clamped == 2
    into = [c for c in found.network.connections if c.source == "input" and c.exponent == 0]
    assert {int(c.dense()[-1, 0]) for c in into if abs(int(c.dense()[-1, 0])) > 200} == {-254, 252}
    assert into[0].dense()[0, 0] == -256


def test_a_charge_beyond_one_weight_is_kept_whole():
    network = recurrent(np.random.default_rng(5), ahp_weight=np.array([0, 0, 0, 0, 64 * 255, 64 * 256, 64 * 2047, 640]))
    lowered = pair(network, scale=3, lag=1).network
    own = [
        c for c in lowered.connections if c.source == c.target and not (c.dense() - np.diag(np.diag(c.dense()))).any()
    ]
    charge = -sum(np.diag(c.dense()).astype(int) << c.exponent for c in own)
    np.testing.assert_array_equal(charge, [0, 0, 0, 0, 8 * 255, 8 * 256, 8 * 2047, 80])


def test_copies_go_on_sharing_their_weights():
    few, many = (relational_network(slots) for slots in (2, 3))
    new = len(many.weights) - len(few.weights)
    few, many = (pair(network, scale=1, lag=1).network for network in (few, many))
    # Another slot has another encoder with AHP neurons, of whose synapses none is stored again.
    assert len(many.connections) - len(few.connections) > 10
    assert len(many.weights) - len(few.weights) == new


def test_lag_follows_from_the_time_constant():
    def lag(du):
        return natural_lag(Population("p", 1, Neuron(threshold=1, current_decay=du, ahp_weight=1)))

    assert [lag(4096), lag(2048), lag(1316), lag(1024)] == [1, 3, 5, 7]


@pytest.mark.parametrize(
    ("hidden", "options", "message"),
    [
        ({"current_decay": 0}, {}, r"population hidden: .* never decays, allowed current_decay 1\.\.4096"),
        ({"threshold": 60000}, {"scale": 2}, r"population hidden: its threshold would be 240000, allowed 131071; .*"),
        ({"ahp_weight": 131071}, {"scale": 5}, r"its AHP synapse would be \d+, allowed 32767; use a smaller scale"),
        ({"input_exponent": 5}, {"scale": 3}, r"connection input -> hidden: its exponent would be 8, allowed 7"),
        ({"input_exponent": -1}, {"scale": 0}, r"its exponent would be -1, allowed 0\.\.7; use a scale larger by 1"),
        ({}, {"lag": 63}, r"a delay of 1 and a lag of 63, allowed 63 together; use a smaller lag"),
    ],
)
def test_what_lif_cannot_hold_is_said(hidden, options, message):
    network = recurrent(np.random.default_rng(6), **hidden)
    with pytest.raises(SpecError, match=message):
        pair(network, **{"scale": 0, **options})
