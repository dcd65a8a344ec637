"""The model that a configuration asks for."""

from __future__ import annotations

import torch

from lava_ahp.models.classifier import AHPClassifier
from lava_ahp.models.config import LSTMConfig, ModelConfig
from lava_ahp.models.lstm import LSTMClassifier

Classifier = AHPClassifier | LSTMClassifier


def build(
    config: ModelConfig | LSTMConfig, channels: int, classes: int, generator: torch.Generator | None = None
) -> Classifier:
    """The model that a configuration asks for; see the classes for the arguments."""
    if isinstance(config, LSTMConfig):
        return LSTMClassifier(config, channels, classes, generator)
    return AHPClassifier(config, channels, classes, generator)
