"""What there is to compute on."""

from __future__ import annotations

import os
from importlib.util import find_spec


def describe_devices() -> dict[str, str]:
    """Cores of this machine, and its CUDA device if there is one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = {"cpu": f"{cores} cores"}
    if find_spec("torch") is not None:
        import torch

        found["cuda"] = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no CUDA device"
    return found
