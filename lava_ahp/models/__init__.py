"""Networks to train, and what they become on the chip.

Nothing is imported before it is asked for: the LSTM needs torch alone, the AHP network lava-dl too.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lava_ahp.models.classifier import AHPClassifier
    from lava_ahp.models.config import LSTMConfig, ModelConfig
    from lava_ahp.models.factory import Classifier, build
    from lava_ahp.models.lowering import chain_to_network, to_network
    from lava_ahp.models.lstm import LSTMClassifier
    from lava_ahp.models.output import Output

__all__ = [
    "AHPClassifier", "Classifier", "LSTMClassifier", "LSTMConfig", "ModelConfig", "Output", "build", "chain_to_network",
    "to_network",
]  # fmt: skip

_MODULES = {
    "AHPClassifier": "classifier", "Classifier": "factory", "LSTMClassifier": "lstm", "LSTMConfig": "config",
    "ModelConfig": "config", "Output": "output", "build": "factory", "chain_to_network": "lowering",
    "to_network": "lowering",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
