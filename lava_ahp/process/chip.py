"""Detect Intel's extension for the Loihi 2 chip."""

from lava.utils import loihi


def extension_installed() -> bool:
    """Whether Intel's extension lava-loihi is installed."""
    return bool(loihi.is_installed())
