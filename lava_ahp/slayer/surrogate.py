"""Derivatives that stand in for that of the spike, which is zero nearly everywhere.

A surrogate is any callable from ``x = (v - threshold) / threshold``, the voltage before the reset relative to the
threshold, to the derivative of the spike by ``x``.  Divided by the threshold it is the derivative by ``v``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from lava_ahp.errors import SpecError

Surrogate = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Triangular:
    """``dampening * max(0, 1 - |x| / width)``, of Bellec et al. 2018 (arXiv 1803.09574, equation 4).

    Attributes:
        dampening: height; less than 1 keeps gradients from exploding over many steps.
        width: half of the base, in thresholds.

    Raises:
        SpecError: a dampening or width that is not positive.
    """

    dampening: float = 0.3
    width: float = 1.0

    def __post_init__(self) -> None:
        for name in ("dampening", "width"):
            if not getattr(self, name) > 0:
                raise SpecError(f"surrogate {name}: found {getattr(self, name)}, allowed more than 0")

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Derivative of the spike by ``x``, elementwise."""
        return self.dampening * (1 - x.abs() / self.width).clamp_min_(0)
