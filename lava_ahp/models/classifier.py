"""The AHP classifier: input, one or more recurrent layers, readout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from lava_ahp.errors import DataError
from lava_ahp.models.chains import to_network
from lava_ahp.models.config import AHPConfig
from lava_ahp.models.neurons import draw_delays, draw_neurons, draw_paired_neurons, paired_start
from lava_ahp.models.protocol import Count, Model, Output
from lava_ahp.network import Network
from lava_ahp.slayer.block import Readout, Recurrent
from lava_ahp.slayer.delays import DELAYS
from lava_ahp.slayer.loop import States
from lava_ahp.slayer.paired import PairedRecurrent
from lava_ahp.slayer.weights import clip_weights, draw_weights, prune


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
        blocks = [_hidden(config, source, target, generator) for source, target in pairwise(sizes)]
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
        spikes, rasters, counts = read, {}, {}
        for name, block in hidden:
            response = block.respond(spikes)
            rasters[name] = spikes = response.out
            counts[name] = Count.of(response)
        return Output(readout(spikes), rasters, counts)

    def clamp(self) -> None:
        """Clamp parameters to their range; outside it they get no gradient."""
        for block in self.populations.values():
            block.neuron.clamp()
            weights = (parameter for name, parameter in block.named_parameters() if name.endswith("weight"))
            clip_weights(weights, block.neuron.least_weight)
            block.clamp_delays()

    def sparse_weights(self) -> Sequence[torch.nn.Parameter]:
        """All weight matrices if the density is below 1, else none."""
        # Zeros do not show that a model is sparse: the weights of a dense model may start at zero too.
        if self.config.density == 1:
            return ()
        return [parameter for name, parameter in self.named_parameters() if name.endswith("weight")]

    def start_from(self, first: Model) -> None:
        """As for every model; a model in the paired form may also start from a native one.

        Delays are those of the first model, one step where it has none.  Of the synapses of each matrix, the largest
        are kept, as many as the density allows.
        """
        if isinstance(first, AHPClassifier):
            first = _with_delays_like(self, first)
            if (first.config.form, self.config.form) == ("native", "paired"):
                first = _paired_from(first, self.config)
        super().start_from(first)
        for weight in self.sparse_weights():
            prune(weight, self.config.density)

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


def _hidden(config: AHPConfig, source: int, target: int, generator: torch.Generator | None) -> Recurrent:
    """A recurrent layer in the form of the configuration."""
    learned = tuple(name for name in config.learn if name not in DELAYS)
    draw = draw_neurons if config.form == "native" else draw_paired_neurons
    neurons = {**draw(config, target, generator), "requires_grad": learned}
    delays: dict[str, Any] = {
        "recurrent_delay": draw_delays(config.recurrent_delay, target, generator),
        "learn_delay": "recurrent_delay" in config.learn,
        "input_delay": draw_delays(config.input_delay, source, generator),
        "learn_input_delay": "input_delay" in config.learn,
    }
    if config.form == "native":
        return Recurrent(neurons, source, target, **delays)
    scale = config.scale if config.corrected else None
    return PairedRecurrent(neurons, source, target, lag=config.lag, scale=scale, even=config.even, **delays)


def _paired_from(native: AHPClassifier, config: AHPConfig) -> AHPClassifier:
    """A native classifier in the paired form: its weights, and the constants that make up for the new course of inputs.

    Layers of other sizes are left to the caller, who compares shapes.
    """
    made = AHPClassifier(config.model_copy(update={"hidden": native.config.hidden}), native.channels, native.classes)
    own, theirs = made.state_dict(), native.state_dict()
    neurons = re.compile(r"hidden\.\d+\.neuron\.")
    made.load_state_dict({**own, **{name: x for name, x in theirs.items() if not neurons.match(name)}})
    for block, before in zip(made.populations.values(), native.populations.values(), strict=True):
        if isinstance(block, PairedRecurrent):
            size = before.neuron.num_neurons or 1
            block.neuron.start(paired_start(before.neuron.to_network_neuron(), size, config.lag, block.scale or 0))
    made.clamp()
    return made


def _with_delays_like(new: AHPClassifier, first: AHPClassifier) -> AHPClassifier:
    """A copy of the first classifier whose layers have delays where those of the new one have them."""
    copy = deepcopy(first)
    for own, before in zip(new.hidden, copy.hidden, strict=False):
        for name in DELAYS:
            mine, theirs = getattr(own, name), getattr(before, name)
            if mine is None and theirs is not None:
                raise DataError(f"first weights: found {name}, allowed one step; give model.{name} a range")
            if mine is not None and theirs is None:
                setattr(before, name, torch.ones_like(mine, requires_grad=False))
    return copy
