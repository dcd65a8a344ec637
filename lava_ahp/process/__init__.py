"""AHP networks as Lava Processes, and the engine that runs them in Lava."""

from lava_ahp.process import _start  # noqa: F401
from lava_ahp.process.ahp import AHP
from lava_ahp.process.engine import run
from lava_ahp.process.network import FloatingNetwork, Network

__all__ = ["AHP", "FloatingNetwork", "Network", "run"]
