"""Networks: populations, connections, spikes, and the trace of a run.  Needs only NumPy."""

from lava_ahp.network.connection import Connection
from lava_ahp.network.events import MAX_STEPS, Events, Labelled, as_events, concatenate
from lava_ahp.network.fingerprint import fingerprints
from lava_ahp.network.graph import Network
from lava_ahp.network.neuron import MAX_NEURONS, READOUT_THRESHOLD, Neuron, Population
from lava_ahp.network.readout import classify
from lava_ahp.network.trace import Activity, Golden, Trace
from lava_ahp.network.weights import MAX_SYNAPSES, Weights

__all__ = [
    "MAX_NEURONS",
    "MAX_STEPS",
    "MAX_SYNAPSES",
    "READOUT_THRESHOLD",
    "Activity",
    "Connection",
    "Events",
    "Golden",
    "Labelled",
    "Network",
    "Neuron",
    "Population",
    "Trace",
    "Weights",
    "as_events",
    "classify",
    "concatenate",
    "fingerprints",
]
