"""Synaptic operations, the unit in which a spiking network works."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lava_ahp.models.protocol import Output
from lava_ahp.slayer.block import Readout, Recurrent


def synops(blocks: Sequence[Recurrent | Readout], spikes: Tensor, output: Output) -> Tensor:
    """Exact count of the synaptic operations of the 8-bit network, as in :class:`lava_ahp.Activity`.

    A spike counts, when it happens, once for every synapse of its neuron whose 8-bit weight is not zero.

    Args:
        blocks: the layers, from the first to the readout.
        spikes: its input, ``(sample, channel, time)``.
        output: of the forward pass.

    Returns:
        Whole numbers, ``float64 (sample,)``.
    """
    counts = [layer.sum(dim=2).double() for layer in (spikes, *output.spikes)]
    total = counts[0].new_zeros(len(spikes))
    for k, block in enumerate(blocks):
        weights = block.weights()
        received = [(counts[k], weights.feedforward)]
        if weights.recurrent is not None:
            received.append((counts[k + 1], weights.recurrent))
        for count, matrix in received:
            total += count @ torch.as_tensor((matrix != 0).sum(axis=0), dtype=count.dtype, device=count.device)
    return total
