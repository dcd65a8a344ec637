"""Golden samples in ``/lava_ahp/golden``: their input, and what the training forward pass computed.

Every dataset covers all populations, so that a network of thousands of populations stays small.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import MAX_STEPS, Events, Golden, Network, Trace
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network.checksums import SUMS
from lava_ahp.network.fingerprint import parts
from lava_ahp.netx import _layout as layout
from lava_ahp.netx._hdf5 import INT64, Section, put, put_json

STATES = ("u", "a", "v")


def write_golden(group: h5py.Group, network: Network, golden: Golden) -> None:
    """Fill the group ``golden``; states are written as their checksums.

    Spikes of networks that share weights, which have many neurons, are written as gaps, in half the bytes.

    Raises:
        SpecError: samples of another network, or a record without a raster or a step of the readout.
    """
    golden = golden.summed()
    _check_shapes(network, golden)
    put(group, "steps", golden.events.steps)
    if golden.labels is not None:
        put(group, "labels", np.asarray(golden.labels, dtype=np.int64))
    put(group, "readout", golden.trace.readout.astype(np.int32))
    (_write_gaps if network.shares_weights else write_events)(group.create_group("events"), _numbered(network, golden))
    for key in STATES if golden.sums else ():
        put(group, f"sums/{key}", np.stack([golden.sums[name][key] for name in network.names], axis=2))
    if golden.fingerprints:
        put(group, "fingerprints", np.concatenate([golden.fingerprints[part.name] for part in parts(network)]))
    if golden.task is not None:
        put_json(group, "task", golden.task)


def write_events(group: h5py.Group, events: Events) -> None:
    """Write spikes as the datasets ``offsets``, ``times`` and ``neurons``."""
    put(group, "offsets", events.offsets)
    put(group, "times", events.times)
    put(group, "neurons", events.sources)


def _write_gaps(group: h5py.Group, events: Events) -> None:
    """Write spikes as the dataset ``gaps``.

    The cells of a sample are its steps times neurons; a gap leads from the cell of one spike to that of the next.
    """
    sample = np.repeat(np.arange(len(events)), np.diff(events.offsets))
    starts = np.concatenate([[0], np.cumsum(events.steps)])
    cells = (starts[sample] + events.times) * events.channels + events.sources
    put(group, "gaps", np.diff(cells, prepend=0))


def _read_gaps(section: Section, size: int, steps: npt.NDArray[np.int64]) -> Events:
    """Spikes from the dataset ``gaps``."""
    section.check_keys(["gaps"])
    starts = np.concatenate([[0], np.cumsum(steps)])
    gaps = section.integers("gaps", 0, int(starts[-1]) * size - 1)
    cells = np.cumsum(gaps)
    if gaps.ndim != 1 or np.any(gaps[1:] == 0) or (len(cells) and cells.max() >= starts[-1] * size):
        raise section.error("gaps", "repeated cells or cells behind the last step", "ascending cells")
    row, neurons = np.divmod(cells, size)
    sample = np.searchsorted(starts, row, side="right") - 1
    return section.build(
        Events,
        size,
        steps,
        np.searchsorted(sample, np.arange(len(steps) + 1)).astype(np.int64),
        (row - starts[sample]).astype(np.int32),
        neurons.astype(np.int32),
    )


def _numbered(network: Network, golden: Golden) -> Events:
    """The spikes of input and populations together, neurons numbered on from population to population."""
    events = golden.events
    rasters = np.concatenate([golden.trace.spikes[name] for name in network.names], axis=2)
    sample, times, neurons = np.nonzero(rasters)
    sample = np.concatenate([np.repeat(np.arange(len(events)), np.diff(events.offsets)), sample])
    times = np.concatenate([events.times, times])
    neurons = np.concatenate([events.sources, neurons + events.channels])
    order = np.lexsort((neurons, times, sample))
    return Events(
        network.input.size + network.neurons,
        events.steps,
        np.concatenate([[0], np.cumsum(np.bincount(sample, minlength=len(events)))]).astype(np.int64),
        times[order].astype(np.int32),
        neurons[order].astype(np.int32),
    )


def _check_shapes(network: Network, golden: Golden) -> None:
    steps = golden.events.steps
    samples, length = len(steps), int(steps.max())
    if golden.events.channels != network.input.size:
        raise SpecError(
            f"golden events: found {golden.events.channels} channels, allowed {network.input.size}, the network's input"
        )
    if not np.array_equal(golden.trace.steps, steps):
        raise SpecError("golden trace: its steps differ from the steps of its events")
    if golden.labels is not None and np.shape(golden.labels) != (samples,):
        raise SpecError(f"golden labels: found shape {np.shape(golden.labels)}, allowed {(samples,)}")
    hashed = [part.name for part in parts(network)]
    for what, kept, names in (
        ("raster", golden.trace.spikes, network.names),
        ("sums", golden.sums, network.names),
        ("fingerprints", golden.fingerprints, hashed),
    ):
        missing = [name for name in names if name not in kept]
        if missing and (kept or what == "raster"):
            raise SpecError(f"golden {what}: missing for {missing[0]}; record every population")
    for name, sums in golden.sums.items():
        if set(sums) != set(STATES):
            raise SpecError(f"golden sums of {name}: found {', '.join(sums)}, allowed u, a, v")
    for what, array, shape in _arrays(network, golden, samples, length):
        if array.shape != shape:
            raise SpecError(f"golden {what}: found shape {array.shape}, allowed {shape}")


def _arrays(
    network: Network, golden: Golden, samples: int, length: int
) -> Iterator[tuple[str, npt.NDArray[Any], tuple[int, ...]]]:
    """Every array of a record with its name and the shape that it must have."""
    yield "readout", golden.trace.readout, (samples, length, network[network.output].size)
    for population in network:
        name, size = population.name, population.size
        yield f"raster of {name}", golden.trace.spikes[name], (samples, length, size)
        for key, sums in golden.sums.get(name, {}).items():
            yield f"sums of {key} of {name}", sums, (samples, length, SUMS)
    for part in parts(network) if golden.fingerprints else ():
        yield f"fingerprints of {part.name}", golden.fingerprints[part.name], (part.size,)


def read_golden_group(section: Section, network: Network) -> Golden:
    """The golden samples of a file."""
    keys = section.check_keys(["steps", "readout", "events"], ["labels", "sums", "fingerprints", "task"])
    steps, readout, labels = read_samples(section, network)
    member = section.section("events")
    everything = (_read_gaps if "gaps" in member else read_events)(member, network.input.size + network.neurons, steps)
    events, spikes = _split(everything, network)
    counts = {name: raster.sum(axis=1, dtype=np.int32) for name, raster in spikes.items()}
    sums = _read_sums(section.section("sums"), network, readout.shape[:2]) if "sums" in keys else {}
    fingerprints = {}
    if "fingerprints" in keys:
        hashed = list(parts(network))
        found = section.integers("fingerprints", *INT64, [(sum(part.size for part in hashed),)])
        cuts = np.split(found, np.cumsum([part.size for part in hashed])[:-1])
        fingerprints = {part.name: cut for part, cut in zip(hashed, cuts, strict=True)}
    task = section.json("task") if "task" in keys else None
    return Golden(events, Trace(steps, readout, counts, spikes), sums, labels, fingerprints, task)


def read_samples(
    section: Section, network: Network
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int64] | None]:
    """Steps, readout and labels, once their rasters are known to be of a size that fits in memory."""
    steps = section.integers("steps", 1, MAX_STEPS)
    if steps.ndim != 1 or len(steps) == 0:
        raise section.error("steps", f"shape {steps.shape}", "(sample,), one or more")
    samples, length = len(steps), int(steps.max())
    cells = samples * length * network.neurons
    if cells > layout.MAX_RASTER_CELLS:
        raise section.error("steps", f"rasters of {cells} cells", f"up to {layout.MAX_RASTER_CELLS}")
    shape = (samples, length, network[network.output].size)
    readout = section.integers("readout", -fx.STATE_MAX, fx.STATE_MAX, [shape]).astype(np.int32)
    labels = section.integers("labels", *INT64, [(samples,)]) if "labels" in section else None
    return steps, readout, labels


def read_events(section: Section, size: int, steps: npt.NDArray[np.int64]) -> Events:
    """Spikes from the datasets ``offsets``, ``times`` and ``neurons``."""
    section.check_keys(["offsets", "times", "neurons"])
    times = section.integers("times", 0, int(steps.max()) - 1)
    if times.ndim != 1:
        raise section.error("times", f"shape {times.shape}", "(event,)")
    neurons = section.integers("neurons", 0, size - 1, [times.shape])
    offsets = section.integers("offsets", 0, len(times), [(len(steps) + 1,)])
    return section.build(Events, size, steps, offsets, times.astype(np.int32), neurons.astype(np.int32))


def _split(events: Events, network: Network) -> tuple[Events, dict[str, npt.NDArray[np.bool_]]]:
    """The events of the input, and the rasters of the other populations."""
    channels, samples = network.input.size, len(events)
    sample = np.repeat(np.arange(samples), np.diff(events.offsets))
    own = events.sources < channels
    offsets = np.concatenate([[0], np.cumsum(np.bincount(sample[own], minlength=samples))]).astype(np.int64)
    rasters = np.zeros((samples, int(events.steps.max()), network.neurons), dtype=bool)
    rasters[sample[~own], events.times[~own], events.sources[~own] - channels] = True
    return (
        Events(channels, events.steps, offsets, events.times[own], events.sources[own]),
        dict(_by_population(rasters, network)),
    )


def _by_population(values: npt.NDArray[Any], network: Network) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """The last axis, all neurons, cut into populations."""
    ends = np.cumsum([p.size for p in network])
    return zip(network.names, np.split(values, ends[:-1], axis=-1), strict=True)


def _read_sums(
    section: Section, network: Network, times: tuple[int, ...]
) -> Mapping[str, Mapping[str, npt.NDArray[np.int64]]]:
    section.check_keys(STATES)
    shape = (*times, len(network.names), SUMS)
    found = {key: section.integers(key, *INT64, [shape]) for key in STATES}
    return {name: {key: found[key][:, :, k] for key in STATES} for k, name in enumerate(network.names)}
