"""Surrogate derivatives of the spike, whose true derivative is zero almost everywhere.

A surrogate is a callable.  Its argument is ``x = (v - threshold) / threshold``, the voltage before the reset relative
to the threshold.  Its result is the derivative of the spike by ``x``.  Divided by the threshold, it is the derivative
by ``v``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from lava_ahp.errors import SpecError

Surrogate = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Triangular:
    """``dampening * max(0, 1 - |x| / width)``, from Bellec et al. 2018 (arXiv 1803.09574, equation 4).

    Attributes:
        dampening: height; a value below 1 keeps gradients from exploding over many steps.
        width: half of the base, in multiples of the threshold.

    Raises:
        SpecError: the dampening or the width is not positive.
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
