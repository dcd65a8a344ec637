"""The interface of models to training, export and profiling, which do not depend on the kind of model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from lava_ahp.errors import DataError
from lava_ahp.models.synops import synops
from lava_ahp.network import Events, Network, stimuli

if TYPE_CHECKING:
    from lava_ahp.encoders import Encoder
    from lava_ahp.models.base_config import ModelConfig
    from lava_ahp.slayer.kernels import Response
    from lava_ahp.slayer.loop import States


class Count(NamedTuple):
    """Spikes of the neurons of a population, or of populations that share their weights.

    Attributes:
        spikes: sum of each neuron's spikes over samples, steps and copies, with gradients, ``(neuron,)``.
        updates: number of samples times steps times copies, the most that ``spikes`` can be.
    """

    spikes: Tensor
    updates: int

    @classmethod
    def of(cls, response: Response) -> Count:
        """Those that a block counted."""
        samples, _, steps = response.out.shape
        assert response.counts is not None
        return cls(response.counts, samples * steps)


class Output(NamedTuple):
    """Output of a model.

    Attributes:
        readout: readout voltages in SLAYER's unit, or scores, ``(sample, class, time)``.
        spikes: rasters of the hidden populations by name, zeros and ones, ``(sample, neuron, time)``; empty for a model
            without spikes.
        counts: spikes of the hidden populations that have rates of their own, by name.
        passed_on: spikes of populations that pass on those of others, by name.  They count as synaptic operations, but
            not for firing rates, which they do not have of their own.
    """

    readout: Tensor
    spikes: Mapping[str, Tensor]
    counts: Mapping[str, Count] = MappingProxyType({})
    passed_on: Mapping[str, Count] = MappingProxyType({})


class Model(torch.nn.Module):
    """A model that the training loop can train.

    A subclass implements :meth:`forward`.  If a chip can run it, it also implements :meth:`graph` and :meth:`states`.
    Its network may be any graph, and connections may share weights.  The output population has no outgoing synapses.

    Attributes:
        config: settings of the model.  Their class says what the model reads and whether a chip can run it.
        channels: number of input channels.
        classes: number of readouts.
        code: the encoder of the task, for a model whose network depends on what its channels mean; None for others.
    """

    def __init__(self, config: ModelConfig, channels: int, classes: int, code: Encoder | None = None) -> None:
        super().__init__()
        self.config = config
        self.channels = channels
        self.classes = classes
        self.code = code

    def forward(self, read: Tensor) -> Output:
        """Output for a batch in the form that the model reads.

        Args:
            read: spikes or signals, ``float32 (sample, channel, time)``, or stories, ``int16 (sample, row, word)``.
        """
        raise NotImplementedError

    def calibrate(self, first: Callable[[], Tensor]) -> None:
        """Fit initial parameters to the data; by default, nothing.

        Args:
            first: gives the first batch of the training split in the form that the model reads.
        """

    def start_from(self, first: Model) -> None:
        """Copy the weights of a trained model.

        Args:
            first: a model of the same shape.

        Raises:
            DataError: it has another shape, or values that this model cannot have.
        """
        mine, theirs = self.state_dict(), first.state_dict()
        for name in sorted({*mine, *theirs}):
            shapes = [tuple(x[name].shape) if name in x else None for x in (theirs, mine)]
            if shapes[0] != shapes[1]:
                raise DataError(f"first weights {name}: found shape {shapes[0]}, allowed {shapes[1]} in the new model")
        try:
            self.load_state_dict(theirs)
        except ValueError as error:
            raise DataError(f"first weights {error}") from None

    def graph(self) -> Network:
        """The network that a chip runs, without task and provenance.  It computes exactly what :meth:`forward` does."""
        raise NotImplementedError

    def states(self, read: Tensor) -> dict[str, States]:
        """All states of all populations but the input, by name, for a batch as :meth:`read` gives it.

        They are computed by the readable loop and equal those of the fused kernels.
        """
        raise NotImplementedError

    def clamp(self) -> None:
        """Clamp parameters to their range after an optimiser step; by default, nothing."""

    def sparse_weights(self) -> Sequence[torch.nn.Parameter]:
        """Weight matrices whose zeros are absent synapses that training may rewire; by default, none."""
        return ()

    def network(self, *, task: Mapping[str, Any] | None = None, provenance: Mapping[str, Any] | None = None) -> Network:
        """The network that a chip runs; it computes exactly what the forward pass does.

        Args:
            task: description of the task, kept with the network.
            provenance: origin of the weights, kept with the network.

        Raises:
            DataError: no chip can run this model.
        """
        if not self.config.on_chip:
            raise DataError(f"model {self.config.kind}: no chip can run it; export an AHP network")
        return replace(self.graph(), task=task or {}, provenance=provenance or {})

    def synops(self, read: Tensor, output: Output) -> Tensor:
        """Synaptic operations of the 8-bit network for a batch; 0 if no chip can run the model.

        Args:
            read: a batch in the form that the model reads.
            output: the output of :meth:`forward` for it.

        Returns:
            The exact count, ``float64 ()``.
        """
        if not self.config.on_chip:
            return torch.zeros((), dtype=torch.float64, device=read.device)
        network = self.graph()
        return synops(network, {network.input.name: read, **output.spikes}).sum()

    def read(self, events: Events) -> Tensor:
        """Input spikes as a batch for :meth:`forward`, by default ``float32 (sample, channel, time)``.

        Raises:
            DataError: spikes that the model's encoder never gives.
        """
        return torch.from_numpy(events.to_dense()).transpose(1, 2).float()

    def covering(self, network: Network) -> Events:
        """Samples that reach every synapse of the model's network as far as possible, and that the model can read."""
        return stimuli.covering(network)
