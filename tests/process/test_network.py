"""The network as a Lava Process, and the Lava Processes made for its connections."""

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lava.proc.dense.process import DelayDense, Dense
from lava.proc.sparse.process import DelaySparse, Sparse
from lava.utils.weightutils import SignMode, clip_weights, truncate_weights

from lava_ahp import Connection, Neuron, Population, dynamics, netx
from lava_ahp import Network as Graph
from lava_ahp.process import AHP, FloatingNetwork, Network, synapses
from lava_ahp.process.synapses import make_synapses

from support.lava_models import spikes_in_lava
from support.lava_networks import classifier, random_spikes


def test_it_runs_with_lavas_own_source_and_sink():
    network = classifier(np.random.default_rng(0), odd=True)
    graph = Graph(network.populations, network.connections, output="hidden")
    spikes = random_spikes(np.random.default_rng(1), (1, 40, 80), 0.2)
    expected = dynamics.run(graph, spikes).spikes["hidden"][0]
    assert expected.sum() > 100
    np.testing.assert_array_equal(spikes_in_lava(Network(graph), spikes[0], "fixed_pt"), expected)


def unrounded():
    """A network with exponents and delays where no decay is fractional, so floating point and integers agree."""
    rng = np.random.default_rng(5)
    whole = {"current_decay": 4096, "voltage_decay": 0, "ahp_decay": 4096}
    return Graph(
        (
            Population("input", 4),
            Population("p0", 6, Neuron(threshold=200, ahp_weight=3000, bias=64, input_exponent=1, **whole)),
            Population("p1", 3, Neuron(threshold=300, **whole)),
        ),
        (
            Connection("input", "p0", rng.integers(-20, 100, (6, 4)), exponent=2),
            Connection("p0", "p0", rng.integers(-20, 20, (6, 6)), delay=rng.integers(1, 4, (6, 6))),
            Connection("p0", "p1", 2 * rng.integers(-20, 60, (3, 6)), delay=2),
        ),
        output="p1",
    )


def test_floating_point_equals_integers_if_nothing_is_rounded():
    graph = unrounded()
    spikes = random_spikes(np.random.default_rng(6), (1, 30, 4), 0.5)
    expected = dynamics.run(graph, spikes).spikes["p1"][0]
    assert 5 < expected.sum() < expected.size
    np.testing.assert_array_equal(spikes_in_lava(FloatingNetwork(graph), spikes[0], "floating_pt"), expected)


@pytest.mark.parametrize("kind, tag", [(Network, "floating_pt"), (FloatingNetwork, "fixed_pt")])
def test_a_tag_that_does_not_fit_the_class_does_not_compile(kind, tag):
    with pytest.raises(AssertionError, match=f"No ProcessModels found with tag '{tag}' for Process .*{kind.__name__}"):
        spikes_in_lava(kind(unrounded()), np.zeros((2, 4), dtype=bool), tag)


def test_reset_isolates_the_samples_of_a_chain():
    """Layer k is reset k steps after the start of a sample, when the last spikes of the previous one have arrived."""
    rng, length, samples = np.random.default_rng(8), 9, 4
    cell = {"threshold": 60, "current_decay": 900, "voltage_decay": 300, "ahp_decay": 50, "ahp_weight": 2000}
    graph = Graph(
        (Population("input", 5), Population("p0", 6, Neuron(**cell)), Population("p1", 4, Neuron(**cell))),
        (
            Connection("input", "p0", rng.integers(-40, 90, (6, 5))),
            Connection("p0", "p1", rng.integers(-40, 90, (4, 6))),
        ),
        output="p1",
    )
    spikes = random_spikes(rng, (samples, length, 5), 0.4)
    late = np.concatenate([spikes, np.zeros((samples, 2, 5), dtype=bool)], axis=1)
    expected = dynamics.run(graph, late).spikes["p1"][:, 2:].reshape(-1, 4)
    assert expected.sum() > 20
    played = np.concatenate([spikes.reshape(-1, 5), np.zeros((2, 5), dtype=bool)])
    network = Network(graph, reset_interval=length, reset_offset=1)
    np.testing.assert_array_equal(spikes_in_lava(network, played, "fixed_pt")[2:], expected)
    together = dynamics.run(graph, played[None]).spikes["p1"][0, 2:]
    assert not np.array_equal(together, expected), "without resets, samples affect each other"


