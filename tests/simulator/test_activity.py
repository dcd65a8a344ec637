"""Activity counts against a plain count over the oracle's spikes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import Connection, Events, Network, Neuron, Population
from lava_ahp.simulator import simulate

from support.oracle_runs import oracle_history
from support.strategies import networks, stimuli


def count_by_hand(network, events, sample):
    """Spikes, synops, updates and active updates of one sample, counted one spike and one synapse at a time."""
    steps = int(events.steps[sample])
    fired = {name: states[..., 3] for name, states in oracle_history(network, events, sample).items()}
    fired[network.input.name] = events.to_dense()[sample, :steps].astype(int)
    spikes = {name: int(raster.sum()) for name, raster in fired.items()}
    synops = [0] * len(network.connections)
    active = {p.name: fired[p.name].astype(bool).copy() for p in network}
    for k, c in enumerate(network.connections):
        for j, i, d in zip(c.sources, c.targets, c.delays, strict=True):
            for t in np.flatnonzero(fired[c.source][:, j]):
                synops[k] += 1
                if t + d < steps:
                    active[c.target][t + d, i] = True
    updates = {p.name: p.size * steps for p in network}
    return spikes, synops, updates, {name: int(flags.sum()) for name, flags in active.items()}


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_counts_are_exact(data):
    network = data.draw(networks(max_size=20))
    events = data.draw(stimuli(network, max_samples=2, max_steps=30))
    activity = simulate(network, events).activity
    for sample in range(len(events)):
        spikes, synops, updates, active = count_by_hand(network, events, sample)
        assert {name: n[sample] for name, n in activity.spikes.items()} == spikes
        assert [n[sample] for n in activity.synops] == synops
        assert {name: n[sample] for name, n in activity.updates.items()} == updates
        assert {name: n[sample] for name, n in activity.active_updates.items()} == active


def test_an_operation_that_changes_nothing_counts():
    # Two weights cancel at the first neuron: two operations, one active update, no current.
    network = Network(
        (Population("input", 1), Population("cells", 2, Neuron(threshold=100))),
        (Connection("input", "cells", [[7], [0]]), Connection("input", "cells", [[-7], [0]])),
        output="cells",
    )
    trace = simulate(network, Events.from_lists([[(0, 0), (2, 0)]], 1, 3), states=["cells"])
    assert not trace.states["cells"]["u"].any()
    # The spike of the last step never arrives, but its operations are counted when it is emitted.
    assert [n.tolist() for n in trace.activity.synops] == [[2], [2]]
    assert trace.activity.active_updates["cells"].tolist() == [1]


def test_counting_is_optional():
    network = Network((Population("input", 1), Population("cell", 1, Neuron(threshold=1))), (), output="cell")
    assert simulate(network, np.ones((1, 2, 1)), activity=False).activity is None
