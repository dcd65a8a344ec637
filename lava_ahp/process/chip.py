"""Whether the way to real Loihi 2 is there."""

from lava.utils import loihi


def extension_installed() -> bool:
    """Whether Intel's extension lava-loihi is installed."""
    return bool(loihi.is_installed())
