"""The engines that run a network, behind one protocol; none is chosen silently."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from importlib.util import find_spec
from typing import Any, Protocol

from lava_ahp.errors import BackendUnavailable
from lava_ahp.network import Network, Trace


class Backend(Protocol):
    """What an engine does: a network and a batch of input spikes give a trace.

    ``spikes`` is any form that :func:`lava_ahp.network.as_events` takes; ``readout_steps`` keeps the readout of the
    last so many steps (None: of all); ``rasters`` and ``states`` name populations to keep; ``progress`` is called with
    the number of samples just finished.
    """

    def __call__(
        self,
        network: Network,
        spikes: Any,
        *,
        steps: Any = None,
        readout_steps: int | None = None,
        rasters: Collection[str] = (),
        states: Collection[str] = (),
        progress: Callable[[int], None] | None = None,
    ) -> Trace:
        """Run every sample from an all-zero state."""


def _fast() -> Backend:
    if find_spec("numba") is None:
        raise BackendUnavailable("backend fast: numba is not installed; pip install numba")
    from lava_ahp.simulator import simulate

    return simulate


def _require_lava(name: str) -> None:
    if find_spec("lava") is None or find_spec("lava.magma") is None:
        raise BackendUnavailable(
            f"backend {name}: lava-nc is not installed (this is Python {sys.version_info.major}."
            f"{sys.version_info.minor}; Lava needs 3.10); pip install lava-nc==0.10.0"
        )


def _loihi2sim() -> Backend:
    _require_lava("loihi2sim")
    from lava_ahp.process import run

    return run


def _loihi2stock() -> Backend:
    _require_lava("loihi2stock")
    from lava_ahp.loihi2.engine import run

    return run


def _loihi2() -> Backend:
    _require_lava("loihi2")
    from lava_ahp.loihi2.runner import vendor

    try:
        vendor.require()
    except vendor.Missing as error:
        raise BackendUnavailable(f"backend loihi2: {error}") from error
    from lava_ahp.loihi2.hardware import run

    return run


_FACTORIES: dict[str, Callable[[], Backend]] = {
    "fast": _fast,
    "loihi2sim": _loihi2sim,
    "loihi2stock": _loihi2stock,
    "loihi2": _loihi2,
}

#: Every backend by its name on the command line, with what it is.
BACKENDS = {
    "fast": "compiled, event-driven, bit-exact: whole test sets in seconds",
    "loihi2sim": "Lava's Loihi2SimCfg on this machine: the reference",
    "loihi2stock": "Lava's own LIFReset, Dense and DelayDense, for lowered networks: what the chip runs",
    "loihi2": "the chip, through Intel's lava-loihi, for lowered networks",
}

#: Connections up to which a network runs in Lava without being asked for.
LAVA_CONNECTIONS = 64


def get(name: str) -> Backend:
    """The engine of that name, ready to run.

    Raises:
        BackendUnavailable: an unknown name, or an engine that is not installed; the text says what is missing.
    """
    if name not in _FACTORIES:
        raise BackendUnavailable(f"backend: found {name!r}, allowed {', '.join(_FACTORIES)}")
    return _FACTORIES[name]()


def too_slow(name: str, network: Network) -> str | None:
    """Why an engine takes too long for a network to be chosen unless it is asked for; None if it does not.

    Args:
        name: of the engine.
        network: what would run.
    """
    count = len(network.connections)
    if name != "loihi2sim" or count <= LAVA_CONNECTIONS:
        return None
    return f"the network has {count} connections, each of them a process of Lava; up to {LAVA_CONNECTIONS} run"
