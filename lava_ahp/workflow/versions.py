"""Versions of what a result depends on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from lava_ahp import __version__

PACKAGES = ("numpy", "h5py", "torch", "lightning", "lava-nc", "lava-dl", "numba", "scikit-learn", "safetensors")


def versions() -> dict[str, str | None]:
    """Version of Python, of this package and of what it stands on; None for what is not installed."""
    found: dict[str, str | None] = {"python": platform.python_version(), "lava-ahp": __version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found
