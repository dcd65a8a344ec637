"""The profiler: made-up figures, and the rules of use that are known."""

import numpy as np


class Loihi2HWProfiler:
    def __init__(self, run_cfg):
        self.probes = {}
        self._steps = 0

    def _set(self, name, num_steps):
        if self.probes:
            raise RuntimeError("one probe for each profiler: the time probe disturbs power")
        self.probes[name] = num_steps

    def execution_time_probe(self, num_steps, buffer_size=1024, dt=1):
        self._set("time", num_steps)

    def energy_probe(self, num_steps):
        self._set("energy", num_steps)

    @property
    def execution_time(self):
        return np.full(self.probes["time"], 2e-6)

    @property
    def spiking_time(self):
        return 0.5 * self.execution_time

    @property
    def power(self):
        return 0.25 + 0.0 * self.probes["energy"]

    static_power = 0.24
    vdd_power = 0.2

    @property
    def energy(self):
        return 1e6 * self.power * 2e-6 * self.probes["energy"]
