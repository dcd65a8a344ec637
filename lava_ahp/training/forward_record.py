"""Records of the training forward pass, which network files carry as their proof."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from lava_ahp.dynamics import last_steps
from lava_ahp.models import Model
from lava_ahp.network import Events, Golden, Trace

#: SLAYER's voltage of 1.0 in units of the state.
_STATE_SCALE = 4096


def golden(model: Model, events: Events, labels: npt.NDArray[np.int64] | None = None) -> Golden:
    """Run samples through the training forward pass and record the result.

    Args:
        model: trained or not.
        events: input spikes; samples may differ in length.
        labels: ``int64 (sample,)``, kept with the record.

    Returns:
        A record with the readout of every step, and rasters and checksums of the states of every population but the
        input.  Rasters of hidden layers and the readout come from the compiled forward pass, as in training.  That
        pass keeps no states, so their checksums come from the readable loop.
    """
    device = next(model.parameters()).device
    with torch.no_grad():
        spikes = model.read(events).to(device)
        output, states = model(spikes), model.states(spikes)
    length = int(events.steps.max())
    running = np.arange(length)[None, :, None] < events.steps[:, None, None]

    def kept(x: torch.Tensor, dtype: Any) -> Any:
        return np.where(running, x.cpu().numpy(), 0).astype(dtype)

    rasters = {name: kept(found.s, bool) for name, found in states.items()}
    for name, layer in output.spikes.items():
        rasters[name] = kept(layer.transpose(1, 2), bool)
    voltage = (output.readout.double() * _STATE_SCALE).transpose(1, 2)
    trace = Trace(
        steps=events.steps,
        readout=last_steps(kept(voltage, np.int32), events.steps, length),
        counts={name: raster.sum(axis=1, dtype=np.int32) for name, raster in rasters.items()},
        spikes=rasters,
        states={name: {key: kept(getattr(found, key), np.int32) for key in "uav"} for name, found in states.items()},
    )
    return Golden(events, trace, labels=labels).summed()
