"""NIR in and out: files and graphs of other programs, and ours with their integers inside."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lava_ahp import files, netx
from lava_ahp.errors import DataError, NetFormatError, SpecError
from lava_ahp.files.parsing import read_bytes
from lava_ahp.formats import nir as formats
from lava_ahp.network import Network
from lava_ahp.netx.checked import MAX_FILE_BYTES
from lava_ahp.workflow.runs import Run, file_of, open_network
from lava_ahp.workflow.versions import versions

#: One step in seconds where nobody states it: what snnTorch writes, and what the networks of the NIR paper have.
DT = 1e-4
RESETS = ("zero", "subtract")


@dataclass(frozen=True, eq=False, repr=False)
class NirImport:
    """A network read from NIR, and what that cost.

    Attributes:
        network: the network.
        dt: one time step, in seconds.
        exact: whether the graph is an export of lava-ahp and the integers are those that were exported.
        converted: how floats became integers; None where :attr:`exact` is true.
        notes: what a user should know, in words.
    """

    network: Network
    dt: float
    exact: bool
    converted: formats.Converted | None
    notes: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """The result for a terminal."""
        yield f"{self.network.neurons} neurons, {self.network.synapses} synapses, dt {self.dt:g} s"
        if self.exact:
            yield "an export of lava-ahp: its integers, task and golden samples are restored"
        if self.converted is not None:
            yield from self.converted.loss.lines()
            later = ", ".join(f"{name} {steps}" for name, steps in self.converted.later.items())
            yield f"steps by which spikes come later than in NIR: {later}"
        yield from (f"note: {note}" for note in self.notes)

    def to_json(self) -> dict[str, Any]:
        """The keys of ``import-nir --json``."""
        return {
            "neurons": self.network.neurons,
            "synapses": self.network.synapses,
            "dt": self.dt,
            "exact": self.exact,
            **_record(self.converted),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def _record(converted: formats.Converted | None) -> dict[str, Any]:
    if converted is None:
        return {}
    return {"loss": converted.loss.to_json(), "steps_later": converted.later, "units_per_volt": converted.per_volt}


def import_nir(
    source: str | os.PathLike[str] | Any,
    out: str | os.PathLike[str] | None = None,
    *,
    dt: float | None = None,
    reset: str = "zero",
) -> NirImport:
    """Read a network from NIR, and write it as a network file.

    An export of lava-ahp gives back the network, bit by bit, with its golden samples.  Any other graph is rounded to
    the integers of the chip; what that costs is in the result, and in the network's ``provenance["nir"]``.

    Args:
        source: a NIR file, or a ``nir.NIRGraph``.
        out: file to write; None writes nothing.
        dt: one time step, in seconds; None for the one in an export of lava-ahp, else 1e-4.
        reset: how the neurons were reset in training, ``zero`` (to ``v_reset``) or ``subtract``: NIR does not say.

    Raises:
        BackendUnavailable: the package ``nir`` is missing.
        NetFormatError: a file that is missing, damaged or not NIR, or that cannot be written.
        DataError: a graph that the chip cannot run, named by node and type, or a reset by subtraction.

    Example:
        >>> lava_ahp.import_nir("other.nir", "other.net", dt=1e-3)  # doctest: +SKIP
    """
    if reset not in RESETS:
        raise SpecError(f"reset: found {reset!r}, allowed {', '.join(RESETS)}")
    if dt is not None and not (math.isfinite(dt) and dt > 0):
        raise SpecError(f"dt: found {dt}, allowed seconds above 0")
    path = Path(source) if isinstance(source, (str, os.PathLike)) else None
    files.check_outputs({"out": out}, [path])
    graph = formats.read_graph(path) if path is not None else _graph(source)
    inside = formats.embedded(graph)
    if inside.content is not None and dt in (None, inside.dt) and reset == "zero":
        network = _restore(inside.content, path, out)
        return NirImport(network, inside.dt or DT, True, None, ())
    if reset == "subtract":
        raise DataError(f"reset: {formats.SUBTRACTION}")
    step = dt or inside.dt or DT
    notes = [f"the graph is an export of lava-ahp, but {inside.note}"] if inside.note else []
    if dt is None and inside.dt is None:
        notes.append(f"NIR does not state a time step; {DT:g} s is taken (--dt)")
    converted = formats.convert(graph, step)
    notes += converted.notes
    origin = {} if path is None else {"file": path.name, "sha256": files.sha256(path)}
    record = {**origin, "dt": step, "reset": reset, **_record(converted), "notes": notes}
    network = replace(converted.network, provenance={"nir": record, "versions": versions()})
    if out is not None:
        netx.write(network, out)
    return NirImport(network, step, False, converted, tuple(notes))


def export_nir(
    network: Network | Run | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    dt: float = DT,
) -> Any:
    """Write a network as NIR, which other programs read; the network file itself goes into the metadata.

    Args:
        network: a network, the path of its file, or the run or run folder that holds one.
        out: file to write; None writes nothing.
        dt: one time step of the graph, in seconds; snnTorch reads 1e-4 alone.

    Returns:
        The ``nir.NIRGraph``.

    Raises:
        BackendUnavailable: the package ``nir`` is missing.
        NetFormatError: a file that is no network file, or that cannot be written.
        SpecError: a network that is too large, or a ``dt`` that is not above 0.

    Example:
        >>> lava_ahp.export_nir("digits.net", "digits.nir")  # doctest: +SKIP
    """
    if not (math.isfinite(dt) and dt > 0):
        raise SpecError(f"dt: found {dt}, allowed seconds above 0")
    path = file_of(network)
    files.check_outputs({"out": out}, [path])
    opened = open_network(network)
    graph, later = formats.to_graph(opened, dt)
    content = read_bytes(path, MAX_FILE_BYTES, NetFormatError) if path is not None else _file(opened)
    formats.embed(graph, content, dt, later)
    if out is not None:
        formats.write_graph(graph, out)
    return graph


def _graph(source: Any) -> Any:
    if not isinstance(source, formats.library().NIRGraph):
        raise SpecError(f"source: found {type(source).__name__}, allowed a path or a nir.NIRGraph")
    return source


def _file(network: Network) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.net"
        netx.write(network, path)
        return path.read_bytes()


def _restore(content: bytes, path: Path | None, out: str | os.PathLike[str] | None) -> Network:
    """The network in the metadata, and the file it came from, byte for byte."""
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder) / "network.net"
        inner.write_bytes(content)
        try:
            network = netx.read(inner)
        except NetFormatError as error:
            text = str(error).replace(str(inner), f"{path or 'NIR graph'}: network in the metadata")
            raise NetFormatError(text) from None
    if out is not None:
        try:
            files.write_bytes(Path(out), content)
        except OSError as error:
            raise NetFormatError(
                f"{out}: cannot be written ({error.strerror}); an existing file is unchanged"
            ) from None
    return network
