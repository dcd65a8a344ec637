"""Adapters between Python and neurocores."""

from lava.proc.embedded_io import spike, state

__all__ = ["spike", "state"]
