"""Does a network fit the chip?  Every limit, beside what the network asks for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lava_ahp import netx
from lava_ahp.errors import SpecError
from lava_ahp.loihi2.limits import Limit, limits
from lava_ahp.network import Events, Golden, Network
from lava_ahp.profiler import Hardware, Placement, load_hardware, place
from lava_ahp.profiler.quantity import Quantity
from lava_ahp.workflow.runs import Run, file_of, open_network

#: Chips whose limits are known well enough to be checked before a network gets there.
INSPECTED = ("loihi2",)

#: By limit of a core in the profile of a chip: its name, and what a core of the placement uses of it.
_OF_CORE = {
    "compartments_per_core": ("neurons on a core", "compartments"),
    "synapse_memory_per_core": ("bytes of synapses on a core", "synapse_bytes"),
    "axons_in_per_core": ("axons into a core", "axons_in"),
    "axons_out_per_core": ("axons out of a core", "axons_out"),
}


@dataclass(frozen=True, repr=False)
class LimitReport:
    """What a chip holds, and what a network asks for.

    Attributes:
        target: the chip.
        limits: each with what was observed, what is allowed, and what to do.
    """

    target: str
    limits: tuple[Limit, ...]

    @property
    def exceeded(self) -> tuple[Limit, ...]:
        """The limits that the network exceeds."""
        return tuple(limit for limit in self.limits if limit.exceeded)

    @property
    def verdict(self) -> str:
        """The outcome in one line."""
        known = sum(limit.known for limit in self.limits)
        if not self.exceeded:
            return f"within all {known} known limits of {self.target}; nothing has run on a chip"
        names = ", ".join(limit.limit for limit in self.exceeded)
        return f"{len(self.exceeded)} of {known} known limits of {self.target} exceeded: {names}"

    def lines(self) -> Iterator[str]:
        """A line for every limit, and the verdict."""
        for x in self.limits:
            mark, fix = ("EXCEEDED", f"; fix: {x.fix}") if x.exceeded else ("ok" if x.known else "unknown", "")
            where = "" if x.where in ("all", "network") else f", {x.where}"
            yield f"{mark:9} {x.limit}{where}: found {x.observed}, allowed {x.allowed}{fix}"
        yield self.verdict

    def to_json(self) -> dict[str, Any]:
        """The keys of ``inspect --target --json``."""
        return {
            "target": self.target,
            "fits": not self.exceeded,
            "limits": [limit.to_json() for limit in self.limits],
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def check_limits(
    network: Network | Run | str | os.PathLike[str], target: str = INSPECTED[0], events: Events | None = None
) -> LimitReport:
    """Compare a network with every limit of a chip that is known.

    Args:
        network: a network, the path of its file, or the run or run folder that holds one.
        target: ``loihi2``.
        events: samples that will run; None for golden samples inside the file.

    Raises:
        SpecError: another target.
        NetFormatError: the file cannot be read.

    Example:
        >>> lava_ahp.check_limits("netx_exports/smnist_ahp240.net").exceeded  # doctest: +SKIP
    """
    if target not in INSPECTED:
        raise SpecError(f"target: found {target!r}, allowed {', '.join(INSPECTED)}")
    found = open_network(network)
    path = file_of(network)
    if events is None and path is not None:
        events = _of_task(netx.read_golden(path, found))
    return LimitReport(target, (*limits(found, events), *_of_cores(found, load_hardware(target))))


def _of_task(golden: Golden | None) -> Events | None:
    """Golden samples of a task: all, or those with a label, since others are made to reach every synapse."""
    if golden is None or golden.labels is None:
        return None if golden is None else golden.events
    real = np.flatnonzero(golden.labels >= 0)
    return golden.events.select(real) if len(real) else None


def _of_cores(network: Network, hardware: Hardware) -> Iterator[Limit]:
    """The limits of cores, from a placement of the profiler's."""
    try:
        placement = place(network, hardware)
    except SpecError as error:
        yield Limit("placement", "network", str(error), "every neuron on some core", True,
                    "use fewer or smaller synapses of that neuron, or populations in between")  # fmt: skip
        return
    for key, (name, attribute) in _OF_CORE.items():
        yield _of_core(placement, name, attribute, getattr(hardware.limits, key))
    cores, allowed = len(placement.cores), hardware.limits.cores_per_chip.whole
    fix = f"use a board of {placement.chips} chips, or a smaller network"
    yield Limit("cores", "network", str(cores), f"{allowed} on a chip", cores > allowed, fix * (cores > allowed))


def _of_core(placement: Placement, name: str, attribute: str, limit: Quantity | None) -> Limit:
    largest, core = max((getattr(core, attribute), -k) for k, core in enumerate(placement.cores))
    allowed = "not published" if limit is None else str(limit.whole)
    exceeded = limit is not None and largest > limit.whole
    fix = "use a smaller network" * exceeded
    return Limit(name, f"core {-core}", str(largest), allowed, exceeded, fix, known=limit is not None)
