"""Run Lava without hanging and without leftover operating system processes.

Lava runs every Process of a network in its own operating system process and waits for an answer without a time limit.
If one of them fails while another waits for its spikes, the answer never comes.  The engine therefore waits by itself
and checks at intervals that all processes are alive.  On success, on an error and on Ctrl-C alike, it ends them with a
signal.
"""

import ctypes
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.magma.runtime.mgmt_token_enums import MGMT_RESPONSE, enum_equal
from scipy.sparse import SparseEfficiencyWarning

#: Seconds between two checks of the running processes.  Their answer wakes the engine immediately.
WATCH_S = 0.2

_PR_SET_PDEATHSIG = 1
_forking = False


def _in_child() -> None:
    """End Lava's processes together with the engine, even if the engine is killed and cannot end them itself."""
    if _forking and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


os.register_at_fork(after_in_child=_in_child)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C and requests to end until the end of the block.

    Otherwise Lava would lose track of processes that it is just starting.  Processes started in the block ignore these
    signals, which a terminal sends to them as well.  The engine ends them.
    """
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


@contextmanager
def running(process: AbstractProcess, models: Mapping[AbstractProcess, Any]) -> Iterator["Runner"]:
    """Compile and start a network, and stop everything at the end of the block.

    Args:
        process: any Process of the network.
        models: the process models to run, by Process; Lava finds the models of all other Processes itself.
    """
    runner = Runner(process, models)
    try:
        runner.start()
        yield runner
    finally:
        with _uninterrupted():
            runner.stop()


class Runner:
    """A network running in Lava, made by :func:`running`."""

    def __init__(self, process: AbstractProcess, models: Mapping[AbstractProcess, Any]) -> None:
        self._process = process
        self._config = Loihi2SimCfg(select_tag="fixed_pt", exception_proc_model_map=dict(models))
        self._names: list[str] = []
        self.steps_done = 0

    def start(self) -> None:
        """Compile the network and start the operating system processes."""
        global _forking
        executable = self._process.compile(self._config)
        self._names = [process.name for process in executable.proc_builders]
        with _uninterrupted():
            # The tracker removes the shared memory of a program that is killed, and so must outlive a closed terminal.
            # It is not started in the block below, since starting it unblocks Ctrl-C.
            resource_tracker.ensure_running()
        with _uninterrupted(), warnings.catch_warnings():
            # SciPy issues this warning in Lava's sparse models, whose processes inherit the filter.
            warnings.simplefilter("ignore", SparseEfficiencyWarning)
            _forking = True
            try:
                self._process.create_runtime(executable=executable)
            finally:
                _forking = False

    def run(self, steps: int) -> None:
        """Run a number of time steps.

        Raises:
            RuntimeError: a process failed or was killed; a failure is chained as the cause.
        """
        runtime = self._process.runtime
        answered = threading.Event()
        (port,) = runtime.service_to_runtime
        port.observer = answered.set
        runtime.start(RunSteps(num_steps=steps, blocking=False))
        while not port.probe():
            if not answered.wait(WATCH_S):
                self._raise_failure()
        if not enum_equal(port.peek(), MGMT_RESPONSE.DONE):
            # The error answer may arrive before the exception itself.
            for actor in self._actors:
                answered.clear()
                if actor.exception is None:
                    answered.wait(WATCH_S)
            self._raise_failure()
            raise RuntimeError(f"Lava runtime: found answer {port.peek()}, allowed DONE")
        runtime.wait()
        self.steps_done += steps

    @property
    def _actors(self) -> list[Any]:
        infrastructure = getattr(self._process.runtime, "_messaging_infrastructure", None)
        return [] if infrastructure is None else infrastructure.actors

    def _raise_failure(self) -> None:
        names = [*self._names, *["runtime service"] * len(self._actors)]
        for name, actor in zip(names, self._actors, strict=False):
            if actor.exception is not None:
                error, trace = actor.exception
                raise RuntimeError(f"Lava process {name} failed: {error!r}\n{trace}") from error
        for name, actor in zip(names, self._actors, strict=False):
            if not actor.is_alive():
                raise RuntimeError(f"Lava process {name} ended unexpectedly, exit code {actor.exitcode}")

    def stop(self) -> None:
        """End every operating system process and thread of the network, in whatever state it is."""
        runtime = self._process.runtime
        if runtime is None or runtime._messaging_infrastructure is None:
            return
        for actor in self._actors:
            actor.kill()
        for actor in self._actors:
            actor.join()
        runtime.join()
        # Otherwise Lava would ask the ended processes to stop, and wait for their answer.
        runtime._is_running = runtime._is_started = False
        runtime.stop()
