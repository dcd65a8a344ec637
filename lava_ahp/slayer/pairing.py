"""Which sentences of a batch of stories form a pair."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Pairs(NamedTuple):
    """The pairs ``i <= j`` of the sentences of each story, ordered by story, ``i`` and ``j``; ``int64 (pair,)`` each.

    Attributes:
        i: index of the older sentence among all sentences of the batch.
        j: index of the newer sentence, or of the same one.
        story: number of the story.
    """

    i: Tensor
    j: Tensor
    story: Tensor


def pairs_of(offsets: Tensor) -> Pairs:
    """The pairs of every story.

    Args:
        offsets: index of the first sentence of each story, and the number of sentences, ``int64 (story + 1,)``.
    """
    sizes = offsets.diff().tolist()
    within = [torch.triu_indices(size, size, device=offsets.device) for size in sizes]
    counts = torch.tensor([x.shape[1] for x in within], device=offsets.device)
    story = torch.repeat_interleave(torch.arange(len(sizes), device=offsets.device), counts)
    i, j = torch.cat(within, dim=1) + offsets[story]
    return Pairs(i, j, story)
