"""``measurement.json``: what a run has shown, in the form that ``lava-ahp profile --measured`` reads."""

from __future__ import annotations

import platform
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .build import Lags
from .device import Device
from .plan import Plan
from .probes import Measured

PACKAGES = ("lava-nc", "lava-loihi", "numpy", "h5py")


def versions() -> dict[str, str]:
    """Versions of Python and of what the run stands on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not known"
    return found


def unmeasured(device: Device, about: dict[str, str], equal: bool) -> dict[str, Any]:
    """A run whose outputs were compared and which measured neither time nor power."""
    return {
        "what": "simulation" if device.simulated else "comparison",
        "device": device.name,
        "network": about["network"],
        "task": about["task"],
        "equal": equal,
        "versions": versions(),
        "date": _today(),
    }


def measured(
    plan: Plan, device: Device, about: dict[str, str], accuracy: dict[str, Any] | None, equal: bool, lags: Lags,
    found: Measured,
) -> dict[str, Any]:  # fmt: skip
    """A run on the chip with its time and power.

    The probes of Loihi 2 do not tell the host's power apart: it is in the others, and 0 by itself.
    """
    return {
        "what": "chip",
        "name": f"Loihi 2, {_today()}",
        "device": device.name,
        "network": about["network"],
        "task": about["task"],
        "chips": 1,
        "steps_per_sample": float(plan.interval),
        "step_time_s": found.step_time_s,
        "power": {
            "neurocore_dynamic_w": found.dynamic_w,
            "neurocore_static_w": found.static_w,
            "host_dynamic_w": 0.0,
            "host_static_w": 0.0,
        },
        "host_apart": False,
        "accuracy": accuracy,
        "source": f"run.py of a lava-ahp bundle ({about['made']}): time and energy probes of lava-loihi in separate "
        "runs, input from Python through an adapter, nothing read out",
        "kind": "measured",
        "date": _today(),
        "versions": versions(),
        "equal": equal,
        "lags": lags._asdict(),
        "probes": found.raw,
        "energy_unit": found.energy_unit,
    }


def _today() -> str:
    return datetime.now(timezone.utc).date().isoformat()
