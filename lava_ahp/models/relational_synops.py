"""Synaptic operations of the network of a relational network, counted from its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.models import stories
from lava_ahp.models.protocol import Output

if TYPE_CHECKING:
    from lava_ahp.models.relational import RelationalNetwork
    from lava_ahp.slayer.block import Recurrent


def synops(model: RelationalNetwork, read: Tensor, output: Output) -> Tensor:
    """Count the synaptic operations of a batch on a chip, where absent sentences and their pairs are present too.

    Args:
        model: the model.
        read: stories ``(story, slot + 1, word)``.
        output: the model's output for them, in which ``g`` and ``f`` are silent before the first ``go`` as on a chip.

    Returns:
        A whole number, ``float64 ()``.
    """
    code, g, f = model.code, model.g.weights(), [block.weights().feedforward for block in model.blocks]
    slots, size = code.sentences, model.config.encoder
    pairs = slots * (slots + 1) // 2
    found = stories.gather(read)
    go_steps, last_steps = code.relay_steps, model.steps - model.start

    total = torch.zeros((), dtype=torch.float64, device=read.device)
    # Copy k is the older sentence of the pairs with k and later slots, and the newer one of those with k and earlier.
    newer = (slots - found.ages).double()[:, None]
    older = (found.ages + 1).double()[:, None]
    onto_g = older * _fan_out(g.sentence_i, total) + newer * _fan_out(g.sentence_j, total)
    total += _encoded(model, model.sentence, found.sentences, found.slots, onto_g)
    onto_g = pairs * _fan_out(g.question, total).expand(len(found.asked), -1)
    total += _encoded(model, model.question, found.questions, found.asked, onto_g)

    # Slot k, of age S - 1 - k, is the older of S - k pairs and the newer of k + 1.
    as_older = torch.arange(1, slots + 1, device=read.device).double()
    of_ages = as_older * _fan_out(g.age_i, total) + as_older.flip(0) * _fan_out(g.age_j, total)
    go = (slots + 1) * size + of_ages.sum()
    on = pairs * _fan_out(g.bias, total).sum() + _fan_out(f[0][:, -1:], total).sum()
    total += len(read) * go_steps * (go + on)
    absent = slots * len(read) - len(found.slots)
    total += absent * last_steps * slots * len(g.bias)

    matrices = [*g.further, f[0][:, :-1], *f[1:], model.readout.weights().feedforward]
    names = [*model.g.names, *(f"f{k}" for k in range(1, len(f) + 1))]
    if model.sums is not None:
        matrices.insert(len(g.further), model.sums.matrix())
        names.insert(len(model.g.names), model.sums.name)
    counts = {**output.counts, **output.passed_on}
    for name, matrix in zip(names, matrices, strict=True):
        total += counts[name].spikes.double() @ _fan_out(matrix, total)
    return total


def _encoded(model: RelationalNetwork, block: Recurrent, words: Tensor, which: Tensor, onto_g: Tensor) -> Tensor:
    """Operations of words, encoders and relays; ``onto_g`` has the synapses of every relay, ``(row, neuron)``."""
    code, weights = model.code, block.weights()
    assert weights.recurrent is not None
    with torch.no_grad():
        spikes = block(stories.spikes_of(words, code, model.steps)).double()
    of_word = torch.nn.functional.pad(_fan_out(weights.feedforward, spikes), (0, 1))[words].sum(dim=1)
    within = spikes.sum(dim=2) @ (_fan_out(weights.recurrent, spikes) + 1)
    relayed = spikes[..., model.start : code.go_steps.stop].sum(dim=2)
    total: Tensor = (code.steps_per_word * of_word + within)[which].sum() + (relayed[which] * onto_g).sum()
    return total


def _fan_out(matrix: npt.NDArray[Any], like: Tensor) -> Tensor:
    """Synapses of every source, ``float64 (source,)``, on the device of another tensor."""
    return torch.as_tensor((matrix != 0).sum(axis=0), dtype=torch.float64, device=like.device)
