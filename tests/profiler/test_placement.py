"""Placement: no limit is ever exceeded, and a refusal names the limit and the excess."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import Connection, Network, Neuron, Population, SpecError, Weights
from lava_ahp.profiler import place

from support.profiles import made
from support.strategies import networks


def layer(neurons, sources=4, weights=None, ahp=0, delay=1):
    weights = np.full((neurons, sources), 2) if weights is None else weights
    return Network(
        (Population("input", sources), Population("cells", neurons, Neuron(threshold=100, ahp_weight=ahp))),
        (Connection("input", "cells", weights, delay=delay),),
        output="cells",
    )


def test_compartments_of_plain_and_ahp_neurons():
    assert [c.compartments for c in place(layer(10), made(compartments_per_core=4)).cores] == [4, 4, 2]
    assert [c.compartments for c in place(layer(10, ahp=1), made(compartments_per_core=4)).cores] == [4] * 5


def test_synapse_memory_at_stored_precision_and_sparsity():
    # Full: 10 x 4 weights of 8 bit are 40 bytes dense, 90 sparse.
    full = place(layer(10), made())
    assert (full.cores[0].synapse_bytes, full.formats) == (40, {(0, 0): "dense"})
    # One synapse: 18 bit sparse are 3 bytes, a dense row of ten 10.
    single = np.zeros((10, 4), int)
    single[3, 2] = 2
    assert (place(layer(10, weights=single), made()).cores[0].synapse_bytes) == 3
    # A delay of up to 5 steps takes three bits more.
    assert place(layer(8, delay=5), made()).cores[0].synapse_bytes == 8 * 4 * 11 // 8
    # Odd weights of both signs take two rows.
    mixed = np.where(np.arange(40).reshape(10, 4) % 2, 3, -3)
    assert place(layer(10, weights=mixed), made()).cores[0].synapse_bytes == 80
    # Memory splits the population.
    assert [c.synapse_bytes for c in place(layer(10), made(synapse_memory_per_core=16)).cores] == [16, 16, 8]


def test_axons_split_or_refuse():
    weights = 2 * np.eye(6, dtype=int)
    cores = place(layer(6, 6, weights), made(axons_in_per_core=2)).cores
    assert [c.axons_in for c in cores] == [2, 2, 2]
    with pytest.raises(SpecError, match=r"placement on made: neuron cells\[0\] takes 4 axons in, allowed 3, 1 over"):
        place(layer(2), made(axons_in_per_core=3))


def test_axons_out_split_or_refuse():
    network = Network(
        (
            Population("input", 1),
            Population("cells", 4, Neuron(threshold=1)),
            Population("far", 4, Neuron(threshold=1)),
        ),
        (Connection("input", "cells", np.full((4, 1), 2)), Connection("cells", "far", np.full((4, 4), 2))),
        output="far",
    )
    # Four neurons that reach one core are four axons; two to a core are half, but then there are two cores to reach.
    assert [c.axons_out for c in place(network, made(compartments_per_core=4)).cores] == [4, 0]
    # Fewer cells to a core, and as many far ones as before: a cell reaches two cores at most.
    split = place(network, made(compartments_per_core=4, axons_out_per_core=3)).cores
    assert [sum(part.stop - part.start for part in c.slices) for c in split] == [1, 1, 1, 4, 1]
    assert [c.axons_out for c in split] == [2, 2, 2, 2, 0]
    with pytest.raises(SpecError, match=r"neuron cells\[0\] takes 2 axons out, allowed 1, 1 over"):
        place(network, made(compartments_per_core=4, axons_out_per_core=1))


def test_refusals_name_the_limit_and_the_amount():
    with pytest.raises(SpecError, match=r"neuron cells\[0\] takes 4 bytes of synapse memory, allowed 3, 1 over"):
        place(layer(2), made(synapse_memory_per_core=3))
    with pytest.raises(SpecError, match=r"neuron cells\[0\] takes 2 compartments, allowed 1, 1 over"):
        place(layer(2, ahp=1), made(compartments_per_core=1))
    with pytest.raises(SpecError, match="network takes 3 chips, allowed 2, 1 over"):
        place(layer(12), made(compartments_per_core=1, chips=2))


def copies(cores):
    """Three populations that read the input with the same weights, so many cores apart."""
    weights = Weights(np.full((8, 4), 2))
    return Network(
        (Population("input", 4), *(Population(f"copy{k}", 8, Neuron(threshold=100)) for k in range(3))),
        tuple(Connection("input", f"copy{k}", weights) for k in range(3)),
        output="copy2",
    ), made(compartments_per_core=24 // cores)


def test_a_core_holds_shared_lists_once_and_an_axon_for_each_copy():
    alone = place(*copies(3))
    assert [(c.synapse_bytes, c.axons_in) for c in alone.cores] == [(32, 4)] * 3
    together = place(*copies(1))
    assert [(c.synapse_bytes, c.axons_in) for c in together.cores] == [(32, 12)]
    # The second core holds half of the lists for the rest of the second copy, which do not serve the whole third copy.
    split = place(*copies(2))
    assert [(c.synapse_bytes, c.axons_in) for c in split.cores] == [(32, 8), (48, 8)]


def test_limits_without_a_figure_are_named():
    assert place(layer(3), made()).unchecked == ("chips",)
    assert place(layer(3), made(axons_in_per_core=None, axons_out_per_core=None)).unchecked == (
        "axons_in_per_core",
        "axons_out_per_core",
        "chips",
    )


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_every_neuron_has_a_core_and_no_core_exceeds_a_limit(data):
    network = data.draw(networks(max_size=40))
    limits = {
        "compartments_per_core": data.draw(st.integers(2, 50)),
        "synapse_memory_per_core": data.draw(st.integers(1000, 5000)),
        "axons_in_per_core": data.draw(st.integers(150, 300)),
        "axons_out_per_core": data.draw(st.integers(2000, 5000)),
    }
    placement = place(network, made(**limits))
    seen = {p.name: [] for p in network}
    for k, core in enumerate(placement.cores):
        assert core.slices
        assert len({part.population for part in core.slices}) == len(core.slices)
        assert core.compartments <= limits["compartments_per_core"]
        assert core.synapse_bytes <= limits["synapse_memory_per_core"]
        assert core.axons_in <= limits["axons_in_per_core"]
        assert core.axons_out <= limits["axons_out_per_core"]
        for part in core.slices:
            assert (placement.core_of[part.population][part.start : part.stop] == k).all()
            seen[part.population] += range(part.start, part.stop)
    assert seen == {p.name: list(range(p.size)) for p in network}
    # Axons counted one pair at a time, and one more for each list that other connections use on the core too.
    pairs = {
        (c.source, int(j), core, k if (k, core) in placement.shared else None)
        for k, c in enumerate(network.connections)
        for j, core in zip(c.sources, placement.core_of[c.target][c.targets].tolist(), strict=True)
    }
    assert sum(core.axons_in for core in placement.cores) == len(pairs)
    inside = sum(name != network.input.name for name, *_ in pairs)
    assert sum(core.axons_out for core in placement.cores) == inside
