"""Recurrent spiking networks with AHP neurons, from training to Loihi, to the last bit.

Importing this package imports nothing else: every name below is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lava_ahp.errors import BackendUnavailable, DataError, LavaAHPError, NetFormatError, SpecError
    from lava_ahp.network import Activity, Connection, Events, Golden, Network, Neuron, Population, Trace

__version__ = "0.1.0"

__all__ = [
    "Activity",
    "BackendUnavailable",
    "Connection",
    "DataError",
    "Events",
    "Golden",
    "LavaAHPError",
    "NetFormatError",
    "Network",
    "Neuron",
    "Population",
    "SpecError",
    "Trace",
]

_ERRORS = ("BackendUnavailable", "DataError", "LavaAHPError", "NetFormatError", "SpecError")
_NETWORK = ("Activity", "Connection", "Events", "Golden", "Network", "Neuron", "Population", "Trace")
_HOME = {
    **dict.fromkeys(_ERRORS, "lava_ahp.errors"),
    **dict.fromkeys(_NETWORK, "lava_ahp.network"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
