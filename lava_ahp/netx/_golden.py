"""Golden samples in ``/lava_ahp/golden``: what came in and what the training forward made of it."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import MAX_STEPS, Events, Golden, Network, Trace
from lava_ahp.network import fixedpoint as fx
from lava_ahp.netx import _layout as layout
from lava_ahp.netx._hdf5 import Section, put

STATES = ("u", "a", "v")

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


def write_golden(group: h5py.Group, network: Network, golden: Golden) -> None:
    """Fill the group ``golden``.

    Raises:
        SpecError: samples that are not of this network, or lack a raster or a step of the readout.
    """
    steps = golden.events.steps
    _check_shapes(network, golden)
    put(group, "steps", steps)
    if golden.labels is not None:
        put(group, "labels", np.asarray(golden.labels, dtype=np.int64))
    put(group, "readout", golden.trace.readout.astype(np.int32))
    _write_events(group, network.input.name, golden.events)
    for population in network:
        sample, times, neurons = np.nonzero(golden.trace.spikes[population.name])
        offsets = np.concatenate([[0], np.cumsum(np.bincount(sample, minlength=len(steps)))]).astype(np.int64)
        train = Events(population.size, steps, offsets, times.astype(np.int32), neurons.astype(np.int32))
        _write_events(group, population.name, train)
    for name, values in golden.fingerprints.items():
        put(group, f"fingerprints/{name}", values)
    for name, states in golden.trace.states.items():
        for key in STATES:
            put(group, f"states/{name}/{key}", states[key].astype(np.int32))


def _check_shapes(network: Network, golden: Golden) -> None:
    steps = golden.events.steps
    samples, length = len(steps), int(steps.max())
    if golden.events.channels != network.input.size:
        raise SpecError(
            f"golden events: {golden.events.channels} channels, the network's input has {network.input.size}"
        )
    if not np.array_equal(golden.trace.steps, steps):
        raise SpecError("golden trace: its steps differ from those of its events")
    if golden.labels is not None and np.shape(golden.labels) != (samples,):
        raise SpecError(f"golden labels: found shape {np.shape(golden.labels)}, allowed {(samples,)}")
    expected: dict[str, tuple[npt.NDArray[Any], tuple[int, ...]]] = {}
    expected["readout"] = (golden.trace.readout, (samples, length, network[network.output].size))
    for population in network:
        if population.name not in golden.trace.spikes:
            raise SpecError(f"golden trace: no raster of {population.name}; run with rasters of every population")
        expected[f"raster of {population.name}"] = (
            golden.trace.spikes[population.name],
            (samples, length, population.size),
        )
    for name, values in golden.fingerprints.items():
        if values.shape != (network[name].size,):
            raise SpecError(
                f"golden fingerprints of {name}: found shape {values.shape}, allowed {(network[name].size,)}"
            )
    for name, states in golden.trace.states.items():
        for key in STATES:
            if key not in states:
                raise SpecError(f"golden trace: states of {name} lack {key}, allowed all of u, a, v or none")
            expected[f"{key} of {name}"] = (states[key], (samples, length, network[name].size))
    for what, (array, shape) in expected.items():
        if array.shape != shape:
            raise SpecError(f"golden {what}: found shape {array.shape}, allowed {shape} (sample, time, neuron)")


def _write_events(group: h5py.Group, name: str, events: Events) -> None:
    member = group.create_group(f"spikes/{name}")
    put(member, "offsets", events.offsets)
    put(member, "times", events.times)
    put(member, "neurons", events.sources)


def read_golden_group(section: Section, network: Network) -> Golden:
    """The golden samples of a file."""
    keys = section.check_keys(["steps", "readout", "spikes"], ["labels", "states", "fingerprints"])
    steps = section.integers("steps", 1, MAX_STEPS)
    if steps.ndim != 1 or len(steps) == 0:
        raise section.error("steps", f"shape {steps.shape}", "(sample,), one or more")
    samples, length = len(steps), int(steps.max())
    cells = samples * length * network.neurons
    if cells > layout.MAX_RASTER_CELLS:
        raise section.error("steps", f"rasters of {cells} cells", f"up to {layout.MAX_RASTER_CELLS}")
    shape = (samples, length, network[network.output].size)
    readout = section.integers("readout", -fx.STATE_MAX, fx.STATE_MAX, [shape]).astype(np.int32)
    labels = section.integers("labels", _INT64_MIN, _INT64_MAX, [(samples,)]) if "labels" in keys else None
    spikes = section.section("spikes")
    spikes.check_keys([p.name for p in network.populations])
    trains = {p.name: _read_events(spikes.section(p.name), p.size, steps) for p in network.populations}
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
            fingerprints[name] = member.integers(name, _INT64_MIN, _INT64_MAX, [(network[name].size,)])
    return Golden(trains[network.input.name], trace, labels, fingerprints)


def _read_states(
    section: Section, network: Network, steps: npt.NDArray[np.int64]
) -> dict[str, dict[str, npt.NDArray[np.int32]]]:
    names = section.check_keys([], list(network.names))
    states: dict[str, dict[str, npt.NDArray[np.int32]]] = {}
    for name in names:
        member = section.section(name)
        member.check_keys(STATES)
        shape = (len(steps), int(steps.max()), network[name].size)
        # Of the three, only u reaches 2**23.
        states[name] = {
            key: member.integers(key, -fx.STATE_MAX, fx.STATE_MAX + (key == "u"), [shape]).astype(np.int32)
            for key in STATES
        }
    return states


def _read_events(section: Section, size: int, steps: npt.NDArray[np.int64]) -> Events:
    section.check_keys(["offsets", "times", "neurons"])
    times = section.integers("times", 0, int(steps.max()) - 1)
    if times.ndim != 1:
        raise section.error("times", f"shape {times.shape}", "(event,)")
    neurons = section.integers("neurons", 0, size - 1, [times.shape])
    offsets = section.integers("offsets", 0, len(times), [(len(steps) + 1,)])
    return section.build(Events, size, steps, offsets, times.astype(np.int32), neurons.astype(np.int32))
