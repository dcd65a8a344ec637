"""Energy counters: a GPU's through zeus, a processor's through RAPL, or none, with the reason."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

#: Folder in which Linux exposes the energy counters of Intel and AMD processors.
POWERCAP = Path("/sys/class/powercap")


class Meter(Protocol):
    """Measures the energy of a device between two calls.

    Attributes:
        method: how energy is measured, or why it is not.
    """

    method: str

    def start(self) -> None:
        """Start measuring."""

    def stop(self) -> float | None:
        """Energy since ``start`` in J; None where it cannot be measured."""


class NoMeter:
    """Energy is not measured."""

    def __init__(self, reason: str) -> None:
        self.method = f"energy not measured ({reason})"

    def start(self) -> None:
        """Do nothing."""

    def stop(self) -> float | None:
        """None."""
        return None


class RaplMeter:
    """The energy counters of all processor packages; they do not include memory."""

    method = "RAPL energy counters of the processor packages"

    def __init__(self, counters: list[Path]) -> None:
        self._counters = counters
        self._wrap = [int((c.parent / "max_energy_range_uj").read_text()) for c in counters]
        self._before = self._read()

    def _read(self) -> list[int]:
        return [int(counter.read_text()) for counter in self._counters]

    def start(self) -> None:
        """Start measuring.  The counters must not wrap twice before ``stop``, which takes minutes."""
        self._before = self._read()

    def stop(self) -> float | None:
        """Energy of all packages in J."""
        pairs = zip(self._before, self._read(), self._wrap, strict=True)
        return sum((after - before) % wrap if wrap else after - before for before, after, wrap in pairs) * 1e-6


class ZeusMeter:
    """NVML's energy counter of one GPU, through zeus.  The index is torch's."""

    method = "NVML energy counter through zeus"

    def __init__(self, index: int) -> None:
        from zeus.monitor import ZeusMonitor

        self._monitor = ZeusMonitor(gpu_indices=[index], cpu_indices=[])

    def start(self) -> None:
        """Start measuring; zeus waits for the GPU first."""
        self._monitor.begin_window("lava-ahp")

    def stop(self) -> float | None:
        """Energy of the GPU in J."""
        return float(sum(self._monitor.end_window("lava-ahp").gpu_energy.values()))


def meter_for(device: str, powercap: Path = POWERCAP) -> Meter:
    """The energy counter of a device, or a :class:`NoMeter` that says why there is none.

    Args:
        device: torch's name of it, ``cpu``, ``cuda`` or ``cuda:1``.
        powercap: folder of the RAPL counters.
    """
    if device.startswith("cuda"):
        if find_spec("zeus") is None:
            return NoMeter("zeus is not installed; pip install 'lava-ahp[energy]'")
        try:
            return ZeusMeter(int(device.partition(":")[2] or 0))
        except (RuntimeError, ValueError, OSError) as error:
            return NoMeter(f"zeus found no energy counter: {error}")
    counters = sorted(powercap.glob("intel-rapl:[0-9]*/energy_uj"))
    # Packages are intel-rapl:0, intel-rapl:1; they include their parts, intel-rapl:0:0.
    packages = [c for c in counters if c.parent.name.count(":") == 1]
    if not packages:
        return NoMeter(f"no RAPL counters in {powercap}")
    try:
        return RaplMeter(packages)
    except PermissionError:
        return NoMeter(f"{packages[0]} is not readable by this user")
    except (OSError, ValueError) as error:
        return NoMeter(f"{packages[0]}: {error}")
