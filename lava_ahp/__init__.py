"""Recurrent spiking networks with AHP neurons, from training to Loihi, to the last bit.

Importing this package imports nothing else: every name below is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lava_ahp.errors import BackendUnavailable, DataError, LavaAHPError, NetFormatError, SpecError
    from lava_ahp.formats.lsnn import import_lsnn
    from lava_ahp.network import Activity, Connection, Events, Golden, Network, Neuron, Population, Trace, Weights
    from lava_ahp.netx import read, read_golden, write
    from lava_ahp.proof import verify
    from lava_ahp.workflow.answer import Answer
    from lava_ahp.workflow.asking import ask
    from lava_ahp.workflow.bundling import Bundle, bundle
    from lava_ahp.workflow.deployment import Deployment, deploy
    from lava_ahp.workflow.estimators import Classifier, Regressor
    from lava_ahp.workflow.evaluation import Evaluation, evaluate
    from lava_ahp.workflow.exporting import export
    from lava_ahp.workflow.inspection import LimitReport, check_limits
    from lava_ahp.workflow.installation import doctor
    from lava_ahp.workflow.lowering import lower
    from lava_ahp.workflow.lowering_result import Lowering
    from lava_ahp.workflow.lstm_baseline import LSTMBaseline
    from lava_ahp.workflow.nir import NirImport, export_nir, import_nir
    from lava_ahp.workflow.profiling import Profile, profile
    from lava_ahp.workflow.runs import Run
    from lava_ahp.workflow.simulating import simulate
    from lava_ahp.workflow.sweep_result import Sweep
    from lava_ahp.workflow.sweeping import sweep
    from lava_ahp.workflow.training_run import train
    from lava_ahp.workflow.vectors import write_vectors

__version__ = "0.1.0"

__all__ = [
    "Activity",
    "Answer",
    "BackendUnavailable",
    "Bundle",
    "Classifier",
    "Connection",
    "DataError",
    "Deployment",
    "Evaluation",
    "Events",
    "Golden",
    "LSTMBaseline",
    "LavaAHPError",
    "LimitReport",
    "Lowering",
    "NetFormatError",
    "Network",
    "Neuron",
    "NirImport",
    "Population",
    "Profile",
    "Regressor",
    "Run",
    "SpecError",
    "Sweep",
    "Trace",
    "Weights",
    "ask",
    "bundle",
    "check_limits",
    "deploy",
    "doctor",
    "evaluate",
    "export",
    "export_nir",
    "import_lsnn",
    "import_nir",
    "lower",
    "profile",
    "read",
    "read_golden",
    "simulate",
    "sweep",
    "train",
    "verify",
    "write",
    "write_vectors",
]

#: By module, the public names that it holds.
_NAMES = {
    "lava_ahp.errors": ("BackendUnavailable", "DataError", "LavaAHPError", "NetFormatError", "SpecError"),
    "lava_ahp.formats.lsnn": ("import_lsnn",),
    "lava_ahp.netx": ("read", "read_golden", "write"),
    "lava_ahp.network": (
        "Activity",
        "Connection",
        "Events",
        "Golden",
        "Network",
        "Neuron",
        "Population",
        "Trace",
        "Weights",
    ),
    "lava_ahp.proof": ("verify",),
    "lava_ahp.workflow.answer": ("Answer",),
    "lava_ahp.workflow.asking": ("ask",),
    "lava_ahp.workflow.bundling": ("Bundle", "bundle"),
    "lava_ahp.workflow.deployment": ("Deployment", "deploy"),
    "lava_ahp.workflow.inspection": ("LimitReport", "check_limits"),
    "lava_ahp.workflow.installation": ("doctor",),
    "lava_ahp.workflow.estimators": ("Classifier", "Regressor"),
    "lava_ahp.workflow.evaluation": ("Evaluation", "evaluate"),
    "lava_ahp.workflow.exporting": ("export",),
    "lava_ahp.workflow.lowering": ("lower",),
    "lava_ahp.workflow.lowering_result": ("Lowering",),
    "lava_ahp.workflow.lstm_baseline": ("LSTMBaseline",),
    "lava_ahp.workflow.nir": ("NirImport", "export_nir", "import_nir"),
    "lava_ahp.workflow.profiling": ("Profile", "profile"),
    "lava_ahp.workflow.runs": ("Run",),
    "lava_ahp.workflow.simulating": ("simulate",),
    "lava_ahp.workflow.sweep_result": ("Sweep",),
    "lava_ahp.workflow.sweeping": ("sweep",),
    "lava_ahp.workflow.training_run": ("train",),
    "lava_ahp.workflow.vectors": ("write_vectors",),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
