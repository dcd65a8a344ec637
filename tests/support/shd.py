"""The recurrent SHD networks that were measured on Loihi 2, as the profiler's model sees them.

700 inputs, one recurrent population of LIF neurons and 20 readouts, all dense in 8 bits, 1,000 steps (arXiv 2503.04341
and its repository, neworderofjamie/ml_genn_netx_paper).  Sizes and synaptic operations are published; spikes are not,
so they are drawn: hidden neurons spike 14 times each, as their training asks (``reg_nu_upper=14`` in that repository),
and the input as often as the published number of synaptic operations then leaves.
"""

from __future__ import annotations

import numpy as np

from lava_ahp import Connection, Network, Neuron, Population
from lava_ahp.network import Events
from lava_ahp.profiler import Estimate, Hardware, Profiler, samples

INPUTS, CLASSES, STEPS = 700, 20, 1000
HIDDEN_SPIKES = 14
#: Synaptic operations per sample by number of hidden neurons, mean over the test set.
SYNOPS = {256: 3.16e6, 512: 8.31e6, 1024: 23.6e6}
#: Smallest and largest published seconds and joules per sample, in all: networks with delays (arXiv 2510.13757), whose
#: sizes are not told apart here, and 0.50 mJ for 1,024 neurons (a secondary source on arXiv 2503.04341).
CHIP_S = (1.46e-3, 1.54e-3)
CHIP_J = (0.28e-3, 0.50e-3)


def shd_network(hidden: int, seed: int = 0) -> Network:
    """The network, with random weights; only their number matters here."""
    rng = np.random.default_rng(seed)

    def weights(targets: int, sources: int) -> np.ndarray:
        return 2 * rng.integers(1, 64, (targets, sources)) * rng.choice([-1, 1], (targets, sources))

    return Network(
        (
            Population("input", INPUTS),
            Population("hidden", hidden, Neuron(threshold=1000, current_decay=742, voltage_decay=200)),
            Population("readout", CLASSES, Neuron(threshold=131071, current_decay=742, voltage_decay=200)),
        ),
        (
            Connection("input", "hidden", weights(hidden, INPUTS)),
            Connection("hidden", "hidden", weights(hidden, hidden)),
            Connection("hidden", "readout", weights(CLASSES, hidden)),
        ),
        output="readout",
    )


def input_spikes(hidden: int) -> int:
    """Input spikes per sample that give the published number of synaptic operations."""
    return round((SYNOPS[hidden] - HIDDEN_SPIKES * hidden * (hidden + CLASSES)) / hidden)


def shd_estimate(hidden: int, hardware: Hardware, seed: int = 0) -> Estimate:
    """One sample of the published activity, its spikes drawn uniformly over neurons and steps."""
    rng = np.random.default_rng(seed)

    def raster(size: int, spikes: int) -> np.ndarray:
        drawn = np.zeros(STEPS * size, bool)
        drawn[rng.choice(len(drawn), spikes, replace=False)] = True
        return drawn.reshape(1, STEPS, size)

    network = shd_network(hidden, seed)
    events = Events.from_dense(raster(INPUTS, input_spikes(hidden)))
    rasters = {"hidden": raster(hidden, HIDDEN_SPIKES * hidden), "readout": raster(CLASSES, 0)}
    profiler = Profiler(network, hardware)
    for sample in samples(network, events, rasters):
        profiler.add(sample)
    return profiler.estimate()
