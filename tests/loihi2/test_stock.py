"""The engine of stock Processes against the readable arithmetic: every state, every step, sample after sample."""

import numpy as np
import pytest
from lava.magma.core.process.process import ProcessServer

import lava_ahp
from lava_ahp import dynamics
from lava_ahp.errors import SpecError
from lava_ahp.loihi2 import partition as partition_module
from lava_ahp.loihi2.engine import run
from lava_ahp.loihi2.pairing import pair
from lava_ahp.loihi2.partition import partition
from lava_ahp.loihi2.planning import plan
from lava_ahp.loihi2.runner.build import build
from lava_ahp.loihi2.runner.device import Simulation
from lava_ahp.loihi2.schedule import Schedule
from lava_ahp.network import Connection, Events, Network, Neuron, Population, memory
from lava_ahp.process.cleanup import without_log_handlers, without_registrations

from support.adaptive import recurrent
from support.lava_networks import assert_same
from support.paths import EXPORTS, MNIST, SHARED


def lowered(seed, groups=2, **hidden):
    network = recurrent(np.random.default_rng(seed), size=6, current_decay=1316, **hidden)
    return pair(network, scale=1, groups=groups).network


def test_samples_of_any_length_equal_dynamics_in_every_state():
    rng = np.random.default_rng(0)
    network = lowered(0)
    spikes = [np.argwhere(rng.random((steps, 4)) < rate) for steps, rate in ((30, 0.5), (1, 1.0), (45, 0.2))]
    events = Events.from_lists(spikes, 4, [30, 1, 45])
    # Other tests leave Processes of their own.
    registered = len(ProcessServer().processes)
    trace = run(network, events, rasters=network.names, states=network.names)
    expected = dynamics.run(network, events)
    assert expected.counts["hidden"].sum() > 20
    assert_same(trace, expected)
    assert len(ProcessServer().processes) == registered


def reverberating():
    """Neurons that excite one another, late: once started, they go on for ever."""
    weights = 100 - 100 * np.eye(4, dtype=int)
    delays = np.random.default_rng(1).integers(1, 9, (4, 4))
    cell = Neuron(threshold=90, current_decay=np.array([4096, 4096, 2000, 2000]), voltage_decay=300)
    return Network(
        (Population("input", 2), Population("p", 4, cell), Population("readout", 2, Neuron(131071, 900, 205))),
        (
            Connection("input", "p", np.full((4, 2), 120)),
            Connection("p", "p", weights, delay=delays),
            Connection("p", "readout", np.full((2, 4), 40), delay=8),
        ),
        "readout",
    )


def dense_then_silent():
    spikes = np.zeros((3, 20, 2), bool)
    spikes[0] = spikes[2, 15:] = True
    return spikes


def test_nothing_leaks_from_a_busy_sample_into_a_silent_one():
    network, spikes = reverberating(), dense_then_silent()
    expected = dynamics.run(network, spikes)
    # The busy sample ends with spikes on their way.
    assert expected.spikes["p"][0, -4:].any()
    trace = run(network, spikes, rasters=network.names, states=network.names)
    assert_same(trace, expected)
    assert not any(states[key][1].any() for states in trace.states.values() for key in "uav")


def test_without_the_quench_the_leak_is_seen(monkeypatch):
    monkeypatch.setattr(partition_module, "QUENCH_WEIGHT", -1)
    monkeypatch.setattr(partition_module, "QUENCH_EXPONENT", 0)
    with pytest.raises(SpecError, match=r"sample 0: neuron p\[\d\] spikes \d steps before the reset, allowed none"):
        run(reverberating(), dense_then_silent())


def test_every_process_is_lavas():
    split = partition(lowered(3))
    events = Events.from_dense(np.ones((1, 5, 4), bool))
    schedule = Schedule.of(events, split.network.max_delay)
    (output,) = split.members["readout"]
    with without_registrations(), without_log_handlers():
        built = build(plan(split, schedule, "readout"), schedule.spikes(events), Simulation(), reads={output: ("v",)})
    processes = built.processes
    names = {f"{type(p).__module__}.{type(p).__name__}" for p in processes}
    assert names == {
        "lava.proc.dense.process.Dense",
        "lava.proc.dense.process.DelayDense",
        "lava.proc.io.sink.Read",
        "lava.proc.io.sink.RingBuffer",
        "lava.proc.io.source.RingBuffer",
        "lava.proc.lif.process.LIFReset",
    }


def test_readout_steps_are_the_last_of_each_sample():
    network = lowered(4)
    events = Events.from_lists([np.argwhere(np.ones((n, 4))) for n in (20, 12)], 4, [20, 12])
    trace = lava_ahp.simulate(network, events, backend="loihi2stock", readout_steps=3)
    expected = lava_ahp.simulate(network, events, backend="fast", readout_steps=3)
    np.testing.assert_array_equal(trace.readout, expected.readout)
    assert expected.readout.any()


def test_wrong_arguments():
    network = lowered(5)
    spikes = np.ones((1, 3, 4), bool)
    with pytest.raises(SpecError, match="readout_steps: found 0, allowed 1 or more"):
        run(network, spikes, readout_steps=0)
    with pytest.raises(SpecError, match=r"rasters: found \['q'\], allowed a collection of \['hidden', 'readout'\]"):
        run(network, spikes, rasters=["q"])


def lowered_network_of_the_paper():
    source = lava_ahp.import_lsnn(SHARED / "lsnn_loihi1")
    return lava_ahp.lower(source, data=MNIST, samples=20).network


def shipped_network():
    return lava_ahp.read(EXPORTS / "smnist_loihi2.net")


@pytest.mark.slow
@pytest.mark.skipif(not MNIST.is_dir(), reason=f"no weights or MNIST in {SHARED}")
@pytest.mark.parametrize("make", [lowered_network_of_the_paper, shipped_network], ids=["paper", "smnist_loihi2"])
def test_ten_images_back_to_back(make):
    network = make()
    stock, fast = (lava_ahp.evaluate(network, data=MNIST, samples=10, backend=name) for name in ("loihi2stock", "fast"))
    np.testing.assert_array_equal(stock.trace.readout, fast.trace.readout)
    for name in network.names:
        np.testing.assert_array_equal(stock.trace.counts[name], fast.trace.counts[name])
    np.testing.assert_array_equal(stock.predictions, fast.predictions)


def test_more_processes_than_memory_holds_are_refused(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 2**28)
    with pytest.raises(SpecError, match=r"Lava's operating system processes.*lower with fewer --groups"):
        run(lowered(6, groups=6), np.ones((1, 3, 4), bool))
