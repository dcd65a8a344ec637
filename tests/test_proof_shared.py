"""What ``verify`` says about networks whose connections share weights."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lava_ahp import dynamics
from lava_ahp.network import Connection, Events, Golden, Network, Weights, fingerprints
from lava_ahp.network.fingerprint import parts
from lava_ahp.proof import verify

from support.strategies import shared_networks


def with_weights(network, base, changed):
    """The network with other weights in every connection that shares an array."""
    connections = [
        Connection(
            c.source,
            c.target,
            changed.within(c.shape[1], c.weights.first),
            exponent=c.exponent,
            delay=c.dense_delays(),
        )
        if c.weights.base is base
        else c
        for c in network.connections
    ]
    return Network(network.populations, tuple(connections), network.output)


@settings(deadline=None)
@given(shared_networks(), st.data())
def test_a_changed_weight_of_a_shared_array_is_named_by_population_and_connection(network, data):
    base = data.draw(st.sampled_from(network.weights))
    assume(base.synapses)
    k = data.draw(st.integers(0, base.synapses - 1))
    dense = base.dense()
    where = base.targets[k], base.sources[k]
    # Another weight of the same sign, even so that any other weight may stand beside it.
    dense[where] = dense[where] // 4 * 2 if abs(dense[where]) > 4 else dense[where] + 2 * np.sign(dense[where])
    altered = with_weights(network, base, Weights(dense))
    before, after = fingerprints(network), fingerprints(altered)
    own = {p.name for p in parts(network) if p.connection is not None and p.connection.weights.base is base}
    assert {name for name in before if np.any(before[name] != after[name])} == own
    silence = Events.from_dense(np.zeros((1, 2, network.input.size), bool))
    golden = Golden(silence, dynamics.run(network, silence), fingerprints=before)
    assert verify(network, golden, engines=[]).passed
    found = verify(altered, golden, engines=[]).checks[-1].difference
    users = [c for c in network.connections if c.weights.base is base]
    first = min(users, key=lambda c: network.names.index(c.target))
    assert (found.connection, found.population, found.neuron) == (first.name, first.target, where[0])
    assert found.sharing == len(users)
    assert f"the weights of connection {first.name}" in str(found)


@settings(deadline=None)
@given(shared_networks(), st.data())
def test_a_connection_that_uses_another_array_is_found(network, data):
    k = data.draw(st.integers(0, len(network.connections) - 1))
    c = network.connections[k]
    moved = Connection(c.source, c.target, c.weights, exponent=(c.exponent + 7) % 8, delay=c.dense_delays())
    assume(moved.exponent < c.exponent)
    connections = (*network.connections[:k], moved, *network.connections[k + 1 :])
    before, after = fingerprints(network), fingerprints(Network(network.populations, connections, network.output))
    assert {name for name in before if np.any(before[name] != after[name])} == {c.target}
