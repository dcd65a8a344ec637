"""The LSTM classifier that a spiking network is judged beside: it reads the signal itself, not spikes."""

from __future__ import annotations

import torch
from torch import Tensor

from lava_ahp.models.config import LSTMConfig
from lava_ahp.models.output import Output


class LSTMClassifier(torch.nn.Module):
    """PyTorch's LSTM, on a GPU cuDNN's, and scores of its last state.

    Args:
        config: what it is made of.
        channels: of the signal.
        classes: number of scores.
        generator: source of the first weights, uniform in ``±1 / sqrt(hidden)`` as PyTorch has them.
    """

    def __init__(
        self, config: LSTMConfig, channels: int, classes: int, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self.config = config
        self.channels = channels
        self.classes = classes
        self.cells = torch.nn.LSTM(channels, config.hidden, batch_first=True)
        self.readout = torch.nn.Linear(config.hidden, classes)
        bound = config.hidden**-0.5
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.uniform_(-bound, bound, generator=generator)

    def forward(self, signals: Tensor) -> Output:
        """Scores ``(sample, class, 1)`` after the last step of signals ``(sample, channel, time)``; no spikes."""
        states, _ = self.cells(signals.transpose(1, 2))
        return Output(self.readout(states[:, -1])[..., None], ())

    def clamp(self) -> None:
        """Nothing: float weights have no range."""
