"""lava-dl's base classes, imported without the notices that lava-dl prints and logs."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings

# lava-dl loads torch's extension builder, which logs that it found no CUDA.
_extensions = logging.getLogger("torch.utils.cpp_extension")
_level = _extensions.level
_extensions.setLevel(logging.ERROR)
with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lava.lib.dl.slayer.neuron.base import Neuron as BaseNeuron
    from lava.lib.dl.slayer.synapse.layer import Dense as DenseSynapse
_extensions.setLevel(_level)

__all__ = ["BaseNeuron", "DenseSynapse"]
