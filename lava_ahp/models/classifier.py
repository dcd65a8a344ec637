"""The AHP classifier: input, one or more recurrent layers, readout."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from lava_ahp.models.config import ModelConfig
from lava_ahp.models.output import Output
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.block import Readout, Recurrent
from lava_ahp.slayer.loop import States
from lava_ahp.slayer.surrogate import Triangular

#: Largest and smallest weight that eight bits hold, in SLAYER's unit.
_WEIGHT_MIN, _WEIGHT_MAX = -256 / 64, 254 / 64


class AHPClassifier(torch.nn.Module):
    """Recurrent layers of AHP (and LIF) neurons, each hearing the one below, and a leaky readout of the last.

    Args:
        config: what it is made of.
        channels: input channels.
        classes: number of readouts.
        generator: source of the first weights and of the time constants.
    """

    def __init__(
        self, config: ModelConfig, channels: int, classes: int, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self.config = config
        self.channels = channels
        self.classes = classes
        sizes = (channels, *config.hidden)
        blocks = [
            Recurrent(_draw_neurons(config, target, generator), source, target) for source, target in pairwise(sizes)
        ]
        self.hidden = torch.nn.ModuleList(blocks)
        leak = {"current_decay": 1 / config.current_tau, "voltage_decay": 1 / config.readout_tau}
        self.readout = Readout(leak, sizes[-1], classes)
        for block in blocks:
            _draw_weights(block.input_synapse.weight, config.input_gain * config.threshold, config.density, generator)
            _draw_weights(
                block.recurrent_synapse.weight, config.recurrent_gain * config.threshold, config.density, generator
            )
        _draw_weights(self.readout.synapse.weight, config.readout_gain, config.density, generator)

    @property
    def populations(self) -> dict[str, Recurrent | Readout]:
        """The blocks by the names that their populations have in a network."""
        names = ["hidden"] if len(self.hidden) == 1 else [f"hidden{k + 1}" for k in range(len(self.hidden))]
        blocks: dict[str, Any] = dict(zip(names, self.hidden, strict=True))
        return {**blocks, "readout": self.readout}

    def forward(self, spikes: Tensor) -> Output:
        """Answer to spikes ``(sample, channel, time)``."""
        rasters = []
        for block in self.hidden:
            spikes = block(spikes)
            rasters.append(spikes)
        return Output(self.readout(spikes), tuple(rasters))

    def clamp(self) -> None:
        """Bring back what a step of the optimiser took out of range: beyond it no gradient would."""
        with torch.no_grad():
            for block in self.populations.values():
                block.neuron.clamp()
            for name, parameter in self.named_parameters():
                if name.endswith("weight"):
                    parameter.clamp_(_WEIGHT_MIN, _WEIGHT_MAX)

    def states(self, spikes: Tensor) -> dict[str, States]:
        """Every state of every population, by name, for spikes ``(sample, channel, time)``."""
        found = {}
        for name, block in self.populations.items():
            found[name] = block.states(spikes)
            spikes = found[name].s.transpose(1, 2).to(spikes.dtype)
        return found


def _draw_neurons(config: ModelConfig, size: int, generator: torch.Generator | None) -> dict[str, Any]:
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
        "requires_grad": config.learn,
        "surrogate": Triangular(config.dampening),
    }


def _log_uniform(bounds: tuple[float, float], size: int, generator: torch.Generator | None) -> Tensor:
    low, high = torch.log(torch.tensor(bounds))
    return torch.exp(low + (high - low) * torch.rand(size, generator=generator)).clamp(*bounds)


def _draw_weights(
    weight: torch.nn.Parameter, deviation: float, density: float, generator: torch.Generator | None
) -> None:
    """Normal weights, ``(target, source, 1, 1, 1)``, whose sum over all sources has the given standard deviation.

    Of all synapses a random choice of the given density exists; the others are zero.
    """
    with torch.no_grad():
        weight.normal_(0, deviation / (density * weight.shape[1]) ** 0.5, generator=generator)
        if density < 1:
            absent = torch.randperm(weight.numel(), generator=generator)[max(1, round(density * weight.numel())) :]
            weight.view(-1)[absent] = 0
