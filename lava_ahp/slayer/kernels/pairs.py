"""The kernel of the pair layers on the CPU: an autograd function in which every thread takes groups of stories.

Kept for the backward pass are the input spikes as lists and the drives of distinct sentences and questions: nothing
that grows with the number of pairs.  Sums have a fixed order, so no result depends on the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import pad

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.kernels import _events, _inputs, _pair_backward, _pair_loops, _product, cpu
from lava_ahp.slayer.kernels._arrays import NeuronConstants
from lava_ahp.slayer.kernels._pair_arrays import AgeWeights, PairBatch, PairFactors, PairGradients
from lava_ahp.slayer.kernels._vectors import SHORTS
from lava_ahp.slayer.loop import Constants
from lava_ahp.slayer.surrogate import Triangular

#: Largest number of groups of stories and of sentences; each has its own sums.
GROUPS = 8


class Plan(NamedTuple):
    """What the kernel takes and has no gradient; see :class:`lava_ahp.slayer.pairs.PairLayers`.

    Attributes:
        slots: ``int64 (present,)``.
        ages: ``int64 (present,)``.
        offsets: ``int64 (story + 1,)``.
        go: zeros and ones, ``(time,)``.
        constants: constants of each layer.
        surrogates: surrogate of each layer.
    """

    slots: Tensor
    ages: Tensor
    offsets: Tensor
    go: Tensor
    constants: Sequence[Constants]
    surrogates: Sequence[Triangular]


def run(
    sentences: Tensor,
    question: Tensor,
    slots: Tensor,
    ages: Tensor,
    offsets: Tensor,
    go: Tensor,
    constants: Sequence[Constants],
    surrogates: Sequence[Triangular],
    weights: Sequence[Tensor],
) -> tuple[Tensor, list[Tensor]]:
    """Run layers of any size on all pairs; they are filled up with neurons that have no weights.

    Args:
        sentences: as :meth:`lava_ahp.slayer.pairs.PairLayers.forward` takes them, like all arguments up to ``go``.
        question: spikes of the questions.
        slots: distinct sentence of each sentence.
        ages: age of each sentence.
        offsets: first sentence of each story.
        go: the steps that drive ages and biases.
        constants: constants of each layer.
        surrogates: surrogate of each layer.
        weights: those of :class:`lava_ahp.slayer.pairs.PairWeights`, ``(target, source)`` each, in one row.

    Returns:
        The spikes of the last layer summed over pairs, ``float32 (story, neuron, time)``, and those of the neurons of
        each layer summed over pairs and steps, ``float32 (neuron,)``.
    """
    if sentences.shape[-1] < len(go):
        # What spikes in the last step given arrives in the next one.
        sentences, question = (pad(x, (0, fx.DELAY_MIN)) for x in (sentences, question))
    sizes = [len(w) for w in weights[5:]]
    more = [-size % SHORTS for size in sizes]
    filled = list(weights)
    if any(more):
        filled[:6] = [pad(w, (0, 0, 0, more[0])) for w in weights[:6]]
        for k, (source, target) in enumerate(pairwise(more), 6):
            filled[k] = pad(weights[k], (0, source, 0, target))
    each_neuron = [Constants(*(x.expand(n) for x in c)) for c, n in zip(constants, sizes, strict=True)]
    plan = Plan(slots, ages, offsets, go, each_neuron, surrogates)
    counts, total = PairSequence.apply(plan, sentences, question, *filled)
    each = total.split([size + extra for size, extra in zip(sizes, more, strict=True)])
    return counts[:, : sizes[-1]], [x[:size] for x, size in zip(each, sizes, strict=True)]


class PairSequence(torch.autograd.Function):
    """All layers on all pairs, over a whole sequence; layers have multiples of 64 neurons.

    Inputs:

    - ``plan``: a :class:`Plan`;
    - ``sentences``: spikes of distinct sentences, zeros and ones, ``(distinct, source, time)``;
    - ``question``: spikes of questions, zeros and ones, ``(story, source, time)``; both have at most as many steps as
      ``plan.go``;
    - ``weights``: those of :class:`lava_ahp.slayer.pairs.PairWeights`, ``(target, source)`` each, in one row.

    The outputs are the spikes of the last layer summed over pairs, ``float32 (story, neuron, time)``, and the spikes of
    all neurons, layer after layer, summed over pairs and steps, ``float32 (neuron,)``.
    """

    @staticmethod
    def forward(ctx: Any, plan: Plan, sentences: Tensor, question: Tensor, *weights: Tensor) -> tuple[Tensor, Tensor]:
        """Both sums of spikes."""
        layers = _layers(plan, weights)
        of_sentences = _relayed(sentences, np.concatenate([_rows(weights[0]), _rows(weights[1])], axis=1))
        of_question = _relayed(question, _rows(weights[2]))
        batch = PairBatch(
            of_sentences.drive,
            of_question.drive,
            plan.go.to(torch.int32).contiguous().numpy(),
            *(x.contiguous().numpy() for x in (plan.slots, plan.ages, plan.offsets)),
        )
        shape = len(question), len(plan.go), len(weights[-1])
        out = _inputs.empty(shape, np.float32)
        groups = cpu._groups(shape[0], _work(batch, layers), GROUPS)
        total = np.zeros((groups, layers.bounds[-1]), np.int64)

        def run(g: int, first: int, last: int) -> None:
            _pair_loops.forward(
                layers.constants, layers.bounds, layers.weights, layers.ages, batch, first, last, out, total[g]
            )

        cpu._in_groups(run, shape[0], groups)
        ctx.kept = plan, layers, batch, of_sentences.events, of_question.events
        ctx.save_for_backward(*weights[:3], *weights[6:])
        ctx.set_materialize_grads(False)
        return torch.from_numpy(out).transpose(1, 2), torch.from_numpy(total.sum(axis=0)).float()

    @staticmethod
    def backward(ctx: Any, grad_counts: Tensor | None, grad_total: Tensor | None) -> tuple[Tensor | None, ...]:
        """Gradients of the inputs, in their order."""
        plan, layers, batch, sentence_events, question_events = ctx.kept
        of_i, of_j, of_question, *further = (w.detach().float().numpy() for w in ctx.saved_tensors)
        stories, steps, neurons = len(batch.offsets) - 1, len(batch.go), layers.bounds[-1]
        last = neurons - layers.bounds[-2]
        counts = np.zeros((stories, steps, last), np.float32)
        if grad_counts is not None:
            counts = cpu._time_major(grad_counts).float().numpy()
        total = np.zeros(neurons, np.float32) if grad_total is None else grad_total.float().contiguous().numpy()
        factors, gain = _factors(plan, layers, further), layers.constants.gain.astype(np.float32)
        size = layers.bounds[1]
        groups = cpu._groups(stories, _work(batch, layers), GROUPS)
        grad_weights = _inputs.empty((groups, len(layers.weights)), np.float32)
        grad_ages = np.zeros((groups, 2, *layers.ages.i.shape), np.float32)
        grad_slots = _inputs.empty((len(batch.slots), batch.sentences.shape[1], 2 * size), np.float32)
        grad_question = _inputs.empty(batch.question.shape, np.float32)

        def run(g: int, first: int, last: int) -> None:
            grad_weights[g] = 0
            gradients = PairGradients(grad_weights[g], grad_ages[g, 0], grad_ages[g, 1], grad_slots, grad_question)
            _pair_backward.backward(
                layers.constants, factors, layers.bounds, layers.weights, layers.ages, batch, first, last, counts,
                total, gradients,
            )  # fmt: skip

        cpu._in_groups(run, stories, groups)
        first_gain = gain[:size]
        both = np.concatenate([first_gain, first_gain])[:, None]
        sentence_rows, grad_sentences = _back_to_spikes(
            sentence_events, both * np.concatenate([of_i, of_j]), batch.slots, grad_slots, ctx.needs_input_grad[1]
        )
        question_rows, grad_questions = _back_to_spikes(
            question_events, first_gain[:, None] * of_question, np.arange(stories), grad_question,
            ctx.needs_input_grad[2],
        )  # fmt: skip
        ages = first_gain[:, None] * grad_ages.sum(axis=0).transpose(0, 2, 1)
        targets_first = both * sentence_rows.T
        gradients = [
            targets_first[:size],
            targets_first[size:],
            first_gain[:, None] * question_rows.T,
            *ages,
            ages[0].sum(axis=1, keepdims=True),
            *_split(grad_weights.sum(axis=0), gain, layers.bounds),
        ]
        return None, grad_sentences, grad_questions, *map(torch.from_numpy, gradients)


class _Layers(NamedTuple):
    constants: NeuronConstants
    bounds: npt.NDArray[np.int64]
    weights: npt.NDArray[np.int16]
    ages: AgeWeights


class _Relayed(NamedTuple):
    events: list[_events.Events]
    drive: npt.NDArray[np.int32]


def _layers(plan: Plan, weights: tuple[Tensor, ...]) -> _Layers:
    age_i, age_j, bias, *further = weights[3:]
    sizes = [len(bias), *(len(w) for w in further)]
    bounds = np.cumsum([0, *sizes])
    flat = [np.zeros(0, np.int16), *(_rows(w).ravel() for w in further)]
    return _Layers(
        _inputs.neuron_constants(plan.constants, bounds.tolist()),
        bounds,
        _inputs.aligned(np.concatenate(flat), np.int16),
        AgeWeights(*(_rows(x).astype(np.int32) for x in (age_i, age_j, bias))),
    )


def _rows(weight: Tensor) -> npt.NDArray[Any]:
    return _inputs.rows(weight, len(weight))


def _relayed(spikes: Tensor, rows: npt.NDArray[np.int32]) -> _Relayed:
    """Spikes as lists, and the sums of the weights ``(source, target)`` of those that arrive."""
    dense, time_major = cpu._dense(spikes)
    samples, _, steps = spikes.shape
    drive = _inputs.empty((samples, steps, rows.shape[1]), np.int32)

    def run(_: int, first: int, last: int) -> _events.Events:
        events = _events.extract(dense, time_major, first, last, fx.DELAY_MIN)
        _pair_loops.relay(events, rows, drive[first:last])
        return events

    groups = cpu._groups(samples, samples * steps * sum(rows.shape), GROUPS)
    return _Relayed(cpu._in_groups(run, samples, groups), drive)


def _factors(plan: Plan, layers: _Layers, further: list[npt.NDArray[np.float32]]) -> PairFactors:
    one = np.float32(fx.DECAY_ONE)
    c, bounds = layers.constants, layers.bounds
    gains = [c.gain[lo:hi, None].astype(np.float32) for lo, hi in pairwise(bounds[1:])]
    flat = [
        np.zeros(0, np.float32),
        *(_product.panels(gain * w).ravel() for gain, w in zip(gains, further, strict=True)),
    ]
    triangles = [
        _inputs.triangle(c.threshold[lo:hi], surrogate)
        for lo, hi, surrogate in zip(bounds[:-1], bounds[1:], plan.surrogates, strict=True)
    ]
    numbers = [np.concatenate(flat), c.current_factor / one, c.voltage_factor / one]
    numbers += [np.concatenate(x) for x in zip(*triangles, strict=True)]
    return PairFactors(*(_inputs.aligned(x, np.float32) for x in numbers))


def _back_to_spikes(
    events: list[_events.Events],
    weights: npt.NDArray[np.float32],
    used: npt.NDArray[np.int64],
    gradients: npt.NDArray[np.float32],
    needed: bool,
) -> tuple[npt.NDArray[np.float32], Tensor | None]:
    """Gradients of the weights ``(source, target)`` and of the spikes ``(sample, source, time)`` of :func:`_relayed`.

    Args:
        events: of every group of samples.
        weights: ``(target, source)``.
        used: the sample of every use.
        gradients: of every use, ``(use, time, target)``.
        needed: whether the gradient of the spikes is needed.
    """
    samples = sum(len(group.offsets) for group in events)
    order = np.argsort(used, kind="stable")
    starts = np.searchsorted(used[order], np.arange(samples + 1))
    rows = np.zeros((len(events), *weights.T.shape), np.float32)
    steps, sources = gradients.shape[1], weights.shape[1]
    matrix = _inputs.aligned(_product.panels(weights), np.float32)
    shape = samples, _product.padded(steps, _product.TILE), len(matrix) * _product.PANEL
    spikes = _inputs.empty(shape if needed else (0, 0, 0), np.float32)

    def run(g: int, first: int, _last: int) -> None:
        _pair_backward.backward_relay(events[g], matrix, order, starts, gradients, first, rows[g], spikes)

    cpu._in_groups(run, samples, len(events))
    grad_spikes = torch.from_numpy(spikes[:, :steps, :sources]).transpose(1, 2) if needed else None
    return rows.sum(axis=0), grad_spikes


def _split(
    flat: npt.NDArray[np.float32], gain: npt.NDArray[np.float32], bounds: npt.NDArray[np.int64]
) -> list[npt.NDArray[np.float32]]:
    """Gradients of the weights ``(target, source)`` of all layers but the first."""
    found, start = [], 0
    for below, lo, hi in zip(bounds[:-2], bounds[1:-1], bounds[2:], strict=True):
        end = start + (lo - below) * (hi - lo)
        found.append(gain[lo:hi, None] * flat[start:end].reshape(lo - below, hi - lo).T)
        start = end
    return found


def _work(batch: PairBatch, layers: _Layers) -> int:
    """Pairs times steps times neurons."""
    sizes = np.diff(batch.offsets)
    return int((sizes * (sizes + 1) // 2).sum()) * len(batch.go) * int(layers.bounds[-1])
