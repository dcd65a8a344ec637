"""Random AHP neurons to start from."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lava_ahp.models.config import AHPConfig
from lava_ahp.models.relational_config import RelationalConfig
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.surrogate import Triangular


def draw_neurons(config: AHPConfig | RelationalConfig, size: int, generator: torch.Generator | None) -> dict[str, Any]:
    """Arguments of :class:`lava_ahp.slayer.neuron.Neuron`, with time constants and AHP charge drawn for each neuron."""
    membrane = _log_uniform(config.membrane_tau, size, generator)
    ahp = _log_uniform(config.ahp_tau, size, generator)
    low, high = config.ahp_charge
    charge = low + (high - low) * torch.rand(size, generator=generator)
    has_ahp = torch.arange(size) >= round(size * (1 - config.ahp_fraction))
    strength = (charge * config.threshold / ahp).clamp_max(fx.AHP_WEIGHT_MAX / fx.DECAY_ONE) * has_ahp
    return {
        "threshold": config.threshold,
        "current_decay": 1 / config.current_tau,
        "voltage_decay": 1 / membrane,
        "ahp_decay": 1 / ahp,
        "ahp_strength": strength,
        "surrogate": Triangular(config.dampening),
    }


def _log_uniform(bounds: tuple[float, float], size: int, generator: torch.Generator | None) -> Tensor:
    low, high = torch.log(torch.tensor(bounds))
    return torch.exp(low + (high - low) * torch.rand(size, generator=generator)).clamp(*bounds)
