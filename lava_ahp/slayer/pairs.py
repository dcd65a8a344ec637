"""Layers of LIF neurons on every pair of sentences of a story, and the sum of their spikes over the pairs.

This is g of a relational network.  The first layer reads sentence i, sentence j and the question, and synapses that say
how old the two sentences are; every further layer reads the one before.  All pairs share the weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lava_ahp.errors import DataError, SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer._base import DenseSynapse
from lava_ahp.slayer.kernels import pair_kernel_for
from lava_ahp.slayer.loop import States, delayed, integrate
from lava_ahp.slayer.neuron import Neuron
from lava_ahp.slayer.pairing import pairs_of
from lava_ahp.slayer.surrogate import Triangular
from lava_ahp.slayer.weights import clip_weights, draw_weights, int64, whole_weights

#: Names of the layers, in order.
LAYERS = ("first", "second", "third", "fourth")

_NEURON_PARAMS = ("threshold", "current_decay", "voltage_decay", "input_exponent", "surrogate")


class PairOutput(NamedTuple):
    """Output of the pair layers; gradients pass through both.

    Attributes:
        counts: spikes of the last layer, summed over the pairs of each story, whole numbers
            ``float32 (story, neuron, time)``.
        spikes: spikes of every layer by name, summed over pairs and steps, whole numbers ``float32 (neuron,)``.
    """

    counts: Tensor
    spikes: dict[str, Tensor]


class PairWeights(NamedTuple):
    """Synapses in units of the chip, ``int64 (target, source)``; ``further`` holds those of the second layer onwards.

    The sources of ``age_i`` and ``age_j`` are the ages, and ``bias`` has one source.
    """

    sentence_i: npt.NDArray[np.int64]
    sentence_j: npt.NDArray[np.int64]
    question: npt.NDArray[np.int64]
    age_i: npt.NDArray[np.int64]
    age_j: npt.NDArray[np.int64]
    bias: npt.NDArray[np.int64]
    further: tuple[npt.NDArray[np.int64], ...]


class PairLayers(torch.nn.Module):
    """LIF neurons on every pair ``i <= j`` of the sentences of a story, and the sum of their spikes over the pairs.

    The drive of the first layer in step ``t + 1`` is ``A s_i[t] + B s_j[t] + Q q[t] + go[t] (age_i + age_j + bias)``,
    where ``s`` and ``q`` are spikes of sentences and question, and ``age_i`` and ``age_j`` are weights chosen by the
    ages of the two sentences.  All weights have 8 bits, as in :mod:`lava_ahp.slayer.block`.

    Initial weights are normal.  Gains give their standard deviation in multiples of the mean threshold: for spikes of
    all sources of a sentence, a question or a layer at once, and for a single age.  Biases start at zero.

    Args:
        neuron_params: threshold, decays, input exponent and surrogate as :class:`lava_ahp.slayer.neuron.Neuron` takes
            them, for all layers, or a sequence with one mapping for each layer.  They are not learned.
        sentence_neurons: neurons that encode a sentence.
        question_neurons: neurons that encode a question.
        hidden: neurons of each layer, 1 to 4 layers.
        ages: number of ages; the newest sentence has age 0.
        sentence_gain: for the spikes of one sentence.
        question_gain: for the spikes of the question.
        age_gain: for an age.
        layer_gain: for the spikes of a layer onto the next.
        generator: random generator for the initial weights.

    Raises:
        SpecError: sizes or parameters that are not allowed.
    """

    def __init__(
        self,
        neuron_params: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        sentence_neurons: int,
        question_neurons: int,
        hidden: Sequence[int],
        ages: int,
        *,
        sentence_gain: float = 1.0,
        question_gain: float = 1.0,
        age_gain: float = 0.5,
        layer_gain: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if not 1 <= len(hidden) <= len(LAYERS):
            raise SpecError(f"pair layers: found {len(hidden)} layers, allowed 1..{len(LAYERS)}")
        self.names, self.sizes = LAYERS[: len(hidden)], list(hidden)
        self.ages = ages
        neurons = _neurons(neuron_params, hidden)
        self.neurons = torch.nn.ModuleList(neurons)

        def drawn(layer: int, sources: int, gain: float) -> DenseSynapse:
            neuron = neurons[layer]
            synapse = DenseSynapse(sources, hidden[layer], pre_hook_fx=neuron.quantize_8bit)
            draw_weights(synapse.weight, gain * float(neuron.threshold.mean()), 1.0, generator)
            return synapse

        self.sentence_i = drawn(0, sentence_neurons, sentence_gain)
        self.sentence_j = drawn(0, sentence_neurons, sentence_gain)
        self.question = drawn(0, question_neurons, question_gain)
        # One age is present at a time, so its weight alone has the standard deviation.
        self.age_i = drawn(0, ages, age_gain * ages**0.5)
        self.age_j = drawn(0, ages, age_gain * ages**0.5)
        self.bias = drawn(0, 1, 0.0)
        further = [drawn(k, source, layer_gain) for k, (source, _) in enumerate(pairwise(hidden), 1)]
        self.further = torch.nn.ModuleList(further)

    @property
    def layers(self) -> dict[str, Neuron]:
        """The neurons of every layer by name, in order."""
        neurons: Iterable[Any] = self.neurons
        return dict(zip(self.names, neurons, strict=True))

    def forward(
        self, sentences: Tensor, question: Tensor, slots: Tensor, ages: Tensor, offsets: Tensor, go: Tensor
    ) -> PairOutput:
        """Spikes summed over the pairs of each story; a story without sentences has none.

        Args:
            sentences: spikes of the distinct sentences of a batch, zeros and ones, ``(distinct, neuron, time)``.  Their
                time axis may be shorter than that of ``go``; the steps left out are silent.
            question: spikes of the questions, zeros and ones, ``(story, neuron, time)``, as long as ``sentences``.
            slots: which distinct sentence each sentence of each story is, stories one after another and the oldest
                sentence first, ``int64 (present,)``.
            ages: age of each of them, ``int64 (present,)``.
            offsets: index in ``slots`` of the first sentence of each story, and the number of all sentences,
                ``int64 (story + 1,)``.
            go: the steps that drive ages and biases, zeros and ones, ``(time,)``.

        Raises:
            SpecError: shapes that do not fit together.
            DataError: a slot or an age out of range, offsets that do not ascend, or spikes other than 0 and 1.
        """
        neurons = self.layers.values()
        triangles = [n.surrogate for n in neurons if isinstance(n.surrogate, Triangular)]
        # A neuron of the first layer reads two sentences, the question, an age of each sentence and a bias.
        sources = 2 * self.sentence_i.in_channels + self.question.in_channels + 3
        kernel = pair_kernel_for(sentences.device, self.sizes, sources)
        if kernel is None or len(triangles) < len(neurons):
            return self.looped(sentences, question, slots, ages, offsets, go)
        self._check(sentences, question, slots, ages, offsets, go)
        constants = [n.constants() for n in neurons]
        counts, each = kernel.run(sentences, question, slots, ages, offsets, go, constants, triangles, self._matrices())
        return PairOutput(counts, dict(zip(self.names, each, strict=True)))

    def looped(
        self, sentences: Tensor, question: Tensor, slots: Tensor, ages: Tensor, offsets: Tensor, go: Tensor
    ) -> PairOutput:
        """As :meth:`forward`, by the readable loop: for tests, and where no kernel takes these layers."""
        states = self.states(sentences, question, slots, ages, offsets, go)
        last = states[self.names[-1]].s
        counts = last.new_zeros(len(question), *last.shape[1:]).index_add(0, pairs_of(offsets).story, last)
        spikes = {name: state.s.sum((0, 1)).float() for name, state in states.items()}
        return PairOutput(counts.transpose(1, 2).float(), spikes)

    def states(
        self,
        sentences: Tensor,
        question: Tensor,
        slots: Tensor,
        ages: Tensor,
        offsets: Tensor,
        go: Tensor,
        *,
        inhibition: Tensor | None = None,
    ) -> dict[str, States]:
        """States of every layer by name, computed by the readable loop; arguments and errors as in :meth:`forward`.

        Args:
            inhibition: sum of weights that the first layer of every pair gets one step later in addition, whole numbers
                ``(pair, time)``; None for none.

        Returns:
            Whole numbers ``float64 (pair, time, neuron)`` in units of the chip, with gradients; pairs in the order of
            :func:`lava_ahp.slayer.pairing.pairs_of`.
        """
        self._check(sentences, question, slots, ages, offsets, go)
        _check_spikes("input spikes", sentences, question)
        of_i, of_j, of_question, of_age_i, of_age_j, bias, *further = (w.double() for w in self._matrices())
        i, j, story = pairs_of(offsets)
        x, q = (spikes.double().transpose(1, 2) for spikes in (sentences, question))
        relayed = (x @ of_i.T)[slots[i]] + (x @ of_j.T)[slots[j]] + (q @ of_question.T)[story]
        constant = of_age_i.T[ages[i]] + of_age_j.T[ages[j]] + bias.T
        silent = len(go) - relayed.shape[1]
        drive = torch.nn.functional.pad(relayed, (0, 0, 0, silent)) + go.double()[:, None] * constant[:, None]
        if inhibition is not None:
            drive = drive + inhibition.double()[..., None]
        found = {}
        for (name, neuron), weight in zip(self.layers.items(), [*further, None], strict=True):
            found[name] = integrate(delayed(drive, fx.DELAY_MIN), None, neuron.constants(), neuron.surrogate)
            if weight is not None:
                drive = found[name].s @ weight.T
        return found

    def weights(self) -> PairWeights:
        """Weights as the forward pass uses them."""
        with torch.no_grad():
            of_i, of_j, question, age_i, age_j, bias, *further = map(int64, self._matrices())
        return PairWeights(of_i, of_j, question, age_i, age_j, bias, tuple(further))

    def clamp(self) -> None:
        """Clip weights to their range; outside it they get no gradient."""
        clip_weights(synapse.weight for synapse in self._synapses())

    def _synapses(self) -> list[DenseSynapse]:
        first = [self.sentence_i, self.sentence_j, self.question, self.age_i, self.age_j, self.bias]
        return [*first, *self.further]

    def _matrices(self) -> list[Tensor]:
        return [whole_weights(synapse) for synapse in self._synapses()]

    def _check(
        self, sentences: Tensor, question: Tensor, slots: Tensor, ages: Tensor, offsets: Tensor, go: Tensor
    ) -> None:
        stories, steps, present = len(offsets) - 1, len(go), len(slots)
        shapes = {
            "sentences": (sentences, (len(sentences), self.sentence_i.in_channels, sentences.shape[-1])),
            "question": (question, (stories, self.question.in_channels, sentences.shape[-1])),
            "slots": (slots, (present,)),
            "ages": (ages, (present,)),
            "offsets": (offsets, (stories + 1,)),
            "go": (go, (steps,)),
        }
        for name, (x, shape) in shapes.items():
            if x.shape != shape:
                raise SpecError(f"pair layers {name}: found shape {tuple(x.shape)}, allowed {shape}")
        if sentences.shape[-1] > steps:
            raise SpecError(f"pair layers sentences: found {sentences.shape[-1]} steps, allowed {steps}, those of go")
        if offsets[0] != 0 or offsets[-1] != present or bool((offsets.diff() < 0).any()):
            raise DataError(f"pair layers offsets: found {offsets.tolist()}, allowed 0 to {present}, ascending")
        for name, x, size in (("slots", slots, len(sentences)), ("ages", ages, self.ages)):
            if present and (x.min() < 0 or x.max() >= size):
                raise DataError(f"pair layers {name}: found {x.min()}..{x.max()}, allowed 0..{size - 1}")
        _check_spikes("pair layers go", go)


def _check_spikes(what: str, *spikes: Tensor) -> None:
    for x in spikes:
        odd = x[(x != 0) & (x != 1)]
        if len(odd):
            raise DataError(f"{what}: found {odd[0].item()}, allowed 0 and 1")


def _neurons(params: Mapping[str, Any] | Sequence[Mapping[str, Any]], hidden: Sequence[int]) -> list[Neuron]:
    each = [params] * len(hidden) if isinstance(params, Mapping) else params
    if len(each) != len(hidden):
        raise SpecError(f"pair layers neuron_params: found {len(each)}, allowed 1 or {len(hidden)}, one per layer")
    neurons = []
    for of_layer, size in zip(each, hidden, strict=True):
        if not set(of_layer) <= set(_NEURON_PARAMS):
            raise SpecError(
                f"pair layers neuron_params: found {sorted(set(of_layer) - set(_NEURON_PARAMS))}, "
                f"allowed {list(_NEURON_PARAMS)} (LIF neurons, whose parameters are not learned)"
            )
        neuron = Neuron(**of_layer)
        neuron._fix_shape(size)
        neurons.append(neuron)
    return neurons
