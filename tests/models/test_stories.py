"""Stories as a relational network reads them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lava_ahp.encoders import StoryCode
from lava_ahp.errors import DataError
from lava_ahp.models import stories
from lava_ahp.network import Events

from support.stories import CODE, random_stories


@given(st.integers(0, 2**32 - 1))
def test_gathered_stories_are_the_batch(seed):
    rows = random_stories(seed, 6)
    found = stories.gather(torch.from_numpy(rows))
    back = np.full_like(rows, -1)
    for story in range(len(rows)):
        for k in range(found.offsets[story], found.offsets[story + 1]):
            back[story, CODE.sentences - 1 - found.ages[k]] = found.sentences[found.slots[k]]
        ages = found.ages[found.offsets[story] : found.offsets[story + 1]].tolist()
        assert ages == list(range(len(ages)))[::-1]
        back[story, -1] = found.questions[found.asked[story]]
    np.testing.assert_array_equal(back, rows)
    assert len(np.unique(found.sentences, axis=0)) == len(found.sentences)
    assert len(np.unique(found.questions, axis=0)) == len(found.questions)
    sizes = (rows[:, :-1, -1] >= 0).sum(axis=1)
    assert found.pairs == (sizes * (sizes + 1) // 2).sum()


@given(st.integers(0, 2**32 - 1))
def test_spikes_are_those_of_the_encoder(seed):
    rows = random_stories(seed, 3)
    dense = CODE.encode(rows).to_dense()
    words = len(CODE.vocabulary)
    for slot in range(CODE.sentences + 1):
        spikes = stories.spikes_of(torch.from_numpy(rows[:, slot]).long(), CODE, dense.shape[1])
        np.testing.assert_array_equal(spikes.transpose(1, 2).numpy(), dense[..., slot * words : (slot + 1) * words])


@given(st.integers(0, 2**32 - 1))
def test_decoding_undoes_encoding(seed):
    rows = random_stories(seed, 4)
    np.testing.assert_array_equal(stories.decode(CODE.encode(rows), CODE), rows)


@pytest.mark.parametrize("channel, step", [(0, 0), (CODE.go, 0), (CODE.absent[0], 0)])
def test_other_spikes_are_refused(channel, step):
    events = CODE.encode(stories.covering(CODE))
    dense = events.to_dense()
    dense[0, step, channel] = ~dense[0, step, channel]
    with pytest.raises(DataError, match="never gives"):
        stories.decode(Events.from_dense(dense), CODE)


def test_the_covering_story_has_every_word():
    rows = stories.covering(CODE)
    assert (rows >= 0).all()
    assert len(np.unique(rows[:, :-1])) == len(CODE.vocabulary)
    many = StoryCode(tuple(f"w{k}" for k in range(99)), 2, 3, 1, 1, 1)
    assert len(np.unique(stories.covering(many))) == 9
