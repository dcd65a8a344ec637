"""An LSTM that reads one value of every channel per step and names the class after the last."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

HIDDEN = 128


class LSTM(nn.Module):
    """``(sample, time, channel)`` to ``(sample, class)``; PyTorch's own LSTM, on a GPU cuDNN's."""

    def __init__(self, classes: int, hidden: int = HIDDEN, channels: int = 1) -> None:
        super().__init__()
        self.cells = nn.LSTM(channels, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, classes)

    def forward(self, signals: torch.Tensor) -> torch.Tensor:
        """Scores of the classes."""
        states, _ = self.cells(signals)
        scores: torch.Tensor = self.readout(states[:, -1])
        return scores


def fit(
    model: LSTM,
    x: torch.Tensor,
    labels: npt.NDArray[np.int64],
    *,
    epochs: int,
    batch: int = 128,
    learning_rate: float = 2e-3,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Train in place: Adam, a cosine of the rate, gradients clipped at 1.

    Args:
        model: on the device on which to train.
        x: ``(sample, time, channel)``.
        labels: ``int64 (sample,)``.
        epochs: passes over the samples.
        batch: samples per step.
        learning_rate: at the start.
        seed: of the order of the samples.
        progress: called with the number of samples just finished.
    """
    device = next(model.parameters()).device
    targets = torch.from_numpy(np.asarray(labels, np.int64))
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * -(-len(x) // batch))
    model.train()
    for _ in range(epochs):
        for index in torch.randperm(len(x), generator=generator).split(batch):
            loss = nn.functional.cross_entropy(model(x[index].to(device)), targets[index].to(device))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            if progress is not None:
                progress(len(index))
    model.eval()


def accuracy(model: LSTM, x: torch.Tensor, labels: npt.NDArray[np.int64], batch: int = 500) -> float:
    """Share of samples whose class is found, ``0..1``."""
    device = next(model.parameters()).device
    model.eval()
    with torch.inference_mode():
        found = torch.cat([model(part.to(device)).argmax(1).cpu() for part in x.split(batch)])
    return float((found.numpy() == labels).mean())
