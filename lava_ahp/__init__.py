"""Recurrent spiking networks with AHP neurons, from training to Loihi, to the last bit.

Importing this package needs NumPy alone; torch, Lava and the rest are imported by the parts that use them.
"""

from lava_ahp.errors import BackendUnavailable, DataError, LavaAHPError, NetFormatError, SpecError
from lava_ahp.events import Events
from lava_ahp.spec import Activity, Connection, Golden, Network, Neuron, Population, Trace

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
