"""The relational network: encoders of AHP neurons, relations of pairs of sentences, and a readout of their sum."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor
from torch.nn.functional import pad

from lava_ahp.encoders import StoryCode
from lava_ahp.models import relational_graph, relational_states, relational_synops, stories
from lava_ahp.models.neurons import draw_neurons
from lava_ahp.models.protocol import Count, Model, Output
from lava_ahp.models.relational_config import RelationalConfig
from lava_ahp.models.relational_sum import LevelSum
from lava_ahp.network import Events, Network
from lava_ahp.slayer.block import Dense, Readout, Recurrent
from lava_ahp.slayer.loop import States
from lava_ahp.slayer.pairs import PairLayers
from lava_ahp.slayer.surrogate import Triangular
from lava_ahp.slayer.weights import clip_weights, draw_weights, whole_weights


class RelationalNetwork(Model):
    """Answers a question on a story.

    Sentences and the question are read word by word, each by its own copy of an encoder.  At the end of the words,
    relays pass the spikes of the encoders on to ``g``, which reads every pair of sentences with the question.  ``f``
    reads the sum of the spikes of ``g`` over all pairs, and the readout reads ``f``.

    The forward pass leaves out what cannot matter: absent sentences, encoders after the last relayed step, and the rest
    of the network before the first one.

    Args:
        config: settings of the model.
        code: the encoder of the task.
        classes: number of readouts.
        generator: random generator for the initial weights and time constants.
    """

    config: RelationalConfig
    code: StoryCode

    def __init__(
        self, config: RelationalConfig, code: StoryCode, classes: int, generator: torch.Generator | None = None
    ) -> None:
        super().__init__(config, code.channels, classes, code)
        words = len(code.vocabulary)
        self.sentence = _encoder(config, words, generator)
        self.question = _encoder(config, words, generator)
        lif = {
            "threshold": config.threshold,
            "current_decay": 1 / config.relation_current_tau,
            "voltage_decay": 1 / config.relation_tau,
            "surrogate": Triangular(config.relation_dampening),
        }
        self.g = PairLayers(
            lif,
            config.encoder,
            config.encoder,
            config.g,
            code.sentences,
            sentence_gain=config.g_gain,
            question_gain=config.g_gain,
            age_gain=config.age_gain,
            layer_gain=config.g_gain,
            generator=generator,
        )
        gain = config.f_gain * config.threshold
        # The last source is the channel ``on``, whose weights are the biases; they start at zero.
        self.sums = LevelSum(config, config.g[-1]) if config.sum_levels else None
        sources = config.g[-1] * max(1, len(config.sum_levels)) + 1
        first = Dense(lif, sources, config.f[0], counts=self.sums is None)
        further = [Dense(lif, source, target) for source, target in pairwise(config.f)]
        self.f = torch.nn.ModuleList([first, *further])
        leak = {"current_decay": 1 / config.relation_current_tau, "voltage_decay": 1 / config.readout_tau}
        self.readout = Readout(leak, config.f[-1], classes)
        for block in self.blocks:
            draw_weights(block.synapse.weight, gain, 1.0, generator)
        with torch.no_grad():
            first.synapse.weight[:, -1] = 0
        draw_weights(self.readout.synapse.weight, config.readout_gain, 1.0, generator)

    @property
    def blocks(self) -> list[Dense]:
        """The layers of ``f``, from the first to the last."""
        return cast("list[Dense]", list(self.f))

    @property
    def start(self) -> int:
        """The step of the first ``go``, before which all but the encoders rest."""
        return self.code.go_steps.start

    @property
    def steps(self) -> int:
        """Number of steps of a sample."""
        return self.code.steps(self.code.sentences + 1)

    def forward(self, read: Tensor) -> Output:
        """Output for stories, ``int16 (story, slot + 1, word)``."""
        counts: dict[str, Count] = {}
        passed_on: dict[str, Count] = {}
        spikes = self._summed(read, counts, passed_on)
        for k, block in enumerate(self.blocks, 1):
            response = block.respond(spikes)
            spikes, counts[f"f{k}"] = response.out, Count.of(response)
        return Output(pad(self.readout(spikes), (self.start, 0)), {}, counts, passed_on)

    def _summed(self, read: Tensor, counts: dict[str, Count], passed_on: dict[str, Count]) -> Tensor:
        """Input of ``f`` from the first ``go`` on: the spikes of ``g`` summed over pairs, and those of ``on``.

        Args:
            read: stories ``(story, slot + 1, word)``.
            counts: gets the spikes of encoders and ``g``.
            passed_on: gets the spikes of intermediate neurons, if there are any.

        Returns:
            Whole numbers ``float32 (story, neuron + 1, time)``: sums, or spikes of the intermediate neurons.
        """
        found = stories.gather(read)
        sentences = self._relayed("sentence", found.sentences, counts)
        questions = self._relayed("question", found.questions, counts)[found.asked]
        go = self.go(read.device)[self.start :]
        related = self.g(sentences, questions, found.slots, found.ages, found.offsets, go)
        for name, spikes in related.spikes.items():
            counts[name] = Count(spikes, found.pairs * len(go))
        if self.sums is None:
            return self.with_on(related.counts, go)
        spikes = self.sums(related.counts)
        passed_on[self.sums.name] = Count(spikes.sum(dim=(0, 2)), len(spikes) * len(go))
        return self.with_on(spikes, go)

    @staticmethod
    def with_on(counts: Tensor, go: Tensor) -> Tensor:
        """Counts ``(story, neuron, time)`` with the channel ``on``, which spikes with ``go``, as one more neuron."""
        return torch.cat([counts, go.expand(len(counts), 1, -1)], dim=1)

    def _relayed(self, name: str, words: Tensor, counts: dict[str, Count]) -> Tensor:
        """Spikes of the relays of an encoder from the first ``go`` to the last of them, ``(row, neuron, time)``."""
        block: Recurrent = getattr(self, name)
        response = block.respond(stories.spikes_of(words, self.code, self.code.go_steps.stop))
        spikes, counts[name] = response.out, Count.of(response)
        if self.training and self.config.dropout:
            kept = torch.rand(spikes.shape[:2], device=spikes.device) >= self.config.dropout
            spikes = spikes * kept[..., None]
        # A relay spikes one step after ``go`` and the neuron that it relays.
        return pad(spikes[..., self.start :], (1, 0))

    def go(self, device: torch.device) -> Tensor:
        """1 in the steps of ``go``, else 0, ``(time,)``."""
        go = torch.zeros(self.steps, device=device)
        go[self.start : self.code.go_steps.stop] = 1
        return go

    def calibrate(self, first: Callable[[], Tensor]) -> None:
        """Set the threshold of the first layer of ``f`` from the spread of its drive in the first batch."""
        block = self.blocks[0]
        with torch.no_grad():
            spikes = self._summed(first(), {}, {}).transpose(1, 2)
            drive = (spikes.double() @ whole_weights(block.synapse).double().T)[spikes.any(dim=2)]
            if len(drive):
                block.neuron.threshold_raw.fill_(self.config.sum_threshold * float(drive.std()) / block.neuron.w_scale)
                block.neuron.clamp()

    def clamp(self) -> None:
        """Clip weights to their range; outside it they get no gradient."""
        clip_weights(parameter for name, parameter in self.named_parameters() if name.endswith("weight"))

    def graph(self) -> Network:
        """Copies of encoders, relays and pairs that share their weights; see docs/question-answering.md."""
        return relational_graph.graph(self)

    def states(self, read: Tensor) -> dict[str, States]:
        """All states of all populations but the input, by name, for stories ``(story, slot + 1, word)``."""
        return relational_states.states(self, read)

    def synops(self, read: Tensor, output: Output) -> Tensor:
        """Synaptic operations of the 8-bit network for a batch, ``float64 ()``."""
        return relational_synops.synops(self, read, output)

    def read(self, events: Events) -> Tensor:
        """Encoded stories as a batch, ``int16 (story, slot + 1, word)``."""
        return torch.from_numpy(stories.decode(events, self.code))

    def covering(self, network: Network) -> Events:
        """One story that fills every slot, with as many words as possible."""
        return self.code.encode(stories.covering(self.code))


def _encoder(config: RelationalConfig, words: int, generator: torch.Generator | None) -> Recurrent:
    block = Recurrent(draw_neurons(config, config.encoder, generator), words, config.encoder)
    # One word is present at a time, so its weights alone have the standard deviation.
    draw_weights(block.input_synapse.weight, config.input_gain * config.threshold * words**0.5, 1.0, generator)
    draw_weights(block.recurrent_synapse.weight, config.recurrent_gain * config.threshold, 1.0, generator)
    return block
