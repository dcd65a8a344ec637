"""The only door to lava-dl: its import without the advertisement that it prints."""

from __future__ import annotations

import contextlib
import io
import warnings

with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lava.lib.dl.slayer.neuron.base import Neuron as BaseNeuron
    from lava.lib.dl.slayer.synapse.layer import Dense as DenseSynapse

__all__ = ["BaseNeuron", "DenseSynapse"]
