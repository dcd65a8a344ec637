"""The Lava engine against dynamics on whole networks.  It never hangs and leaves no processes behind."""

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lava.magma.core.process.process import ProcessServer

from lava_ahp import Connection, NetFormatError, Network, Neuron, Population, SpecError, dynamics, netx
from lava_ahp.process import engine, run, synapses
from lava_ahp.process.ahp import AHP
from lava_ahp.process.models import PyAHPModelFixed
from lava_ahp.process.recording import recorded

from support.lava_networks import assert_same, classifier, random_spikes
from support.paths import TESTS
from support.strategies import networks, saturating_ahp, stimuli


@st.composite
def cases(draw):
    network = draw(networks())
    return network, draw(stimuli(network, max_steps=30))


def _check(network, events):
    names = list(network.names)
    assert_same(run(network, events, rasters=names, states=names), dynamics.run(network, events))


@settings(max_examples=15, deadline=None)
@given(cases())
def test_any_network_equals_dynamics_state_by_state(case):
    _check(*case)


@settings(max_examples=8, deadline=None)
@given(case=cases())
def test_any_network_of_sparse_processes_equals_dynamics(case):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synapses, "SPARSE_ENTRIES", 0)
        patch.setattr(synapses, "SPARSE_DENSITY", 1.0)
        _check(*case)


def test_ahp_current_saturates():
    _check(*saturating_ahp())


def test_samples_are_independent():
    """Neither states nor delayed spikes carry over to the next sample, and 4000 time steps do not hang."""
    network = classifier(np.random.default_rng(3))
    spikes = random_spikes(np.random.default_rng(4), (40, 100, 80), 0.05)
    finished = []
    trace = run(network, spikes, readout_steps=7, progress=finished.append)
    expected = dynamics.run(network, spikes)
    np.testing.assert_array_equal(trace.readout, expected.readout[:, -7:])
    for name, counts in expected.counts.items():
        np.testing.assert_array_equal(trace.counts[name], counts)
    assert expected.counts["hidden"].sum() > 1000
    assert finished == [1] * 40
    assert trace.activity is None
    assert not trace.spikes
    assert not trace.states


def test_spikes_in_flight_do_not_reach_the_next_sample():
    network = Network(
        (Population("input", 1), Population("p0", 1, Neuron(threshold=1))),
        (Connection("input", "p0", [[200]], delay=5),),
        output="p0",
    )
    spikes = np.zeros((2, 7, 1), dtype=bool)
    spikes[0, 4:] = True
    trace = run(network, spikes)
    assert trace.counts["p0"].sum() == 0
    np.testing.assert_array_equal(trace.readout, dynamics.run(network, spikes).readout)


@pytest.mark.parametrize(
    "asked, words",
    [
        ({"rasters": ["nobody"]}, "rasters: found 'nobody', allowed \\['hidden', 'readout'\\]"),
        ({"states": ["input"]}, "states: found 'input'"),
        ({"readout_steps": 0}, "readout_steps: found 0, allowed 1 or more"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_starts(asked, words):
    network = classifier(np.random.default_rng(3))
    with pytest.raises(SpecError, match=words):
        run(network, np.ones((1, 3, 80), dtype=bool), **asked)


def test_a_path_stands_for_the_network_in_its_file(tmp_path):
    network = classifier(np.random.default_rng(3))
    netx.write(network, tmp_path / "a.net")
    spikes = random_spikes(np.random.default_rng(4), (2, 20, 80), 0.1)
    assert_same(
        run(str(tmp_path / "a.net"), spikes, rasters=network.names, states=network.names), dynamics.run(network, spikes)
    )
    with pytest.raises(NetFormatError, match=r"b\.net: no such file"):
        run(tmp_path / "b.net", spikes)


def test_wrong_channels_are_refused():
    with pytest.raises(SpecError, match="79 channels, the network's input has 80"):
        run(classifier(np.random.default_rng(3)), np.ones((1, 3, 79), dtype=bool))


class FailsLate(PyAHPModelFixed):
    """Fails in time step 20, while other processes wait for its spikes."""

    def run_spk(self):
        if self.time_step == 20 and self.proc_params["name"] == "hidden":
            raise ZeroDivisionError("on purpose")
        super().run_spk()


class FailsEarly(PyAHPModelFixed):
    """Fails when it is built."""

    def __init__(self, proc_params):
        super().__init__(proc_params)
        if proc_params["name"] == "hidden":
            raise ZeroDivisionError("on purpose")


class Dies(PyAHPModelFixed):
    """Is killed in time step 20."""

    def run_spk(self):
        if self.time_step == 20 and self.proc_params["name"] == "hidden":
            os.kill(os.getpid(), signal.SIGKILL)
        super().run_spk()


def _left_over():
    handlers = [h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler]
    ports = [t.name for t in threading.enumerate() if t.name.endswith(".send")]
    return multiprocessing.active_children(), handlers, ports


@pytest.mark.parametrize(
    "model, error, words",
    [
        (PyAHPModelFixed, None, ""),
        (FailsLate, RuntimeError, "Lava process hidden failed: ZeroDivisionError\\('on purpose'\\)"),
        (FailsEarly, ZeroDivisionError, "on purpose"),
        (Dies, RuntimeError, "Lava process hidden ended unexpectedly, exit code -9"),
    ],
)
def test_nothing_is_left_over_after_success_or_failure(monkeypatch, model, error, words):
    monkeypatch.setitem(engine._MODELS, AHP, recorded(model))
    before = _left_over()
    registered = len(ProcessServer().processes)
    network, spikes = classifier(np.random.default_rng(3)), np.ones((2, 30, 80), dtype=bool)
    if error is None:
        run(network, spikes)
    else:
        with pytest.raises(error, match=words):
            run(network, spikes)
    # The threads of the ports end a moment later.
    deadline = time.monotonic() + 10
    while _left_over() != before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _left_over() == before
    assert len(ProcessServer().processes) == registered


def test_an_error_in_progress_ends_everything():
    def fail(_):
        raise KeyError("mine")

    before = multiprocessing.active_children()
    with pytest.raises(KeyError, match="mine"):
        run(classifier(np.random.default_rng(3)), np.ones((2, 30, 80), dtype=bool), progress=fail)
    assert multiprocessing.active_children() == before


PROGRAM = """
    import signal, sys
    signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a script ignore SIGINT
    sys.path.insert(0, {tests!r})
    import numpy as np
    from support.lava_networks import classifier
    from lava_ahp.process import run
    spikes = np.zeros((20000, 20, 80), dtype=bool)
    run(classifier(np.random.default_rng(3)), spikes, progress=lambda n: print("sample", flush=True))
"""


def _wait_until_gone(group):
    """Wait until no process of the group is left; fail if some remain."""
    for _ in range(200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)
    pytest.fail("processes of Lava outlived the program")


@pytest.fixture
def program():
    """A program in the middle of a long run, as leader of its own process group."""
    code = textwrap.dedent(PROGRAM.format(tests=str(TESTS)))
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as started:
        assert started.stdout.readline() == "sample\n"
        yield started
        started.stdout.close()


def test_ctrl_c_ends_every_process_and_shows_one_traceback(program):
    # A terminal sends SIGINT to the whole group.
    os.killpg(program.pid, signal.SIGINT)
    errors = program.stderr.read()
    assert program.wait(60) == -signal.SIGINT
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")
    _wait_until_gone(program.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can signal a process when its parent ends")
def test_processes_end_with_a_program_that_is_killed(program):
    os.kill(program.pid, signal.SIGKILL)
    assert program.wait(60) == -signal.SIGKILL
    _wait_until_gone(program.pid)
