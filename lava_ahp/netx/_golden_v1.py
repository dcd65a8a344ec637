"""Golden samples of files of version 1, which hold every state and are no longer written."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lava_ahp.network import Golden, Network, Trace
from lava_ahp.network import fixedpoint as fx
from lava_ahp.netx._golden import STATES, read_events, read_samples
from lava_ahp.netx._hdf5 import INT64, Section


def read_golden_v1(section: Section, network: Network) -> Golden:
    """The golden samples of a file of version 1."""
    keys = section.check_keys(["steps", "readout", "spikes"], ["labels", "states", "fingerprints"])
    steps, readout, labels = read_samples(section, network)
    spikes = section.section("spikes")
    spikes.check_keys([p.name for p in network.populations])
    trains = {p.name: read_events(spikes.section(p.name), p.size, steps) for p in network.populations}
    rasters = {p.name: trains[p.name].to_dense() for p in network}
    trace = Trace(
        steps=steps,
        readout=readout,
        counts={name: raster.sum(axis=1, dtype=np.int32) for name, raster in rasters.items()},
        spikes=rasters,
        states=_read_states(section.section("states"), network, steps) if "states" in keys else {},
    )
    fingerprints = {}
    if "fingerprints" in keys:
        member = section.section("fingerprints")
        for name in member.check_keys([], list(network.names)):
            fingerprints[name] = member.integers(name, *INT64, [(network[name].size,)])
    return Golden(trains[network.input.name], trace, labels=labels, fingerprints=fingerprints)


def _read_states(
    section: Section, network: Network, steps: npt.NDArray[np.int64]
) -> dict[str, dict[str, npt.NDArray[np.int32]]]:
    states: dict[str, dict[str, npt.NDArray[np.int32]]] = {}
    for name in section.check_keys([], list(network.names)):
        member = section.section(name)
        member.check_keys(STATES)
        shape = (len(steps), int(steps.max()), network[name].size)
        # Of the three, only u reaches 2**23.
        states[name] = {
            key: member.integers(key, -fx.STATE_MAX, fx.STATE_MAX + (key == "u"), [shape]).astype(np.int32)
            for key in STATES
        }
    return states