def test_it_has_the_attributes_of_netx(tmp_path):
    graph = classifier(np.random.default_rng(0), odd=True)
    netx.write(graph, tmp_path / "a.net")
    handlers = list(logging.getLogger().handlers)
    network = Network(net_config=tmp_path / "a.net")
    assert logging.getLogger().handlers == handlers
    assert len(network) == 2
    assert [layer.name for layer in network.layers] == ["hidden", "readout"]
    assert (network.inp.shape, network.out.shape) == ((80,), (10,))
    assert network.in_layer is network.layers[0]
    assert network.out_layer is network.layers[1]
    hidden = network.in_layer
    assert isinstance(hidden.neuron, AHP)
    assert hidden.inp is hidden.synapse.s_in
    assert hidden.out is hidden.neuron.s_out
    assert hidden.shape == (240,)
    assert len(hidden.synapses) == 4, "odd weights of both signs: input and recurrent synapses are split"
    np.testing.assert_array_equal(hidden.neuron.w_ahp.init, np.repeat([0, 384], 120))
    head, *rows = str(network).splitlines()
    assert head.split(" | ")[0].strip("| ") == "population"
    assert [row.split("|")[1].strip() for row in rows] == ["hidden", "readout"]
    assert [row.split("|")[3].strip() for row in rows] == ["AHP", "LIF"]


def connection(weights, **options):
    return Connection("input", "p0", weights, **options)


@pytest.mark.parametrize(
    "weights, modes",
    [
        ([[2, -4], [0, 254]], [SignMode.MIXED]),
        ([[-256, 0]], [SignMode.MIXED]),
        ([[1, 0, 255]], [SignMode.EXCITATORY]),
        ([[-1, -255]], [SignMode.INHIBITORY]),
        ([[1, -2, 0]], [SignMode.EXCITATORY, SignMode.INHIBITORY]),
        ([[0, 0]], []),
    ],
)
def test_signs_decide_the_sign_modes(weights, modes):
    made = make_synapses(connection(weights))
    assert [process.proc_params["sign_mode"] for process in made] == modes


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_lava_preserves_every_weight(seed):
    rng = np.random.default_rng(seed)
    low, high = rng.choice([(-128, 128), (0, 128), (-128, 0)])
    weights = 2 * rng.integers(low, high, (4, 5)) if rng.random() < 0.5 else rng.integers(-255, 256, (4, 5))
    kept = np.zeros((4, 5), dtype=int)
    for process in make_synapses(connection(weights)):
        mode = process.proc_params["sign_mode"]
        kept += truncate_weights(clip_weights(process.weights.init, mode, 8), mode, 8)
    np.testing.assert_array_equal(kept, weights)


@pytest.mark.parametrize("entries, kinds", [(20, (Sparse, DelaySparse)), (21, (Dense, DelayDense))])
def test_large_matrices_with_few_synapses_are_sparse(monkeypatch, entries, kinds):
    monkeypatch.setattr(synapses, "SPARSE_ENTRIES", entries)
    weights = np.zeros((4, 5), dtype=int)
    weights[2, 3] = weights[1, 0] = 6
    for delay, kind in zip((1, 3), kinds, strict=True):
        (process,) = make_synapses(connection(weights, delay=delay))
        assert type(process) is kind
    weights[0, 0] = 2
    (process,) = make_synapses(connection(weights))
    assert type(process) is Dense, "3 of 20 entries exceed the density limit"


@pytest.mark.parametrize("entries", [0, 21])
def test_lavas_delay_is_one_less_than_ours(monkeypatch, entries):
    monkeypatch.setattr(synapses, "SPARSE_ENTRIES", entries)
    monkeypatch.setattr(synapses, "SPARSE_DENSITY", 1.0)
    (process,) = make_synapses(connection([[2, 4]], delay=[[1, 63]]))
    delays = process.delays.init
    assert np.asarray(delays.todense() if entries == 0 else delays).tolist() == [[0, 62]]
    assert process.a_buff.shape == (1, 63)
