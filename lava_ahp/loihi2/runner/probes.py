"""Time and power on the chip, in two runs: the time probe disturbs power, and a profiler is good for one run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import vendor
from .build import Lags, build
from .device import Device, running
from .plan import Plan

#: What the profiler offers besides the total time and power; a version may lack some.
TIMES = ("execution_time", "spiking_time", "management_time", "host_time", "learning_time", "pre_lrn_mgtm_time")
POWERS = ("power", "static_power", "dynamic_power", "vdd_power", "vddm_power", "vddio_power")
ENERGIES = ("energy", "static_energy", "dynamic_energy")


class Measured(NamedTuple):
    """What the probes say.

    Attributes:
        step_time_s: mean seconds of a step.
        static_w: static power in W.
        dynamic_w: dynamic power in W.
        raw: every figure of the profiler, as it gives it: sums of times, powers, energies.
    """

    step_time_s: float
    static_w: float
    dynamic_w: float
    raw: dict[str, float]

    @property
    def energy_unit(self) -> str:
        """The unit of the profiler's energy, found by comparing it with power times time."""
        energy = self.raw.get("energy")
        joules = (self.static_w + self.dynamic_w) * self.raw["execution_time"]
        if energy is None or joules <= 0:
            return "not known"
        names = {"J": 1.0, "mJ": 1e3, "uJ": 1e6}
        return next((name for name, per in names.items() if 0.5 < energy / (joules * per) < 2), "none that fits")


def measure(plan: Plan, spikes: npt.NDArray[np.int32], device: Device, lags: Lags) -> Measured:
    """Run all samples twice, once for time and once for power.  Nothing is read out meanwhile.

    Args:
        plan: the network.
        spikes: of the input, ``int32 (channel, time)``, sample after sample.
        device: the chip.
        lags: of the device.

    Raises:
        RuntimeError: a probe without a reading.
    """
    steps = spikes.shape[1]

    def once(probe: Callable[[Any], None], names: tuple[str, ...]) -> dict[str, float]:
        config = device.config()
        profiler = vendor.profiler(config)
        probe(profiler)
        source = build(plan, spikes, device, lags, record=()).source
        with running(source, config) as run:
            run(steps)
        return {name: float(np.sum(getattr(profiler, name))) for name in names if hasattr(profiler, name)}

    time = once(lambda p: p.execution_time_probe(num_steps=steps, buffer_size=1024), TIMES)
    power = once(lambda p: p.energy_probe(num_steps=steps), (*POWERS, *ENERGIES))
    if time.get("execution_time", 0) <= 0 or not {"static_power", "power"} <= power.keys():
        raise RuntimeError(f"probes: found {time | power}, allowed an execution_time above 0, power and static_power")
    # Dynamic power is the difference of two readings; where it is small, noise of the probe can make it negative.
    dynamic = max(0.0, power["power"] - power["static_power"])
    return Measured(time["execution_time"] / steps, power["static_power"], dynamic, time | power)
