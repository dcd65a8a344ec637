"""Random AHP neurons to start from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.models.config import AHPConfig
from lava_ahp.models.relational_config import RelationalConfig
from lava_ahp.network import Neuron, Population
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network.autapses import CHARGE_MAX
from lava_ahp.network.grouping import Constants
from lava_ahp.slayer.paired_neuron import Start
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


def draw_paired_neurons(config: AHPConfig, size: int, generator: torch.Generator | None) -> dict[str, Any]:
    """Arguments of :class:`lava_ahp.slayer.paired.PairedNeuron` with the same draws, within the range of its chip."""
    drawn = draw_neurons(config, size, generator)
    del drawn["current_decay"]
    most = CHARGE_MAX / 2**fx.STATE_SHIFT
    return {
        **drawn,
        "voltage_decay": drawn["voltage_decay"].clamp_max(1 - 1 / fx.DECAY_ONE),
        "ahp_strength": drawn["ahp_strength"].clamp_max(most),
        "groups": config.groups,
    }


def draw_delays(bounds: tuple[int, int], size: int, generator: torch.Generator | None) -> npt.NDArray[np.int64]:
    """A delay in steps for each neuron, uniform in a range that includes both bounds, ``int64 (neuron,)``."""
    low, high = bounds
    # One value needs no draw, so that those that follow are the same as without delays.
    drawn = torch.full((size,), low) if low == high else torch.randint(low, high + 1, (size,), generator=generator)
    return drawn.numpy()


def paired_start(neuron: Neuron, size: int, lag: int, scale: int = 0) -> Start:
    """Constants with which pairs of synapses do on average what native ones do with the same weights.

    A native current brings ``4096 / current_decay`` times the weight of a spike in all, and a pair ``lag`` times.
    Threshold and autapse make up for the ratio, as in ``lava-ahp lower`` (docs/loihi2.md).

    Args:
        neuron: native neurons.
        size: number of them.
        lag: of the pairs.
        scale: weights count ``2**scale`` times.
    """
    p = Population("hidden", size, neuron).parameters()
    gain = lag * np.maximum(p["current_decay"], 1) / fx.DECAY_ONE * 2.0 ** (scale - p["input_exponent"])
    threshold = np.minimum(np.rint(p["threshold"] * gain), fx.THRESHOLD_MAX).astype(np.int64)
    autapse = np.rint(p["ahp_weight"] * gain / 2**fx.STATE_SHIFT).astype(np.int64)
    decays = np.clip(p["ahp_decay"], 1, fx.DECAY_ONE), np.minimum(p["voltage_decay"], fx.DECAY_ONE - 1)
    return Start(Constants(*decays, threshold), np.minimum(autapse, CHARGE_MAX))


def _log_uniform(bounds: tuple[float, float], size: int, generator: torch.Generator | None) -> Tensor:
    low, high = torch.log(torch.tensor(bounds))
    return torch.exp(low + (high - low) * torch.rand(size, generator=generator)).clamp(*bounds)
