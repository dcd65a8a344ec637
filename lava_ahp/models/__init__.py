"""Models, and their conversion to networks for the chip.  Names are imported when they are first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lava_ahp.models.base_config import ModelConfig
    from lava_ahp.models.chains import to_network
    from lava_ahp.models.classifier import AHPClassifier
    from lava_ahp.models.config import AHPConfig, LSTMConfig
    from lava_ahp.models.lstm import LSTMClassifier
    from lava_ahp.models.lstm_relational import LSTMRelationalNetwork
    from lava_ahp.models.protocol import Count, Model, Output
    from lava_ahp.models.relational import RelationalNetwork
    from lava_ahp.models.relational_config import LSTMRelationalConfig, RelationalConfig

__all__ = [
    "AHPClassifier",
    "AHPConfig",
    "Count",
    "LSTMClassifier",
    "LSTMConfig",
    "LSTMRelationalConfig",
    "LSTMRelationalNetwork",
    "Model",
    "ModelConfig",
    "Output",
    "RelationalConfig",
    "RelationalNetwork",
    "to_network",
]

_MODULES = {
    "AHPClassifier": "classifier",
    "AHPConfig": "config",
    "Count": "protocol",
    "LSTMClassifier": "lstm",
    "LSTMConfig": "config",
    "LSTMRelationalConfig": "relational_config",
    "LSTMRelationalNetwork": "lstm_relational",
    "Model": "protocol",
    "ModelConfig": "base_config",
    "Output": "protocol",
    "RelationalConfig": "relational_config",
    "RelationalNetwork": "relational",
    "to_network": "chains",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
