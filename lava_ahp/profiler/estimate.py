"""Operations times prices: energy, latency and their product, per sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import Network
from lava_ahp.profiler.hardware import OPERATIONS, Hardware
from lava_ahp.profiler.placement import Placement, barrier_share, place
from lava_ahp.profiler.workload import BETWEEN_CORES, ON_CORES, Load, Router, Sample

Float = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

PERCENTILES = (5, 25, 50, 75, 95)
ENERGY_TERMS = ("neurocore_dynamic", "neurocore_static", "host_io")


def spread(values: npt.NDArray[np.generic]) -> dict[str, float]:
    """Mean, least, most and percentiles over samples."""
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
    """What a chip would spend on a batch of samples, one at a time.

    Attributes:
        hardware: its figures.
        placement: where the network lies on it.
        steps: ``int64 (sample,)``.
        counts: by operation, ``int64 (sample,)``.
        time_s: seconds of each sample by what they go to: ``neurocore`` (the busiest core of every step),
            ``transport``, ``barrier``, ``host``; ``float64 (sample,)``.
        busiest_s: of ``neurocore``, by operation.
    """

    hardware: Hardware
    placement: Placement
    steps: Int64
    counts: Mapping[str, Int64]
    time_s: Mapping[str, Float]
    busiest_s: Mapping[str, Float]

    @property
    def latency_s(self) -> Float:
        """Seconds per sample, ``(sample,)``."""
        return np.sum(list(self.time_s.values()), axis=0)

    @property
    def operation_j(self) -> dict[str, Float]:
        """Dynamic energy of the neurocores by operation, of those that have a price."""
        prices = {name: getattr(self.hardware.energy, name) for name in OPERATIONS}
        return {name: self.counts[name] * price.si for name, price in prices.items() if price is not None}

    def static_j(self, level: str = "typical") -> Float:
        """Static energy of the neurocores; ``level`` is ``low``, ``typical`` or ``high``."""
        power: float = getattr(self.hardware.static, level).si
        return self.latency_s * power * self.placement.chips

    def energy_j(self, level: str = "typical") -> dict[str, Float]:
        """Joules per sample by :data:`ENERGY_TERMS`, and their ``total``."""
        host = self.hardware.host
        power = (host.power_dynamic.si + host.power_static.si) * self.placement.chips
        terms = {
            "neurocore_dynamic": np.sum([np.zeros(len(self.steps)), *self.operation_j.values()], axis=0),
            "neurocore_static": self.static_j(level),
            "host_io": self.latency_s * power,
        }
        return {**terms, "total": np.sum(list(terms.values()), axis=0)}

    @property
    def edp_js(self) -> Float:
        """Energy times latency, J s per sample."""
        return self.energy_j()["total"] * self.latency_s

    @property
    def unpriced(self) -> list[dict[str, str | float]]:
        """Operations that happened and have no price, in joules or in seconds."""
        found: list[dict[str, str | float]] = []
        for quantity, table in (("energy", self.hardware.energy), ("time", self.hardware.time)):
            for name in OPERATIONS:
                if getattr(table, name) is None and self.counts[name].any():
                    mean = float(self.counts[name].mean())
                    found.append({"operation": name, "quantity": quantity, "per_sample": mean})
        # No profile has a price for it: its energy is nowhere published.
        found.append({"operation": "barrier", "quantity": "energy", "per_sample": float(self.steps.mean())})
        return found

    @property
    def bound(self) -> str:
        """What takes most of the step time, and of the busiest core's, which operation."""
        seconds = {name: float(values.sum()) for name, values in self.time_s.items()}
        most = max(seconds, key=seconds.__getitem__)
        if most != "neurocore":
            return most
        work = {name: float(values.sum()) for name, values in self.busiest_s.items()}
        return f"neurocore: {max(work, key=work.__getitem__)}"


class Profiler:
    """Takes samples as they are simulated, counts, prices, and forgets their spikes.

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
        """Count one sample."""
        load = self._router.load(sample)
        self._totals.append(load.totals())
        self._rows.append(self._time(load, sample.steps))
        self._steps.append(sample.steps)

    def estimate(self) -> Estimate:
        """What was added so far.

        Raises:
            SpecError: nothing was added.
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

    def _time(self, load: Load, steps: int) -> dict[str, float]:
        """Seconds of one sample: cores work side by side, so that every step takes as long as its busiest core."""
        prices = {name: getattr(self.hardware.time, name) for name in OPERATIONS}
        priced = {name: load.cores[name] * prices[name].si for name in ON_CORES if prices[name] is not None}
        work = np.sum([np.zeros_like(load.cores["spike"], np.float64), *priced.values()], axis=0)
        busiest = work.argmax(axis=1)
        every = np.arange(steps)
        time, route = self.hardware.time, self._router.longest_route
        share = barrier_share(self.placement, self.hardware)
        barrier = (1 - share) * time.barrier_one_tile.si + share * time.barrier_full_mesh.si
        # The last message of a step may have the longest way.
        way = sum(route[name] * prices[name].si for name in BETWEEN_CORES if prices[name] is not None)
        return {
            "neurocore": float(work[every, busiest].sum()),
            "transport": float(way * steps),
            "barrier": float(barrier * steps),
            "host": float(self.hardware.host.step_time.si * steps),
            **{name: float(seconds[every, busiest].sum()) for name, seconds in priced.items()},
        }
