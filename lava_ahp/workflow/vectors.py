"""Test vectors for an implementation of the arithmetic elsewhere, such as microcode: what goes in, and every state."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from lava_ahp import __version__, backends, files, netx
from lava_ahp.loihi2 import corner_cases
from lava_ahp.network import Events, Network, Neuron
from lava_ahp.network import fixedpoint as fx
from lava_ahp.workflow.indices import Indices
from lava_ahp.workflow.runs import Run, file_of, open_network
from lava_ahp.workflow.stimulus import Stimulus, stimulus

#: Samples of a file, unless the caller says otherwise; each holds every state of every neuron.
DEFAULT_SAMPLES = 2

#: The arithmetic, as attributes of the file.
ARITHMETIC: dict[str, int | str] = {
    "format": "lava-ahp test vectors",
    "version": 1,
    "u": "u[t] = wrap(decay(u[t-1], current_decay) + drive[t] * 2**(6 + input_exponent))",
    "a": "a[t] = saturate(decay(a[t-1], ahp_decay) - ahp_weight * s[t-1])",
    "v": "v[t] = saturate(decay(v[t-1], voltage_decay) + u[t] + a[t] + bias)",
    "s": "s[t] = v[t] > 64 * threshold, strictly; then v[t] = 0",
    "decay": "decay(x, d) = sign(x) * ((abs(x) * (4096 - d)) >> 12)",
    "rounding": "toward zero",
    "drive": "sum of weight * 2**exponent over the spikes that arrive at t; one emitted at t arrives at t + delay",
    "order": "u, a, v, s; v is recorded after its reset; every sample starts from zeros",
    "state_bits": fx.STATE_BITS,
    "decay_bits": fx.DECAY_BITS,
    "threshold_bits": 17,
    "ahp_weight_bits": 17,
    "weight_bits": 8,
    "bias_bits": "13, shifted left by 0 to 7",
    "wrap": "u: modulo 2**24 into -2**23 + 1 .. 2**23",
    "saturate": "a and v: -(2**23 - 1) .. 2**23 - 1",
}


@dataclass(frozen=True, repr=False)
class Vectors:
    """A file of test vectors.

    Attributes:
        path: of the file.
        cases: single neurons in it.
        samples: where the samples of the network come from, in words.
        values: expected states of the network.
    """

    path: Path
    cases: int
    samples: str
    values: int

    def lines(self) -> Iterator[str]:
        """The result for a terminal."""
        yield f"{self.path}: written"
        yield f"{self.cases} single neurons at the limits of the arithmetic"
        yield f"{self.samples}: {self.values} states"

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def write_vectors(
    network: Network | Run | str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    events: Events | None = None,
    task: str | None = None,
    data: str | os.PathLike[str] | None = None,
    samples: int | None = None,
    indices: Indices | None = None,
) -> Vectors:
    """Write inputs and every expected ``u``, ``a``, ``v`` and ``s``, for those who implement the arithmetic elsewhere.

    The file also holds single neurons that go to the limits of the arithmetic, which a network may never reach.
    docs/microcode.md describes the format.

    Args:
        network: any network, the path of its file, or the run or run folder that holds one.
        out: HDF5 file to write.
        events: input spikes of your own.
        task: task of the samples; by default the one that the network was trained for.
        data: directory or file of the task's data; without them, golden samples inside the file are used.
        samples: the first so many of the test split; by default 2.
        indices: these positions in the test split instead, or a file of them.

    Raises:
        DataError: neither data nor golden samples, or data that do not fit the network.
        SpecError: more states than fit into memory.
        NetFormatError: the file cannot be read.

    Example:
        >>> lava_ahp.write_vectors("digits.net", "vectors.h5")  # doctest: +SKIP
    """
    net, source = open_network(network), file_of(network)
    files.check_outputs({"out": out}, [source, data])
    golden = None if source is None else netx.read_golden(source, net)
    if events is not None:
        found = Stimulus(events, None, 1, f"{len(events)} samples of your own", None)
    else:
        count = DEFAULT_SAMPLES if samples is None and indices is None else samples
        found = stimulus(net, golden, task=task, data=data, samples=count, indices=indices)
    trace = backends.get("fast")(net, found.events, rasters=net.names, states=net.names)
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.attrs.update(ARITHMETIC | {"made_by": f"lava-ahp {__version__}"})
        _write_cases(file.create_group("neurons"))
        _write_network(file.create_group("network"), net)
        _write_input(file.create_group("input"), found.events)
        for k, name in enumerate(net.names):
            states: dict[str, npt.NDArray[Any]] = {**trace.states[name], "s": trace.spikes[name]}
            _put(file.create_group(f"expected/{k:05}"), {"name": name}, states)
    files.write_bytes(Path(out), memory.getvalue())
    values = 4 * int(found.events.steps.sum()) * net.neurons
    return Vectors(Path(out), len(corner_cases.cases()), found.text, values)


def _write_cases(group: h5py.Group) -> None:
    cases = corner_cases.cases()
    group.create_dataset("name", data=[case.name for case in cases], dtype=h5py.string_dtype())
    for item in fields(Neuron):
        group.create_dataset(item.name, data=np.array([getattr(case.neuron, item.name) for case in cases], np.int64))
    group.create_dataset("drive", data=corner_cases.drives(cases), compression="gzip")
    _put(group, {}, corner_cases.expected(cases)._asdict())


def _write_network(group: h5py.Group, net: Network) -> None:
    group.attrs["input"], group.attrs["channels"] = net.input.name, net.input.size
    for k, population in enumerate(net):
        _put(group.create_group(f"populations/{k:05}"), {"name": population.name}, population.parameters())
    for k, c in enumerate(net.connections):
        synapses: dict[str, npt.NDArray[Any]] = {
            "source": c.sources,
            "target": c.targets,
            "weight": c.values,
            "delay": c.delays,
        }
        about = {"source": c.source, "target": c.target, "exponent": c.exponent}
        _put(group.create_group(f"connections/{k:05}"), about, synapses)


def _write_input(group: h5py.Group, events: Events) -> None:
    sample = np.repeat(np.arange(len(events)), np.diff(events.offsets))
    _put(group, {}, {"steps": events.steps, "sample": sample, "step": events.times, "channel": events.sources})


def _put(group: h5py.Group, about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    group.attrs.update(about)
    for key, values in arrays.items():
        group.create_dataset(key, data=np.ascontiguousarray(values), compression="gzip" if values.size else None)
