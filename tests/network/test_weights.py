"""Weights that connections share."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import Connection, Network, Neuron, Population, SpecError, Weights
from lava_ahp.network.summary import summarise

from support.strategies import networks


def test_connections_keep_the_object():
    weights = Weights([[2, 0], [4, -6]])
    one, two = Connection("a", "b", weights), Connection("c", "d", weights, exponent=3, delay=9)
    assert one.weights is two.weights is weights
    assert one.values is two.values
    assert (one.delay, two.delay, two.delays.tolist()) == (1, 9, [9, 9, 9])
    assert one == Connection("a", "b", [[2, 0], [4, -6]])
    assert one != Connection("a", "b", [[2, 0], [4, -8]])


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(0, 5), st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_within_a_larger_source(sources, before, behind, seed):
    dense = np.random.default_rng(seed).integers(-3, 4, (4, sources))
    weights = Weights(dense)
    size = before + sources + behind
    placed = weights.within(size, before)
    assert placed == Weights(np.pad(dense, ((0, 0), (before, behind))))
    assert placed.values is weights.values
    assert placed.targets is weights.targets
    assert (placed.base, placed.first) == (weights, before)
    assert weights.within(size, before) is placed
    assert placed.within(size + 3, 2) is weights.within(size + 3, before + 2)
    assert placed.fan_out.tolist() == np.count_nonzero(placed.dense(), axis=0).tolist()
    assert placed.magnitude.tolist() == np.abs(dense).sum(axis=1).tolist()


def test_within_too_small_a_source_is_refused():
    for sources, first in ((3, 2), (1, 0), (5, -1)):
        with pytest.raises(SpecError, match=f"2 sources from {first} on, allowed within the {sources}"):
            Weights([[1, 2]]).within(sources, first)


def test_bad_weights_are_refused():
    with pytest.raises(SpecError, match=r"weights: found 256\.\.256, allowed -256\.\.255"):
        Weights([[256]])


def test_a_network_knows_its_distinct_weights():
    shared, own = Weights([[2, 4]]), Weights([[6, 8]])
    cell = Neuron(threshold=1)
    connections = (
        Connection("input", "a", shared.within(4, 0)),
        Connection("input", "b", own.within(4, 1)),
        Connection("input", "b", shared.within(4, 2)),
    )
    populations = (Population("input", 4), Population("a", 1, cell), Population("b", 1, cell))
    network = Network(populations, connections, "b")
    assert network.weights == (shared, own)
    assert network.shares_weights
    assert summarise(network)["totals"]["distinct weights"] == 4
    assert not Network(populations, connections[:2], "b").shares_weights
    again = pickle.loads(pickle.dumps(network))
    assert again == network
    assert again.connections[0].weights.base is again.connections[2].weights.base


@settings(deadline=None)
@given(networks())
def test_worst_case_drive_is_the_sum_over_synapses(network):
    for p in network:
        drive = np.zeros(p.size, dtype=np.int64)
        for c in network.incoming(p.name):
            np.add.at(drive, c.targets, np.abs(c.values.astype(np.int64)) << c.exponent)
        assert network.worst_case_drive(p.name) == (drive << (6 + p.parameters()["input_exponent"])).max()
