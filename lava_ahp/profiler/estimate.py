"""Energy and latency per sample: counted operations times the prices of a chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import Network
from lava_ahp.profiler.hardware import OPERATIONS, Hardware
from lava_ahp.profiler.placement import Placement, barrier_share, place
from lava_ahp.profiler.workload import BETWEEN_CORES, ON_CORES, Router, Sample, Workload

Float = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

PERCENTILES = (5, 25, 50, 75, 95)
ENERGY_TERMS = ("neurocore_dynamic", "neurocore_static", "host_io")


def spread(values: npt.NDArray[np.generic]) -> dict[str, float]:
    """Mean, minimum, maximum and percentiles (``p5`` to ``p95``) over samples ``(sample,)``."""
    found = np.asarray(values, np.float64)
    levels = np.percentile(found, PERCENTILES)
    return {
        "mean": float(found.mean()),
        "min": float(found.min()),
        "max": float(found.max()),
        **{f"p{p}": float(x) for p, x in zip(PERCENTILES, levels, strict=True)},
    }


@dataclass(frozen=True, eq=False)
class Estimate:
    """Modelled energy and latency of a chip that processes samples one at a time.

    Attributes:
        hardware: figures of the chip.
        placement: the network on the chip.
        steps: time steps of each sample, ``int64 (sample,)``.
        counts: number of operations by name, ``int64 (sample,)``.
        time_s: seconds of each sample by part, ``float64 (sample,)``: ``neurocore`` (the busiest core of every step),
            ``transport``, ``barrier`` and ``host``.
        busiest_s: the seconds of ``neurocore`` by operation, ``float64 (sample,)``.
    """

    hardware: Hardware
    placement: Placement
    steps: Int64
    counts: Mapping[str, Int64]
    time_s: Mapping[str, Float]
    busiest_s: Mapping[str, Float]

    @property
    def latency_s(self) -> Float:
        """Seconds per sample, ``float64 (sample,)``."""
        total: Float = np.sum(list(self.time_s.values()), axis=0)
        return total

    @property
    def operation_j(self) -> dict[str, Float]:
        """Dynamic energy of the neurocores in J, ``float64 (sample,)``, by operation; only operations with a price."""
        prices = {name: getattr(self.hardware.energy, name) for name in OPERATIONS}
        return {name: self.counts[name] * price.si for name, price in prices.items() if price is not None}

    def static_j(self, level: str = "typical") -> Float:
        """Static energy of the neurocores in J, ``float64 (sample,)``, at a ``low``, ``typical`` or ``high`` level."""
        power: float = getattr(self.hardware.static, level).si
        return self.latency_s * power * self.placement.chips

    def energy_j(self, level: str = "typical") -> dict[str, Float]:
        """J per sample, ``float64 (sample,)``, by :data:`ENERGY_TERMS` and their ``total``; ``level`` as above.

        ``host_io`` is 0 where the host's power is not known apart; the other terms then contain it.
        """
        power = (self.hardware.host.power_w or 0.0) * self.placement.chips
        terms = {
            "neurocore_dynamic": np.sum([np.zeros(len(self.steps)), *self.operation_j.values()], axis=0),
            "neurocore_static": self.static_j(level),
            "host_io": self.latency_s * power,
        }
        return {**terms, "total": np.sum(list(terms.values()), axis=0)}

    @property
    def edp_js(self) -> Float:
        """Energy times latency in J s, ``float64 (sample,)``."""
        return self.energy_j()["total"] * self.latency_s

    @property
    def unpriced(self) -> list[dict[str, str | float]]:
        """Operations that occurred but have no price in energy or in time, with their mean number per sample."""
        found: list[dict[str, str | float]] = []
        for quantity, table in (("energy", self.hardware.energy), ("time", self.hardware.time)):
            for name in OPERATIONS:
                if getattr(table, name) is None and self.counts[name].any():
                    mean = float(self.counts[name].mean())
                    found.append({"operation": name, "quantity": quantity, "per_sample": mean})
        # The energy of the barrier is not published, so no profile has a price for it.
        found.append({"operation": "barrier", "quantity": "energy", "per_sample": float(self.steps.mean())})
        return found

    @property
    def bound(self) -> str:
        """The largest part of the step time; for the neurocores, with their most expensive operation."""
        seconds = {name: float(values.sum()) for name, values in self.time_s.items()}
        most = max(seconds, key=seconds.__getitem__)
        if most != "neurocore":
            return most
        work = {name: float(values.sum()) for name, values in self.busiest_s.items()}
        return f"neurocore: {max(work, key=work.__getitem__)}"


class Profiler:
    """Counts and prices samples one by one, and keeps no spikes.

    Raises:
        SpecError: a network that does not fit the hardware.
    """

    def __init__(self, network: Network, hardware: Hardware) -> None:
        self.hardware = hardware
        self.placement = place(network, hardware)
        self._router = Router(network, self.placement)
        self._rows: list[dict[str, float]] = []
        self._totals: list[dict[str, int]] = []
        self._steps: list[int] = []

    def add(self, sample: Sample) -> None:
        """Count the operations of one sample."""
        work = self._router.workload(sample)
        self._totals.append(work.totals())
        self._rows.append(self._time(work, sample.steps))
        self._steps.append(sample.steps)

    def estimate(self) -> Estimate:
        """Estimate for the samples added so far.

        Raises:
            SpecError: no sample was added.
        """
        if not self._steps:
            raise SpecError("profiler: no samples, allowed 1 or more")
        times = {key: np.array([row[key] for row in self._rows]) for key in self._rows[0]}
        terms = ("neurocore", "transport", "barrier", "host")
        return Estimate(
            hardware=self.hardware,
            placement=self.placement,
            steps=np.array(self._steps, np.int64),
            counts={name: np.array([t[name] for t in self._totals], np.int64) for name in self._totals[0]},
            time_s={name: times[name] for name in terms},
            busiest_s={name: values for name, values in times.items() if name not in terms},
        )

    def _time(self, workload: Workload, steps: int) -> dict[str, float]:
        """Seconds of one sample by part.  Cores work in parallel, so every step takes as long as its busiest core."""
        prices = {name: getattr(self.hardware.time, name) for name in OPERATIONS}
        priced = {name: workload.cores[name] * prices[name].si for name in ON_CORES if prices[name] is not None}
        work = np.sum([np.zeros_like(workload.cores["spike"], np.float64), *priced.values()], axis=0)
        busiest = work.argmax(axis=1)
        every = np.arange(steps)
        time, route = self.hardware.time, self._router.longest_route
        share = barrier_share(self.placement, self.hardware)
        barrier = (1 - share) * time.barrier_one_tile.si + share * time.barrier_full_mesh.si
        # The last message of a step may take the longest route.
        transport = sum(route[name] * prices[name].si for name in BETWEEN_CORES if prices[name] is not None)
        return {
            "neurocore": float(work[every, busiest].sum()),
            "transport": float(transport * steps),
            "barrier": float(barrier * steps),
            "host": float(self.hardware.host.step_time.si * steps),
            **{name: float(seconds[every, busiest].sum()) for name, seconds in priced.items()},
        }
