"""Energy and latency compared with counts made by hand: one spike, one synapse, one step at a time."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import Connection, Events, Network, Neuron, Population, SpecError, profiler
from lava_ahp.simulator import simulate

from support.profiles import PRICES, made
from support.strategies import networks, stimuli


def profile(network, events, hardware):
    names = list(network.names)
    trace = simulate(network, events, rasters=names)
    found = profiler.Profiler(network, hardware)
    for sample in profiler.samples(network, events, trace.spikes):
        found.add(sample)
    return found.estimate(), trace


def tiny():
    """Two input channels, a plain and an AHP neuron that spike whenever something excites them, one readout."""
    return Network(
        (
            Population("input", 2),
            Population("cells", 2, Neuron(threshold=1, voltage_decay=4096, ahp_weight=[0, 64], ahp_decay=4096)),
            Population("readout", 1, Neuron(threshold=131071)),
        ),
        (
            Connection("input", "cells", [[10, 0], [10, 10]]),
            Connection("cells", "cells", [[0, 0], [0, -2]]),
            Connection("cells", "readout", [[4, 4]]),
        ),
        output="readout",
    )


EVENTS = Events.from_lists([[(0, 0), (2, 1)]], 2, 5)
# Step 0: channel 0.   Step 1: cells 0 and 1 spike.  Step 2: channel 1; -2 arrives at cell 1, 4 + 4 at the readout.
# Step 3: cell 1 spikes.  Step 4: -2 at cell 1, 4 at the readout.
COUNTS = {
    # Compartments 1 + 2 + 1 in 5 steps are 20 updates; active: step 1 both cells, 2 cell 1 and readout,
    # 3 cell 1, 4 cell 1 and readout.
    "update_active": 3 + 3 + 2 + 3,
    "update_inactive": 20 - 11,
    # Channel 0 reaches two cells, channel 1 one; cell 0 reaches the readout, cell 1 itself and the readout, twice.
    "synops": 2 + 1 + 1 + 2 * 2,
    "spike": 3,
    "message_out": 3,
    "message_in": 5,
    "hop_east_west": 0,
    "hop_north_south": 0,
    "chip_link": 0,
}


def test_tiny_network_counted_by_hand():
    found, _ = profile(tiny(), EVENTS, made())
    counts = {name: int(values[0]) for name, values in found.counts.items()}
    counts["synops"] = counts.pop("synop_dense") + counts.pop("synop_sparse")
    assert counts == COUNTS
    # input -> cells: 3 synapses sparse 54 bit, dense 2 lists of 2 weights 32 bit; the others one row each: dense.
    assert set(found.placement.formats.values()) == {"dense"}


def test_tiny_energy_and_time_to_the_last_count():
    found, _ = profile(tiny(), EVENTS, made())
    picojoules = sum(COUNTS[name] * PRICES[name] for name in COUNTS if name != "synops") + 8 * PRICES["synop_dense"]
    assert picojoules == 11 * 3 + 9 * 2 + 8 * 5 + 3 * 11 + 3 * 13 + 5 * 17
    energy = found.energy_j()
    assert energy["neurocore_dynamic"][0] == pytest.approx(picojoules * 1e-12, rel=1e-12)
    # One core does it all, so its nanoseconds are the same sum; then five barriers and five times the host.
    seconds = picojoules * 1e-9 + 5 * 100e-9 + 5 * 1e-6
    assert found.latency_s[0] == pytest.approx(seconds, rel=1e-12)
    assert energy["neurocore_static"][0] == pytest.approx(1e-3 * seconds, rel=1e-12)
    assert found.static_j("high")[0] == pytest.approx(3e-3 * seconds, rel=1e-12)
    assert energy["host_io"][0] == pytest.approx(11e-3 * seconds, rel=1e-12)
    assert energy["total"][0] == pytest.approx(picojoules * 1e-12 + 12e-3 * seconds, rel=1e-12)
    assert found.edp_js[0] == pytest.approx(energy["total"][0] * seconds, rel=1e-12)
    assert found.bound == "host"


def test_tiny_network_over_several_cores():
    # One compartment a core does not hold an AHP neuron, two hold one: cells 0 | cells 1 | readout.
    found, _ = profile(tiny(), EVENTS, made(compartments_per_core=2))
    assert [(s.population, s.start, s.stop) for c in found.placement.cores for s in c.slices] == [
        ("cells", 0, 1), ("cells", 1, 2), ("readout", 0, 1)
    ]  # fmt: skip
    assert [core.tile for core in found.placement.cores] == [(0, 0), (1, 0), (0, 1)]
    counts = {name: int(values[0]) for name, values in found.counts.items()}
    # Channel 0 to cores 0 and 1, channel 1 to core 1; cell 0 to core 2; cell 1 to cores 1 and 2, twice.
    assert (counts["message_in"], counts["message_out"]) == (3 + 1 + 4, 5)
    # East: channel 0 and channel 1 to core 1; cell 1 on its way to core 2 (twice).  South: cell 0, cell 1 twice.
    assert (counts["hop_east_west"], counts["hop_north_south"]) == (2 + 2, 1 + 2)
    assert found.placement.chips == 1
    # Three of four tiles: two thirds of the way from one tile to the full mesh.
    assert found.time_s["barrier"][0] == pytest.approx(5 * (100 + 200 / 3) * 1e-9)
    assert found.time_s["transport"][0] == pytest.approx(
        5 * (PRICES["hop_east_west"] + PRICES["hop_north_south"]) * 1e-9
    )
    # Busiest core of every step, in ns, by hand: core 1 but for step 4.
    # Step 0 core 1: two inactive 4, message in 17, synop 5.       Step 1 core 1: two active 6, spike 11, two messages
    # out 26, in 17, synop 5.   Step 2 core 1: active 6, in 17, synop 5.   Step 3 as step 1.   Step 4: active 6.
    assert found.time_s["neurocore"][0] == pytest.approx((26 + 65 + 28 + 65 + 6) * 1e-9)


def test_cores_of_several_chips():
    found, _ = profile(tiny(), EVENTS, made(compartments_per_core=2, cores_per_chip=1, tiles_per_row=1))
    assert found.placement.chips == 3
    counts = {name: int(values[0]) for name, values in found.counts.items()}
    # Columns and chips 0, 1, 2: channel 0 to chip 1, channel 1 to chip 1, cell 0 by two, cell 1 by one, twice.
    assert counts["chip_link"] == counts["hop_east_west"] == 1 + 1 + 2 + 2
    assert found.energy_j()["host_io"][0] == pytest.approx(3 * 11e-3 * found.latency_s[0])


def test_what_has_no_price_is_reported():
    found, _ = profile(tiny(), EVENTS, made(unpriced=("spike", "chip_link")))
    rows = {(row["operation"], row["quantity"]): row["per_sample"] for row in found.unpriced}
    # No message crossed a chip border, so its missing price does not matter here.
    assert rows == {("spike", "energy"): 3, ("spike", "time"): 3, ("barrier", "energy"): 5}


def by_hand(network, events, sample, placement, fired):
    """Operations of one sample by step and core, and between cores."""
    steps = int(events.steps[sample])
    on, between = Counter(), Counter()
    core_of = placement.core_of
    for population in network.populations:
        for t, j in np.argwhere(fired[population.name][:steps]):
            reached = Counter()
            for k, c in enumerate(network.connections):
                if c.source == population.name:
                    for i in c.targets[c.indptr[j] : c.indptr[j + 1]]:
                        core = int(core_of[c.target][i])
                        reached[core] += 1
                        on[f"synop_{placement.formats[k, core]}", t, core] += 1
            home = None if population.is_input else int(core_of[population.name][j])
            here, chip = ((0, 0), 0) if home is None else (placement.cores[home].tile, placement.cores[home].chip)
            if home is not None:
                on["spike", t, home] += 1
            for core in reached:
                on["message_in", t, core] += 1
                if home is not None:
                    on["message_out", t, home] += 1
                between["hop_east_west"] += abs(placement.cores[core].tile[0] - here[0])
                between["hop_north_south"] += abs(placement.cores[core].tile[1] - here[1])
                between["chip_link"] += abs(placement.cores[core].chip - chip)
    for population in network:
        name = population.name
        active = fired[name][:steps].astype(bool).copy()
        for c in network.incoming(name):
            for j, i, d in zip(c.sources, c.targets, c.delays, strict=True):
                for t in np.flatnonzero(fired[c.source][:steps, j]):
                    if t + d < steps:
                        active[t + d, i] = True
        ahp = population.parameters()["ahp_weight"] != 0
        for t in range(steps):
            for i in range(population.size):
                state = "update_active" if active[t, i] else "update_inactive"
                on[state, t, int(core_of[name][i])] += 2 if ahp[i] else 1
    return on, between


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_random_networks_to_the_last_count(data):
    network = data.draw(networks(max_size=12))
    events = data.draw(stimuli(network, max_samples=2, max_steps=15))
    compartments, memory = data.draw(st.sampled_from([(2, 4096), (5, 4096), (1024, 131072)]))
    hardware = made(compartments_per_core=compartments, synapse_memory_per_core=memory)
    found, trace = profile(network, events, hardware)
    dense = events.to_dense()
    for sample in range(len(events)):
        fired = {network.input.name: dense[sample], **{name: s[sample] for name, s in trace.spikes.items()}}
        on, between = by_hand(network, events, sample, found.placement, fired)
        expected = Counter(between)
        for (name, _, _), n in on.items():
            expected[name] += n
        assert {name: int(n[sample]) for name, n in found.counts.items()} == {n: expected[n] for n in PRICES}
        nanoseconds = np.zeros((int(events.steps[sample]), len(found.placement.cores)), np.int64)
        for (name, t, core), n in on.items():
            nanoseconds[t, core] += n * PRICES[name]
        assert found.time_s["neurocore"][sample] == pytest.approx(1e-9 * nanoseconds.max(axis=1).sum(), rel=1e-12)
        picojoules = sum(n * PRICES[name] for name, n in expected.items())
        assert found.energy_j()["neurocore_dynamic"][sample] == pytest.approx(1e-12 * picojoules, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_counts_are_those_of_the_simulator(data):
    network = data.draw(networks(max_size=30))
    events = data.draw(stimuli(network, max_samples=3, max_steps=40))
    # One compartment for every neuron, so that compartments and neurons count alike.
    found, trace = profile(network, events, made(storage=(1, 1), compartments_per_core=16))
    activity = trace.activity
    np.testing.assert_array_equal(found.counts["update_active"], sum(activity.active_updates.values()))
    updates = found.counts["update_active"] + found.counts["update_inactive"]
    np.testing.assert_array_equal(updates, sum(activity.updates.values()))
    spikes = sum(n for name, n in activity.spikes.items() if name != network.input.name)
    np.testing.assert_array_equal(found.counts["spike"], spikes)
    synops = sum(activity.synops, np.zeros(len(events), np.int64))
    np.testing.assert_array_equal(found.counts["synop_dense"] + found.counts["synop_sparse"], synops)


def test_spread_over_samples():
    events = Events.from_lists([[(0, 0)], [], [(0, 0), (1, 0), (2, 0)]], 2, 5)
    found, _ = profile(tiny(), events, made())
    spread = profiler.spread(found.energy_j()["total"])
    assert spread["min"] == found.energy_j()["total"][1]
    assert spread["max"] == found.energy_j()["total"][2]
    assert spread["p50"] == found.energy_j()["total"][0]
    assert spread["mean"] == pytest.approx(found.energy_j()["total"].mean())


def test_nothing_to_estimate_and_rasters_missing():
    with pytest.raises(SpecError, match="no samples"):
        profiler.Profiler(tiny(), made()).estimate()
    with pytest.raises(SpecError, match=r"no rasters of \['cells', 'readout'\]"):
        next(profiler.samples(tiny(), EVENTS, {}))
