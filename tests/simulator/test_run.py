"""The interface of the simulator: input formats, threads, progress, memory, the cache, and errors."""

import threading

import numpy as np
import pytest
import torch

from lava_ahp import Connection, Events, NetFormatError, Network, Neuron, Population, SpecError, netx
from lava_ahp.bench.generate import classifier, noise
from lava_ahp.network import memory
from lava_ahp.simulator import kernel, run, simulate


@pytest.fixture(scope="module")
def network():
    return classifier(8, 40, 3, rate=0.1)


@pytest.fixture(scope="module")
def spikes():
    return np.random.default_rng(1).random((7, 30, 8)) < 0.2


def everything(trace):
    """Every array of a trace, by name."""
    found = {"readout": trace.readout, "steps": trace.steps}
    found |= {f"counts {k}": v for k, v in trace.counts.items()} | {f"raster {k}": v for k, v in trace.spikes.items()}
    found |= {f"{k} {name}": v for k, states in trace.states.items() for name, v in states.items()}
    activity = trace.activity
    found |= {f"synops {k}": v for k, v in enumerate(activity.synops)}
    for kind in ("spikes", "updates", "active_updates"):
        found |= {f"{kind} {k}": v for k, v in getattr(activity, kind).items()}
    return found


def assert_identical(a, b):
    a, b = everything(a), everything(b)
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


@pytest.mark.parametrize("threads", [1, 2, 3, 50, None])
@pytest.mark.parametrize("blocks", [1, 16])
def test_threads_and_blocks_change_nothing(network, threads, blocks, monkeypatch):
    rng = np.random.default_rng(2)
    steps = rng.integers(1, 60, 23)
    events = Events.from_lists([np.argwhere(rng.random((n, 8)) < 0.2) for n in steps], 8, steps)
    kept = {"rasters": ["hidden"], "states": ["readout", "hidden"]}
    expected = simulate(network, events, threads=1, **kept)
    monkeypatch.setattr(run, "BLOCKS_PER_THREAD", blocks)
    assert_identical(simulate(network, events, threads=threads, **kept), expected)


def test_a_sample_gives_the_same_result_alone_and_in_a_batch(network, spikes):
    batch, alone = simulate(network, spikes), simulate(network, spikes[4:5])
    np.testing.assert_array_equal(batch.readout[4:5], alone.readout)
    np.testing.assert_array_equal(batch.counts["hidden"][4:5], alone.counts["hidden"])


def test_every_input_format_gives_the_same_result(network, spikes):
    expected = simulate(network, spikes)
    lists = [np.argwhere(sample) for sample in spikes]
    for form, options in (
        (spikes.astype(np.float32), {}),
        (torch.from_numpy(spikes), {}),
        (Events.from_dense(spikes), {}),
        (lists, {"steps": 30}),
    ):
        assert_identical(simulate(network, form, **options), expected)


def test_a_path_stands_for_the_network_in_its_file(network, spikes, tmp_path):
    netx.write(network, tmp_path / "a.net")
    for path in (tmp_path / "a.net", str(tmp_path / "a.net")):
        assert_identical(simulate(path, spikes), simulate(network, spikes))
    with pytest.raises(NetFormatError, match=r"b\.net: no such file"):
        simulate(tmp_path / "b.net", spikes)
    with pytest.raises(SpecError, match="network: found dict, allowed a Network or the path of a network file"):
        simulate({}, spikes)


def test_read_only_events_run(network, spikes):
    events = Events.from_dense(spikes)
    for array in (events.steps, events.offsets, events.times, events.sources):
        array.flags.writeable = False
    assert_identical(simulate(network, events), simulate(network, spikes))


def test_progress_adds_up_in_the_calling_thread(network, spikes):
    calls = []
    simulate(network, spikes, threads=2, progress=lambda n: calls.append((n, threading.get_ident())))
    assert sum(n for n, _ in calls) == len(spikes)
    assert {ident for _, ident in calls} == {threading.get_ident()}


