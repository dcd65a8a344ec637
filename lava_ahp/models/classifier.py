"""The AHP classifier: input, one or more recurrent layers, readout."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from lava_ahp.models.chains import to_network
from lava_ahp.models.config import AHPConfig
from lava_ahp.models.protocol import Model, Output
from lava_ahp.network import Network
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.block import Readout, Recurrent
from lava_ahp.slayer.loop import States
from lava_ahp.slayer.surrogate import Triangular
from lava_ahp.slayer.weights import clip_weights, draw_weights


class AHPClassifier(Model):
    """Recurrent layers of AHP (and LIF) neurons, and a leaky readout of the last layer.

    Args:
        config: settings of the model.
        channels: number of input channels.
        classes: number of readouts.
        generator: random generator for the initial weights and time constants.
    """

    config: AHPConfig

    def __init__(
        self, config: AHPConfig, channels: int, classes: int, generator: torch.Generator | None = None
    ) -> None:
        super().__init__(config, channels, classes)
        sizes = (channels, *config.hidden)
        blocks = [
            Recurrent(_draw_neurons(config, target, generator), source, target) for source, target in pairwise(sizes)
        ]
        self.hidden = torch.nn.ModuleList(blocks)
        leak = {"current_decay": 1 / config.current_tau, "voltage_decay": 1 / config.readout_tau}
        self.readout = Readout(leak, sizes[-1], classes)
        for block in blocks:
            draw_weights(block.input_synapse.weight, config.input_gain * config.threshold, config.density, generator)
            draw_weights(
                block.recurrent_synapse.weight, config.recurrent_gain * config.threshold, config.density, generator
            )
        draw_weights(self.readout.synapse.weight, config.readout_gain, config.density, generator)

    @property
    def populations(self) -> dict[str, Recurrent | Readout]:
        """The blocks by population name."""
        names = ["hidden"] if len(self.hidden) == 1 else [f"hidden{k + 1}" for k in range(len(self.hidden))]
        blocks: dict[str, Any] = dict(zip(names, self.hidden, strict=True))
        return {**blocks, "readout": self.readout}

    def forward(self, read: Tensor) -> Output:
        """Output for spikes ``(sample, channel, time)``."""
        *hidden, (_, readout) = self.populations.items()
        spikes, rasters = read, {}
        for name, block in hidden:
            rasters[name] = spikes = block(spikes)
        return Output(readout(spikes), rasters)

    def clamp(self) -> None:
        """Clamp parameters to their range; outside it they get no gradient."""
        for block in self.populations.values():
            block.neuron.clamp()
        clip_weights(parameter for name, parameter in self.named_parameters() if name.endswith("weight"))

    def sparse_weights(self) -> Sequence[torch.nn.Parameter]:
        """All weight matrices if the density is below 1, else none."""
        # Zeros do not show that a model is sparse: the weights of a dense model may start at zero too.
        if self.config.density == 1:
            return ()
        return [parameter for name, parameter in self.named_parameters() if name.endswith("weight")]

    def graph(self) -> Network:
        """A chain of populations: ``input``, ``hidden`` (or ``hidden1``, ``hidden2``, ...) and ``readout``."""
        return to_network(self.populations)

    def states(self, read: Tensor) -> dict[str, States]:
        """All states of all populations but the input, by name, for spikes ``(sample, channel, time)``."""
        spikes, found = read, {}
        for name, block in self.populations.items():
            found[name] = block.states(spikes)
            spikes = found[name].s.transpose(1, 2).to(spikes.dtype)
        return found


def _draw_neurons(config: AHPConfig, size: int, generator: torch.Generator | None) -> dict[str, Any]:
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
