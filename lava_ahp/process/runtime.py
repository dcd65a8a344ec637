"""A Lava runtime that never hangs and leaves nothing behind.

Lava runs every process of a network as a process of the operating system, and waits without limit: where one of them
fails while another waits for its spikes, nobody ever answers.  So here the engine waits itself and looks after its
processes; and it ends them all in one way, on success, on an error and on Ctrl-C, from outside.
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

#: Seconds between looks at the processes while they work; their answer itself wakes the engine at once.
WATCH_S = 0.2

_PR_SET_PDEATHSIG = 1
_forking = False


def _in_child() -> None:
    """Lava's processes end with the engine even where it is killed and can end nothing itself."""
    if _forking and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


os.register_at_fork(after_in_child=_in_child)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until the end of the block: Lava would lose track of processes that it is just starting.

    Those that it starts inside never see a Ctrl-C, which a terminal sends to them too; they leave it to the engine.
    """
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


@contextmanager
def running(process: AbstractProcess, models: Mapping[AbstractProcess, Any]) -> Iterator["Runner"]:
    """Compile and start a network; everything is stopped at the end of the block.

    Args:
        process: any process of the network.
        models: for each process inside, the model to run; Lava finds those of the others by itself.
    """
    runner = Runner(process, models)
    try:
        runner.start()
        yield runner
    finally:
        with _uninterrupted():
            runner.stop()


class Runner:
    """A started network; made by :func:`running`."""

    def __init__(self, process: AbstractProcess, models: Mapping[AbstractProcess, Any]) -> None:
        self._process = process
        self._config = Loihi2SimCfg(select_tag="fixed_pt", exception_proc_model_map=dict(models))
        self._names: list[str] = []
        self.steps_done = 0

    def start(self) -> None:
        """Compile, and start the processes of the operating system."""
        global _forking
        executable = self._process.compile(self._config)
        self._names = [process.name for process in executable.proc_builders]
        # The tracker's own start would end the block below early.
        resource_tracker.ensure_running()
        with _uninterrupted(), warnings.catch_warnings():
            # Raised once by scipy inside Lava's sparse models, which are forked with this filter.
            warnings.simplefilter("ignore", SparseEfficiencyWarning)
            _forking = True
            try:
                self._process.create_runtime(executable=executable)
            finally:
                _forking = False

    def advance(self, steps: int) -> None:
        """Run so many time steps.

        Raises:
            RuntimeError: a process failed or was killed; the cause is chained.
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
            # The answer may overtake the exception that it is about.
            for actor in self._actors:
                answered.clear()
                if actor.exception is None:
                    answered.wait(WATCH_S)
            self._raise_failure()
            raise RuntimeError(f"Lava answered {port.peek()} in place of done")
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
                raise RuntimeError(f"Lava process {name} ended unasked, exit code {actor.exitcode}")

    def stop(self) -> None:
        """End every process and thread of the network, whatever state it is in."""
        runtime = self._process.runtime
        if runtime is None or runtime._messaging_infrastructure is None:
            return
        for actor in self._actors:
            actor.kill()
        for actor in self._actors:
            actor.join()
        runtime.join()
        # Or else Lava would ask the processes to stop once more, and wait for an answer.
        runtime._is_running = runtime._is_started = False
        runtime.stop()
