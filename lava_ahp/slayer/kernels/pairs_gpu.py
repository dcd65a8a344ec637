"""The kernel of the pair layers on a GPU: torch computes what arrives from sentences, and Triton runs the pairs.

What arrives at the first layer has two parts, one from each sentence of a pair; each is computed once per sentence.
They are kept for the backward pass: 8 bytes per sentence, step and neuron, and nothing that grows with the number of
pairs.  The backward pass takes pairs in chunks, computes their voltages again, and adds up gradients per sentence.

Products of spikes and weights are exact even if the device rounds their operands to ``bfloat16`` or TF32, as in
:mod:`_chunk`.  Spikes are added up as integers, and gradients in a fixed order, so results repeat exactly on a device.

The kernel has run in Triton's interpreter, and Triton compiles it for GPUs.  It has not run on a GPU yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor
from torch.nn.functional import pad

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.kernels import _pair_triton, gpu
from lava_ahp.slayer.kernels._chunk import _OPERAND, MAX_SOURCES, ROWS, _shared_memory, _size
from lava_ahp.slayer.loop import Constants, delayed
from lava_ahp.slayer.pairing import Pairs, pairs_of
from lava_ahp.slayer.surrogate import Triangular

#: Neurons of the largest layer that a program takes.
MAX_NEURONS = 256

#: Pairs times layers times steps times neurons of a chunk of the backward pass; it has at least one tile of pairs.
CHUNK_SIZE = 2**24


class Plan(NamedTuple):
    """What the autograd function takes and has no gradient.

    Attributes:
        pairs: the pairs of all stories.
        stories: number of stories.
        constants: of the neurons, ``int32 (layer, 6, neuron)``, as :func:`_pair_triton.forward` takes them.
        factors: ``float32 (layer, 5, neuron)``, as :func:`_pair_triton.backward` takes them.
    """

    pairs: Pairs
    stories: int
    constants: Tensor
    factors: Tensor


class PairSequence(torch.autograd.Function):
    """All layers on all pairs, over a whole sequence; all layers have the same number of neurons, padded with zeros.

    Inputs:

    - ``plan``: a :class:`Plan`;
    - ``left`` and ``right``: what arrives at the first layer from each sentence as sentence i and as sentence j, whole
      numbers ``float32 (sentence, time, neuron)``;
    - ``weights``: from each layer onto the next, ``float32 (layer - 1, target, source)``.

    The outputs are the spikes of the last layer summed over pairs, ``float32 (story, time, neuron)``, and the spikes
    summed over pairs and steps, ``float32 (layer, neuron)``.
    """

    @staticmethod
    def forward(ctx: Any, plan: Plan, left: Tensor, right: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Both sums of spikes."""
        layers, _, size = plan.constants.shape
        counts = left.new_zeros(plan.stories, left.shape[1], size, dtype=torch.int32)
        total = left.new_zeros(layers, size, dtype=torch.int64)
        _forward(plan, plan.pairs, left, right, weights, counts=counts, total=total)
        ctx.plan = plan
        ctx.save_for_backward(left, right, weights)
        ctx.set_materialize_grads(False)
        return counts.float(), total.float()

    @staticmethod
    def backward(ctx: Any, grad_counts: Tensor | None, grad_total: Tensor | None) -> tuple[Tensor | None, ...]:
        """Gradients of the inputs, in their order."""
        plan: Plan = ctx.plan
        left, right, weights = ctx.saved_tensors
        (layers, _, size), steps = plan.constants.shape, left.shape[1]
        above = (
            left.new_zeros(plan.stories, steps, size) if grad_counts is None else grad_counts.float().contiguous(),
            left.new_zeros(layers, size) if grad_total is None else grad_total.float().contiguous(),
        )
        grad_left, grad_right, grad_weights = map(torch.zeros_like, (left, right, weights))
        downwards = weights.to(torch.bfloat16).contiguous()
        with torch.autocast(left.device.type, enabled=False):
            for pairs in _chunks(plan.pairs, layers * steps * size):
                voltages = left.new_empty(layers, len(pairs.i), steps, size, dtype=torch.int32)
                _forward(plan, pairs, left, right, weights, voltages=voltages)
                grad = torch.empty_like(voltages, dtype=torch.float32)
                arrays = *above, pairs.story, voltages, downwards, plan.constants, plan.factors, grad
                _launch(_pair_triton.backward, arrays, grad.shape)
                # These sort the indices, so that their sums have a fixed order.
                grad_left.index_put_((pairs.i,), grad[0], accumulate=True)
                grad_right.index_put_((pairs.j,), grad[0], accumulate=True)
                fired = (voltages > plan.constants[:, 0, None, None]).float()
                targets, sources = grad[1:, :, 1:].flatten(1, 2), fired[:-1, :, :-1].flatten(1, 2)
                grad_weights.baddbmm_(targets.transpose(1, 2), sources)
        return None, grad_left, grad_right, grad_weights


