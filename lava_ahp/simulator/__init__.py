"""The fast engine: batched, event-driven and compiled, equal to :mod:`lava_ahp.dynamics` bit for bit."""

from lava_ahp.simulator.run import simulate

__all__ = ["simulate"]