def test_an_error_in_progress_stops_the_run(network, spikes):
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(network, spikes, progress=stop)


@pytest.mark.parametrize(
    ("wrong", "options", "message"),
    [
        (np.zeros((2, 5)), {}, "allowed .sample, time, channel."),
        (np.zeros((2, 5, 9)), {}, "9 channels, the network's input has 8"),
        (np.full((2, 5, 8), 2), {}, "spikes are unary"),
        (np.zeros((0, 5, 8)), {}, "none of them 0"),
        ([], {"steps": 5}, "no samples"),
        (np.zeros((1, 5, 8)), {"rasters": ["nowhere"]}, "rasters: found"),
        (np.zeros((1, 5, 8)), {"states": "hidden"}, "states: found 'hidden', allowed a collection"),
        (np.zeros((1, 5, 8)), {"states": ["input"]}, "states: found"),
        (np.zeros((1, 5, 8)), {"readout_steps": 0}, "readout_steps: found 0"),
        (np.zeros((1, 5, 8)), {"threads": 0}, "threads: found 0"),
        (np.zeros((1, 5, 8)), {"threads": 1.5}, "threads: found 1.5"),
    ],
)
def test_wrong_arguments_are_refused(network, wrong, options, message):
    with pytest.raises(SpecError, match=message):
        simulate(network, wrong, **options)


@pytest.mark.parametrize(
    ("largest", "options"),
    [("states", {"states": ["hidden"]}), ("rasters", {"rasters": ["hidden"], "readout_steps": 1}), ("readout", {})],
)
def test_a_run_that_does_not_fit_in_memory_is_refused_before_it_starts(network, largest, options, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 10**6)
    events = Events.from_lists([[]] * 100, 8, 3000)
    with pytest.raises(SpecError, match=f"GiB .{largest} .*fewer samples"):
        simulate(network, events, **options)


def test_a_network_that_does_not_fit_in_memory_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 10**6)
    large = Network(
        (Population("input", 200), Population("cells", 200, Neuron(threshold=1))),
        (Connection("input", "cells", np.ones((200, 200), int)),),
        output="cells",
    )
    with pytest.raises(SpecError, match=r"network .*smaller network"):
        simulate(large, np.zeros((1, 2, 200)), readout_steps=1)


def test_if_available_memory_is_unknown_the_run_starts(network, spikes, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: None)
    assert simulate(network, spikes).readout.shape == (7, 30, 3)


def test_available_memory_is_plausible():
    available = memory.available_bytes()
    assert available is None or 2**20 < available < 2**50


def test_it_compiles_without_a_writable_cache_folder(monkeypatch):
    from numba.core import caching

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    with pytest.raises(RuntimeError, match="cache"):
        kernel.njit(cache=True)(lambda x: x)
    compiled = kernel._compile()(lambda x: x + 1)
    assert compiled(1) == 2


def test_generated_networks_fire_at_about_the_rate_asked_for():
    for hidden, density, rate in ((240, 0.2, 0.05), (2000, 0.01, 0.02)):
        made = classifier(80, hidden, 10, density=density, rate=rate)
        events = noise(80, samples=4, steps=400)
        assert 0.75 * rate < simulate(made, events).counts["hidden"].mean() / 400 < 1.25 * rate
        synapses = made.connections[1].synapses
        assert synapses == round(density * hidden**2)
        assert 0.025 < len(events.times) / (4 * 400 * 80) < 0.035


@pytest.mark.parametrize(
    "build",
    [
        lambda: classifier(density=0),
        lambda: classifier(density=1.1),
        lambda: classifier(rate=0),
        lambda: classifier(rate=0.5),
        lambda: noise(3, samples=1, steps=1, rate=2),
    ],
)
def test_generators_refuse_wrong_arguments(build):
    with pytest.raises(SpecError, match="allowed"):
        build()