def fits(device: torch.device, sizes: Sequence[int], sources: int) -> bool:
    """Whether a program of the kernel can hold layers of these sizes.

    Args:
        device: the GPU.
        sizes: neurons of each layer.
        sources: synapses of a neuron of the first layer over which spikes may arrive in one step.
    """
    size = _size(max(sizes))
    return size <= MAX_NEURONS and sources <= MAX_SOURCES and _shared_by(len(sizes), size) <= _shared_memory(device)


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
    """Run all layers on all pairs; :func:`fits` tells which layers are allowed.

    Arguments and results are those of :func:`lava_ahp.slayer.kernels.pairs.run`.

    Raises:
        DataError: spikes other than 0 and 1.
    """
    for spikes in (sentences, question):
        gpu._check(spikes, None, None)
    sizes = [len(w) for w in weights[5:]]
    size = _size(max(sizes))
    tables = [
        gpu._neuron_constants(tuple(x.expand(n) for x in of_layer))
        for of_layer, n in zip(constants, sizes, strict=True)
    ]
    factors = [gpu._backward_factors(table, surrogate) for table, surrogate in zip(tables, surrogates, strict=True)]
    plan = Plan(
        pairs_of(offsets),
        len(question),
        torch.stack([_padded(x, columns=size) for x in tables]),
        torch.stack([_padded(x, columns=size) for x in factors]),
    )
    # Autocast would round the sums.
    with torch.autocast(sentences.device.type, enabled=False):
        of_i, of_j, of_question, of_age_i, of_age_j, bias = (_padded(w.float(), rows=size).T for w in weights[:6])
        x, q = (spikes.float().transpose(1, 2) for spikes in (sentences, question))
        asked = (q @ of_question)[torch.arange(len(q), device=q.device).repeat_interleave(offsets.diff())]
        left = _arriving((x @ of_i)[slots] + asked, of_age_i[ages] + bias, go)
        right = _arriving((x @ of_j)[slots], of_age_j[ages], go)
        further = [_padded(w.float(), rows=size, columns=size) for w in weights[6:]]
        between = torch.stack(further) if further else left.new_zeros(0, size, size)
        counts, total = PairSequence.apply(plan, left, right, between)
    return counts[..., : sizes[-1]].transpose(1, 2), [x[:n] for x, n in zip(total, sizes, strict=True)]


def _arriving(relayed: Tensor, constant: Tensor, go: Tensor) -> Tensor:
    """What arrives in each step, ``(sentence, time, neuron)``, from what spikes relay, which may end earlier."""
    sent = pad(relayed, (0, 0, 0, len(go) - relayed.shape[1])) + go.float()[:, None] * constant[:, None]
    return delayed(sent, fx.DELAY_MIN).contiguous()


def _padded(x: Tensor, *, rows: int | None = None, columns: int | None = None) -> Tensor:
    """A matrix with zeros after its rows and columns; None for as many as there are."""
    missing = [0 if size is None else size - found for size, found in zip((columns, rows), x.shape[::-1], strict=True)]
    return pad(x, (0, missing[0], 0, missing[1]))


def _chunks(pairs: Pairs, elements: int) -> Iterator[Pairs]:
    """The pairs in chunks, for a number of elements per pair."""
    length = max(CHUNK_SIZE // elements, ROWS)
    for begin in range(0, len(pairs.i), length):
        yield Pairs(*(x[begin : begin + length] for x in pairs))


def _forward(
    plan: Plan,
    pairs: Pairs,
    left: Tensor,
    right: Tensor,
    weights: Tensor,
    *,
    counts: Tensor | None = None,
    total: Tensor | None = None,
    voltages: Tensor | None = None,
) -> None:
    """Run some of the pairs; the arrays are those of :func:`_pair_triton.forward`."""
    upwards = weights.transpose(1, 2).to(torch.bfloat16).contiguous()
    arrays = left, right, *pairs, upwards, plan.constants, counts, total, voltages
    layers, _, size = plan.constants.shape
    _launch(_pair_triton.forward, arrays, (layers, len(pairs.i), left.shape[1], size))


def _launch(kernel: Any, arrays: tuple[Tensor | None, ...], shape: Sequence[int]) -> None:
    """Launch a kernel for a shape ``(layer, pair, time, neuron)``."""
    layers, pairs, steps, size = shape
    if pairs == 0:
        return
    device = next(x.device for x in arrays if x is not None)
    with torch.cuda.device(device if device.type == "cuda" else -1):
        kernel[(triton.cdiv(pairs, ROWS),)](
            *arrays, pairs, steps, layers, _OPERAND, ROWS, size, num_warps=max(size // 16, 1), num_stages=1
        )


def _shared_by(layers: int, size: int) -> int:
    """Bytes of shared memory: the weights, 2 bytes each, and a tile of gradients as three 2-byte values each."""
    return 2 * (layers - 1) * size * size + 6 * ROWS * size
