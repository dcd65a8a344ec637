"""Every state of the network of a relational network, computed from its parts by the readable loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lava_ahp.models import stories
from lava_ahp.models.relational_graph import RELAY, RELAY_WEIGHT, SILENCE, SILENCE_EXPONENT, pairs
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.loop import States, delayed, integrate
from lava_ahp.slayer.neuron import Neuron

if TYPE_CHECKING:
    from lava_ahp.models.relational import RelationalNetwork


def states(model: RelationalNetwork, read: Tensor) -> dict[str, States]:
    """States of every population but the input, by name, for stories ``(story, slot + 1, word)``."""
    code, slots = model.code, model.code.sentences
    go = model.go(read.device)
    rows = read.long()
    sentences = model.sentence.states(stories.spikes_of(rows[:, :-1].flatten(0, 1), code, model.steps))
    question = model.question.states(stories.spikes_of(rows[:, -1], code, model.steps))
    relays, question_relay = _relayed(sentences, go), _relayed(question, go)
    found = {f"sentence{k}": _every(sentences, k, slots) for k in range(slots)}
    found["question"] = question
    found |= {f"relay{k}": _every(relays, k, slots) for k in range(slots)}
    found["question_relay"] = question_relay

    of_pairs = list(pairs(slots))
    count = len(rows)
    related = model.g.states(
        _spikes(relays),
        _spikes(question_relay),
        torch.arange(count * slots, device=read.device),
        torch.arange(slots - 1, -1, -1, device=read.device).repeat(count),
        torch.arange(count + 1, device=read.device) * slots,
        go,
        inhibition=_silence(rows, of_pairs, model),
    )
    for name, layer in related.items():
        found |= {f"{name}{i}_{j}": _every(layer, k, len(of_pairs)) for k, (i, j) in enumerate(of_pairs)}
    counts = related[model.g.names[-1]].s
    counts = counts.reshape(count, -1, *counts.shape[1:]).sum(dim=1)
    if model.sums is not None:
        found[model.sums.name] = model.sums.states(counts.transpose(1, 2))
        counts = found[model.sums.name].s
    spikes = model.with_on(counts.transpose(1, 2), go)
    for k, block in enumerate(model.blocks, 1):
        found[f"f{k}"] = block.states(spikes)
        spikes = _spikes(found[f"f{k}"])
    found["readout"] = model.readout.states(spikes)
    return found


def _relayed(encoder: States, go: Tensor) -> States:
    """States of the relays of an encoder."""
    scale = 2**fx.STATE_SHIFT
    neuron = Neuron(threshold=RELAY.threshold / scale, current_decay=1.0, voltage_decay=1.0)
    drive = RELAY_WEIGHT * (encoder.s + go.double()[:, None])
    return integrate(delayed(drive, fx.DELAY_MIN), None, neuron.constants(), neuron.surrogate)


def _silence(rows: Tensor, of_pairs: list[tuple[int, int]], model: RelationalNetwork) -> Tensor:
    """What the channels of empty slots send to the first layer of every pair, ``(story * pair, time)``."""
    absent = (rows[:, :-1, -1] < 0).double()
    sources = torch.stack([absent[:, sorted({i, j})].sum(dim=1) for i, j in of_pairs], dim=1).flatten()
    late = (torch.arange(model.steps, device=rows.device) >= model.start).double()
    weights: Tensor = sources[:, None] * late * (SILENCE * 2**SILENCE_EXPONENT)
    return weights


def _every(found: States, first: int, step: int) -> States:
    """The copies ``first``, ``first + step``, ... of a population."""
    return States(*(x[first::step] for x in found))


def _spikes(found: States) -> Tensor:
    """``float32 (sample, neuron, time)``."""
    return found.s.transpose(1, 2).float()
