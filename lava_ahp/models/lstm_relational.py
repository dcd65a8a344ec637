"""The relational network of LSTMs, for comparison; it reads words instead of spikes."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from lava_ahp.encoders import StoryCode
from lava_ahp.models import stories
from lava_ahp.models.protocol import Model, Output
from lava_ahp.models.relational_config import LSTMRelationalConfig
from lava_ahp.slayer.pairing import pairs_of


class LSTMRelationalNetwork(Model):
    """LSTMs on sentences and question, ``g`` on every pair of sentences with the question, and ``f`` on the sum.

    It has the parts and sizes of :class:`lava_ahp.models.RelationalNetwork`, ages included, with rectified linear
    units.  A word is a one-hot vector.

    Args:
        config: settings of the model.
        code: the encoder of the task.
        classes: number of scores.
        generator: random generator for the initial weights, uniform in ``±1 / sqrt(fan-in)`` as in PyTorch.
    """

    config: LSTMRelationalConfig
    code: StoryCode

    def __init__(
        self, config: LSTMRelationalConfig, code: StoryCode, classes: int, generator: torch.Generator | None = None
    ) -> None:
        super().__init__(config, code.channels, classes, code)
        words, size, first = len(code.vocabulary), config.encoder, config.g[0]
        self.sentence = torch.nn.LSTM(words, size, batch_first=True)
        self.question = torch.nn.LSTM(words, size, batch_first=True)
        # The first layer of g is a sum of parts, each of which is computed once per sentence.
        self.older = torch.nn.Linear(size, first)
        self.newer = torch.nn.Linear(size, first, bias=False)
        self.asked = torch.nn.Linear(size, first, bias=False)
        self.ages = torch.nn.Embedding(2 * code.sentences, first)
        self.g = torch.nn.ModuleList(torch.nn.Linear(*sizes) for sizes in pairwise(config.g))
        self.f = torch.nn.ModuleList(torch.nn.Linear(*sizes) for sizes in pairwise((config.g[-1], *config.f)))
        self.readout = torch.nn.Linear(config.f[-1], classes)
        with torch.no_grad():
            for module in self.children():
                for parameter in module.parameters():
                    bound = (size if isinstance(module, torch.nn.LSTM) else parameter.shape[-1]) ** -0.5
                    parameter.uniform_(-bound, bound, generator=generator)

    def forward(self, read: Tensor) -> Output:
        """Scores ``(story, class, 1)`` for stories ``(story, slot + 1, word)``, without spikes."""
        found = stories.gather(read)
        i, j, story = pairs_of(found.offsets)
        sentences = self._encoded(self.sentence, found.sentences)
        question = self._encoded(self.question, found.questions)[found.asked]
        older = self.older(sentences)[found.slots] + self.ages(found.ages)
        newer = self.newer(sentences)[found.slots] + self.ages(found.ages + self.code.sentences)
        x = functional.relu(older[i] + newer[j] + self.asked(question)[story])
        for layer in self.g:
            x = functional.relu(layer(x))
        x = x.new_zeros(len(read), x.shape[1]).index_add(0, story, x)
        for layer in self.f:
            x = functional.relu(layer(x))
        return Output(self.readout(x)[..., None], {})

    def _encoded(self, cells: torch.nn.LSTM, words: Tensor) -> Tensor:
        """Last state for words ``(row, word)``, -1 for none: ``(row, cell)``."""
        # Number 0 stands for none, and gets no input.
        one_hot = functional.one_hot(words + 1, len(self.code.vocabulary) + 1)[..., 1:].float()
        states, _ = cells(one_hot)
        last: Tensor = states[:, -1]
        return last
