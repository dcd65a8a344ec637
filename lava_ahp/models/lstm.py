"""The LSTM classifier for comparison; it reads the signal instead of spikes."""

from __future__ import annotations

import torch
from torch import Tensor

from lava_ahp.models.config import LSTMConfig
from lava_ahp.models.protocol import Model, Output


class LSTMClassifier(Model):
    """PyTorch's LSTM (cuDNN on a GPU) and a linear layer on its last state, or on every one.

    Args:
        config: settings of the model.
        channels: number of channels of the signal.
        classes: number of scores.
        generator: random generator for the initial weights, uniform in ``±1 / sqrt(hidden)`` as in PyTorch.
    """

    config: LSTMConfig

    def __init__(
        self, config: LSTMConfig, channels: int, classes: int, generator: torch.Generator | None = None
    ) -> None:
        super().__init__(config, channels, classes)
        self.cells = torch.nn.LSTM(channels, config.hidden, batch_first=True)
        self.readout = torch.nn.Linear(config.hidden, classes)
        bound = config.hidden**-0.5
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.uniform_(-bound, bound, generator=generator)

    def forward(self, read: Tensor) -> Output:
        """Scores after the last step of signals ``(sample, channel, time)``, without spikes.

        Steps after the end of a shorter sample are NaN; its last state is the one before them.

        Returns:
            Scores ``(sample, class, 1)``, or of every step ``(sample, class, time)``: then all samples end in the last
            step, and what comes before the first step of a shorter one means nothing.
        """
        last = (~read[:, 0].isnan()).sum(dim=1) - 1
        states, _ = self.cells(read.nan_to_num().transpose(1, 2))
        sample = torch.arange(len(read), device=read.device)
        if not self.config.every_step:
            return Output(self.readout(states[sample, last])[..., None], {})
        steps = torch.arange(read.shape[2], device=read.device) - (read.shape[2] - 1 - last)[:, None]
        return Output(self.readout(states[sample[:, None], steps.clamp_min(0)]).transpose(1, 2), {})
