"""Networks to train, and what they become on the chip."""

from __future__ import annotations

from lava_ahp.models.classifier import AHPClassifier, Output
from lava_ahp.models.config import ModelConfig
from lava_ahp.models.lowering import lower, to_network

__all__ = ["AHPClassifier", "ModelConfig", "Output", "lower", "to_network"]
