"""Networks whose connections share weights, in Lava."""

import pytest

pytest.importorskip("lava.magma", reason="Lava exists for Python 3.10 only")

from lava_ahp import dynamics
from lava_ahp.process import Network, run

from support.lava_networks import assert_same
from support.relational import relational_network, stories


def test_a_relational_network_equals_dynamics():
    network = relational_network(2)
    events = stories(2, present=[2, 1])
    names = list(network.names)
    expected = dynamics.run(network, events)
    assert_same(run(network, events, rasters=names, states=names), expected)
    for part in ("sentence1", "first0_1", "layer2_1_1", "f1"):
        assert expected.counts[part].any(), part
    assert not expected.counts["first0_0"][1].any()


def test_processes_of_connections_that_share_weights_get_one_matrix():
    layers = {layer.name: layer for layer in Network(relational_network(2)).layers}
    one, two = (layers[f"sentence{k}"].synapses[1] for k in range(2))
    assert one.weights.init is two.weights.init
