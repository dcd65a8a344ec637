"""What training, export and profiling need of a model.  Nothing else in the package asks which model it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from lava_ahp.errors import DataError
from lava_ahp.network import Events, Network

if TYPE_CHECKING:
    from lava_ahp.models.config import ModelConfig
    from lava_ahp.slayer.loop import States


class Output(NamedTuple):
    """Output of a model.

    Attributes:
        readout: readout voltages in SLAYER's unit, or scores, ``(sample, class, time)``.
        spikes: of each hidden layer that has any, ``(sample, neuron, time)``.
    """

    readout: Tensor
    spikes: tuple[Tensor, ...]


class Model(torch.nn.Module):
    """A model that the training loop can train.

    A subclass implements :meth:`forward`.  One that a chip can run also implements :meth:`network`, :meth:`states` and
    :meth:`synops`; its network may be any graph, also one whose connections share weights.

    Attributes:
        config: what the model is made of; its class says what the model reads and whether a chip can run it.
        channels: input channels.
        classes: number of readouts.
    """

    def __init__(self, config: ModelConfig, channels: int, classes: int) -> None:
        super().__init__()
        self.config = config
        self.channels = channels
        self.classes = classes

    def forward(self, read: Tensor) -> Output:
        """Output for a batch ``float32 (sample, channel, time)`` of what the model reads."""
        raise NotImplementedError

    def clamp(self) -> None:
        """Bring parameters back into range after a step of the optimiser."""

    def sparse_weights(self) -> Sequence[torch.nn.Parameter]:
        """Weight matrices whose zeros are absent synapses that training may rewire."""
        return ()

    def synops(self, read: Tensor, output: Output) -> Tensor:
        """Synaptic operations that a chip would need for each sample, ``float64 (sample,)``; 0 without a chip.

        Args:
            read: the batch.
            output: what :meth:`forward` gave for it.
        """
        return torch.zeros(len(read), dtype=torch.float64, device=read.device)

    def network(self, *, task: Mapping[str, Any] | None = None, provenance: Mapping[str, Any] | None = None) -> Network:
        """The network that a chip runs; it computes what the forward pass computes.

        Args:
            task: what the model was trained for, kept with the network.
            provenance: how it came to be, kept with the network.

        Raises:
            DataError: no chip can run this model.
        """
        raise DataError(f"model {self.config.kind}: no chip can run it; export an AHP network")

    def read(self, events: Events) -> Tensor:
        """Input spikes of the network as the batch that :meth:`forward` takes."""
        return torch.from_numpy(events.to_dense()).transpose(1, 2).float()

    def states(self, read: Tensor) -> dict[str, States]:
        """Every state of every population of the network but the input, by name, from the readable loop."""
        raise NotImplementedError
