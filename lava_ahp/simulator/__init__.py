"""The fast simulator: batched, event-driven, compiled, and bit for bit equal to :mod:`lava_ahp.dynamics`."""

from lava_ahp.simulator.run import simulate

__all__ = ["simulate"]
