"""Pack a network with input and expected outputs, so that it runs and checks itself where a chip is."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lava_ahp import __version__, backends, files, netx
from lava_ahp.errors import DataError
from lava_ahp.loihi2 import planning
from lava_ahp.loihi2.partition import partition
from lava_ahp.loihi2.runner.samples import Golden, Inputs, Spikes
from lava_ahp.loihi2.schedule import Schedule
from lava_ahp.network import Events, Network
from lava_ahp.report.progress import Reporter, reporter
from lava_ahp.targets import ClassOfSample
from lava_ahp.workflow.indices import Indices
from lava_ahp.workflow.runs import Run, file_of, open_network
from lava_ahp.workflow.stimulus import Stimulus, stimulus

#: Samples of a bundle, unless the caller says otherwise.
DEFAULT_SAMPLES = 10
#: Every file in the archive has this time, so that equal bundles are equal files.
_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, repr=False)
class Bundle:
    """An archive that runs where a chip is.

    Attributes:
        path: of the archive.
        processes: LIFReset, Dense and DelayDense that the network consists of.
        samples: where the samples come from, in words.
        interval: steps that a sample takes on the chip.
        sha256: of the archive.
    """

    path: Path
    processes: int
    samples: str
    interval: int
    sha256: str

    def lines(self) -> Iterator[str]:
        """The result for a terminal."""
        yield f"{self.path}: written, sha256 {self.sha256}"
        yield f"{self.processes} processes of Lava; {self.samples}, {self.interval} steps each"
        yield "where the chip is: unzip it, and python run.py; anywhere: python run.py --sim"

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def bundle(
    network: Network | Run | str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    task: str | None = None,
    data: str | os.PathLike[str] | None = None,
    samples: int | None = None,
    indices: Indices | None = None,
    progress: bool | Reporter = False,
) -> Bundle:
    """Pack a network of LIF neurons with input, expected outputs and the program that compares them on the chip.

    The program needs lava-nc, h5py and numpy, and lava-loihi for the chip, but not this package.  Expected are the
    spikes of all neurons and the readout voltages that the simulator ``fast`` computes.

    Args:
        network: a network of LIF neurons, the path of its file, or the run or run folder that holds one.
        out: archive to write, a ``.zip`` file.
        task: task of the samples; by default the one that the network was trained for.
        data: directory or file of the task's data; without them, golden samples inside the file are used.
        samples: the first so many of the test split; by default 10, or all that there are.
        indices: these positions in the test split instead, or a file of them.
        progress: True shows progress on stderr.

    Raises:
        SpecError: AHP neurons, or neurons that Lava's LIF does not have.
        DataError: neither data nor golden samples, or data that do not fit the network, or no ``.zip``.
        NetFormatError: the file cannot be read.

    Example:
        >>> lava_ahp.bundle("digits_lif.net", "digits.zip", samples=5)  # doctest: +SKIP
    """
    path = Path(out)
    if path.suffix != ".zip":
        raise DataError(f"out: found {path.name}, allowed a name that ends with .zip")
    net, source = open_network(network), file_of(network)
    files.check_outputs({"out": path}, [source, data])
    golden = None if source is None else netx.read_golden(source, net)
    found = _stimulus(net, golden, task, data, samples, indices)
    split = partition(net)
    schedule = Schedule.of(found.events, net.max_delay)
    plan = planning.plan(split, schedule, net.output)
    reporter(progress).say(f"bundle: fast on {found.text}")
    about = {
        "network": f"{'network' if source is None else source.name}, {net.neurons} neurons, {net.synapses} synapses",
        "task": str(net.task.get("name") or (found.task.name if found.task else "not named")),
        "made": f"lava-ahp {__version__}, {datetime.now(timezone.utc).date().isoformat()}",
    }

    def write_network(file: h5py.File) -> None:
        plan.write(file)
        file.attrs.update(about)

    contents = {
        **_program(),
        "network.h5": _hdf5(write_network),
        "inputs.h5": _hdf5(_inputs(found.events, schedule).write),
        "golden.h5": _hdf5(_golden(net, found).write),
        "network.net": _network_file(net, source),
    }
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in contents.items())
    archive = _zip(path.stem, {**contents, "SHA256SUMS": sums.encode()})
    files.write_bytes(path, archive)
    processes = len(plan.neurons) + len(plan.synapses)
    return Bundle(path, processes, found.text, schedule.interval, hashlib.sha256(archive).hexdigest())


def _stimulus(net: Network, golden: Any, task: str | None, data: Any, samples: int | None, indices: Any) -> Stimulus:
    """The samples that a caller asks for, or a few of what there is."""
    found = stimulus(net, golden, task=task, data=data, samples=samples, indices=indices)
    if samples is not None or indices is not None or len(found.events) <= DEFAULT_SAMPLES:
        return found
    return stimulus(net, golden, task=task, data=data, samples=DEFAULT_SAMPLES)


def _inputs(events: Events, schedule: Schedule) -> Inputs:
    """Input spikes, and in the last channel one at the end of every interval, which silences the neurons."""
    own, samples = planning.events(events), np.arange(len(events))
    quench = np.full(len(events), schedule.quench), np.full(len(events), events.channels)
    last = Spikes(samples, *quench)
    return Inputs(events.steps, Spikes(*(np.concatenate(pair) for pair in zip(own, last, strict=True))))


def _golden(net: Network, found: Stimulus) -> Golden:
    trace = backends.get("fast")(net, found.events, rasters=net.names)
    # ``fast`` aligns readouts at the last step; a sample's own steps begin at 0 here.
    readout = np.zeros_like(trace.readout)
    for sample, steps in enumerate(trace.steps.tolist()):
        readout[sample, :steps] = trace.readout[sample, -steps:]
    spikes = {name: Spikes(*(k.astype(np.int64) for k in np.nonzero(trace.spikes[name]))) for name in net.names}
    # The program on the chip's host tells classes of samples alone, and compares readouts in any case.
    of_sample = isinstance(found.target, ClassOfSample)
    classes = found.labels if of_sample else None
    labels = np.full(len(trace.steps), -1, np.int64) if classes is None else classes
    return Golden(spikes, readout, labels, found.readout_steps if of_sample else 0)


def _program() -> dict[str, bytes]:
    """The files of the program, by their name in the archive."""
    package = resources("lava_ahp.loihi2")
    found = {f"runner/{f.name}": f for f in package.joinpath("runner").iterdir() if f.name.endswith(".py")}
    found |= {f.name: f for f in package.joinpath("bundle_files").iterdir() if f.is_file()}
    return {name: found[name].read_bytes() for name in sorted(found)}


def _hdf5(write: Callable[[Any], None]) -> bytes:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        write(file)
    return memory.getvalue()


def _network_file(net: Network, source: Path | None) -> bytes:
    if source is not None:
        return source.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.net"
        netx.write(net, path)
        return path.read_bytes()


def _zip(folder: str, contents: dict[str, bytes]) -> bytes:
    """An archive with everything in one folder."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(f"{folder}/{name}", _TIME), content, zipfile.ZIP_DEFLATED)
    return memory.getvalue()
