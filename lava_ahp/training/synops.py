"""Synaptic operations, the unit in which a spiking network works."""

from __future__ import annotations

import torch
from torch import Tensor

from lava_ahp.models import AHPClassifier, Output


def synops(model: AHPClassifier, spikes: Tensor, output: Output) -> Tensor:
    """Exact count of the synaptic operations of the 8-bit network, as in :class:`lava_ahp.network.trace.Activity`.

    A spike counts, when it happens, once for every synapse of its neuron whose 8-bit weight is not zero.

    Args:
        model: the network.
        spikes: its input, ``(sample, channel, time)``.
        output: what it answered.

    Returns:
        Whole numbers, ``float64 (sample,)``.
    """
    counts = [layer.sum(dim=2).double() for layer in (spikes, *output.spikes)]
    total = counts[0].new_zeros(len(spikes))
    for k, block in enumerate(model.populations.values()):
        weights = block.weights()
        heard = [(counts[k], weights.feedforward)]
        if weights.recurrent is not None:
            heard.append((counts[k + 1], weights.recurrent))
        for count, matrix in heard:
            total += count @ torch.as_tensor((matrix != 0).sum(axis=0), dtype=count.dtype, device=count.device)
    return total
